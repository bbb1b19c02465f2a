//! What is unique in the whole platform: e-mail addresses and usernames.
//!
//! An identifier is a row that names its owner, and beside it a row under the owner that names the identifier; both are
//! written in the transaction of what they identify. The second lets a cascade find all of a customer's identifiers by a
//! consistent query. An identifier whose owner is gone is free, even before the cascade has come to it: the next
//! holder takes it over on condition of the owner it was read with.

use custodian_app::Failure;
use custodian_app::ports::{FindEmails, FindLogins};
use custodian_domain::profile::folded;
use custodian_domain::{AgentId, CustomerId};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::Store;
use crate::expr::Expr;
use crate::item::{Item, decode_some, key2, s};
use crate::schema::IDENTIFIERS;
use crate::transaction::{Transaction, failed};

/// Longer names are known by their hash.
const LONGEST: usize = 512;
/// The range key of the row that an identifier itself is.
pub(crate) const SELF: &str = "-";
/// In the row under the owner: the key of the identifier's own row.
pub(crate) const PAIR: &str = "pair";

pub(crate) fn email(address: &str) -> String {
    format!("email#{}", folded(address))
}

pub(crate) fn username(name: &str) -> String {
    let name = folded(name);
    // A key of the engine ends at 1024 bytes, and 255 characters may be more.
    if name.len() > LONGEST {
        return format!("username#sha256#{}", hex::encode(Sha256::digest(name)));
    }
    format!("username#{name}")
}

/// The partition under which a customer's identifiers (or mail tokens) are listed.
pub(crate) fn owned_by(customer: CustomerId) -> String {
    format!("owner#{customer}")
}

#[derive(Debug, Deserialize)]
struct Holder {
    owner: CustomerId,
    agent_id: Option<AgentId>,
}

/// A name for an owner, free or taken over from a customer that is gone.
pub(crate) struct Claim<'a> {
    pub(crate) name: &'a str,
    pub(crate) owner: CustomerId,
    pub(crate) agent: Option<AgentId>,
    pub(crate) gone_owner: Option<CustomerId>,
}

pub(crate) fn claim<'a, G: Copy>(
    mut tx: Transaction<'a, G>,
    guard: G,
    claim: &Claim<'_>,
) -> Result<Transaction<'a, G>, Failure> {
    let mut row = key2("id", claim.name, "key", SELF);
    row.insert("owner".to_owned(), s(claim.owner));
    if let Some(agent) = claim.agent {
        row.insert("agent_id".to_owned(), s(agent));
    }
    let mut free = Expr::new("attribute_not_exists(#id)");
    if let Some(gone) = claim.gone_owner {
        free = Expr::new("attribute_not_exists(#id) OR #owner = :gone").with(":gone", s(gone));
        let theirs = key2("id", owned_by(gone), "key", claim.name);
        tx = tx.delete(guard, IDENTIFIERS, theirs, Expr::any())?;
    }
    let mut ours = key2("id", owned_by(claim.owner), "key", claim.name);
    ours.insert(PAIR.to_owned(), s(claim.name));
    tx.put(guard, IDENTIFIERS, row, free)?.put(
        guard,
        IDENTIFIERS,
        ours,
        Expr::new("attribute_not_exists(#id)"),
    )
}

pub(crate) fn release<'a, G: Copy>(
    tx: Transaction<'a, G>,
    guard: G,
    name: &str,
    owner: CustomerId,
) -> Result<Transaction<'a, G>, Failure> {
    let ours = Expr::new("#owner = :owner").with(":owner", s(owner));
    tx.delete(guard, IDENTIFIERS, key2("id", name, "key", SELF), ours)?.delete(
        guard,
        IDENTIFIERS,
        key2("id", owned_by(owner), "key", name),
        Expr::new("attribute_exists(#id)"),
    )
}

impl Store {
    async fn identifier(&self, name: &str) -> Result<Option<Holder>, Failure> {
        let call = self.client.get_item().table_name(self.table(IDENTIFIERS)).consistent_read(true);
        let answer = call.set_key(Some(key2("id", name, "key", SELF))).send().await;
        let item: Option<Item> = answer.map_err(|error| failed("the identifiers", &error))?.item;
        decode_some(item)
    }

    /// Who holds a name.
    pub(crate) async fn holder(&self, name: &str) -> Result<Option<CustomerId>, Failure> {
        Ok(self.identifier(name).await?.map(|holder| holder.owner))
    }
}

impl FindLogins for Store {
    async fn login(&self, name: &str) -> Result<Option<(CustomerId, AgentId)>, Failure> {
        let holder = self.identifier(&username(name)).await?;
        Ok(holder.and_then(|holder| holder.agent_id.map(|agent| (holder.owner, agent))))
    }
}

impl FindEmails for Store {
    async fn email_owner(&self, address: &str) -> Result<Option<CustomerId>, Failure> {
        self.holder(&email(address)).await
    }
}
