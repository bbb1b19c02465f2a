//! Identifiers: names that are unique in the whole platform, such as e-mail addresses and usernames.
//!
//! An identifier has two rows, written in the transaction of the row that it identifies. The main row names the owner. The row
//! under the owner names the identifier, so that a cascade finds all identifiers of a customer by a consistent query.
//!
//! Another customer may take over an identifier of a deleted or expired customer before the cascade deletes it. The condition
//! of that write is that the main row still names the terminal customer.

use custodian_app::Failure;
use custodian_app::ports::{FindEmails, FindLogins};
use custodian_domain::profile::fold_case;
use custodian_domain::{AgentId, CustomerId};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::item::{Item, composite_key, decode_some, s};
use crate::schema::IDENTIFIERS;
use crate::transaction::Transaction;

/// Longer names are stored as a hash. A DynamoDB sort key has at most 1,024 bytes, and a name of 255 characters may exceed
/// them.
const MAX_NAME_BYTES: usize = 512;
/// The range key of the main row of an identifier or a mail token.
pub(crate) const MAIN_ROW: &str = "-";
/// The attribute that links the row under the owner to its main row. Its value is the hash key of the main row.
pub(crate) const PAIR_ATTRIBUTE: &str = "pair";

pub(crate) fn email(address: &str) -> String {
    format!("email#{}", fold_case(address))
}

pub(crate) fn username(name: &str) -> String {
    let name = fold_case(name);
    if name.len() > MAX_NAME_BYTES {
        return format!("username#sha256#{}", hex::encode(Sha256::digest(name)));
    }
    format!("username#{name}")
}

/// The partition that lists the identifiers, or the mail tokens, of a customer.
pub(crate) fn owner_partition(customer: CustomerId) -> String {
    format!("owner#{customer}")
}

/// The main row of an identifier.
#[derive(Debug, Deserialize)]
struct IdentifierRow {
    owner: CustomerId,
    agent_id: Option<AgentId>,
}

/// Whether a name can be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameAvailability {
    Taken,
    Free,
    /// The owner is deleted or expired, so the name can be taken over.
    HeldByTerminal(CustomerId),
}

/// A name to claim for an owner.
pub(crate) struct Claim<'a> {
    pub(crate) name: &'a str,
    pub(crate) owner: CustomerId,
    pub(crate) agent: Option<AgentId>,
    /// The deleted or expired customer from which the name may be taken over.
    pub(crate) terminal_owner: Option<CustomerId>,
}

pub(crate) fn claim<'a, C: Copy>(
    mut tx: Transaction<'a, C>,
    on_failure: C,
    claim: &Claim<'_>,
) -> Result<Transaction<'a, C>, Failure> {
    let mut row = composite_key("id", claim.name, "key", MAIN_ROW);
    row.insert("owner".to_owned(), s(claim.owner));
    if let Some(agent) = claim.agent {
        row.insert("agent_id".to_owned(), s(agent));
    }
    let mut is_free = Expr::new("attribute_not_exists(#id)");
    if let Some(terminal) = claim.terminal_owner {
        is_free = Expr::new("attribute_not_exists(#id) OR #owner = :terminal").with(":terminal", s(terminal));
        let previous_key = composite_key("id", owner_partition(terminal), "key", claim.name);
        tx = tx.delete(on_failure, IDENTIFIERS, previous_key, Expr::unconditional("id"))?;
    }
    let mut owner_row = composite_key("id", owner_partition(claim.owner), "key", claim.name);
    owner_row.insert(PAIR_ATTRIBUTE.to_owned(), s(claim.name));
    tx.put(on_failure, IDENTIFIERS, row, is_free)?.put(
        on_failure,
        IDENTIFIERS,
        owner_row,
        Expr::new("attribute_not_exists(#id)"),
    )
}

pub(crate) fn release<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    name: &str,
    owner: CustomerId,
) -> Result<Transaction<'a, C>, Failure> {
    let is_owned = Expr::new("#owner = :owner").with(":owner", s(owner));
    tx.delete(on_failure, IDENTIFIERS, composite_key("id", name, "key", MAIN_ROW), is_owned)?.delete(
        on_failure,
        IDENTIFIERS,
        composite_key("id", owner_partition(owner), "key", name),
        Expr::new("attribute_exists(#id)"),
    )
}

impl Store {
    async fn identifier(&self, name: &str) -> Result<Option<IdentifierRow>, Failure> {
        let request = self.client.get_item().table_name(self.table(IDENTIFIERS)).consistent_read(true);
        let response = request.set_key(Some(composite_key("id", name, "key", MAIN_ROW))).send().await;
        let item: Option<Item> = response.map_err(|error| aws_failure("the identifiers", &error))?.item;
        decode_some(item)
    }

    /// The owner of a name.
    pub(crate) async fn name_owner(&self, name: &str) -> Result<Option<CustomerId>, Failure> {
        Ok(self.identifier(name).await?.map(|row| row.owner))
    }
}

impl FindLogins for Store {
    async fn login(&self, name: &str) -> Result<Option<(CustomerId, AgentId)>, Failure> {
        let row = self.identifier(&username(name)).await?;
        Ok(row.and_then(|row| row.agent_id.map(|agent| (row.owner, agent))))
    }
}

impl FindEmails for Store {
    async fn email_owner(&self, address: &str) -> Result<Option<CustomerId>, Failure> {
        self.name_owner(&email(address)).await
    }
}
