//! The parts of a transaction that claim, renew, revoke and release identifiers.

use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::Failure;
use custodian_domain::{AgentId, CustomerId};
use uuid::Uuid;

use crate::expr::Expr;
use crate::identifiers::{IdentifierRow, main_key, new_owner_row, owner_row_key};
use crate::item::{Item, s};
use crate::schema::IDENTIFIERS;
use crate::transaction::Transaction;

/// A name to claim for an owner.
pub(crate) struct Claim<'a> {
    pub(crate) name: &'a str,
    pub(crate) owner: CustomerId,
    pub(crate) agent: Option<AgentId>,
    /// The row of a kind with this name.
    pub(crate) row_id: Option<Uuid>,
    /// For an e-mail address: whether it is confirmed.
    pub(crate) confirmed: Option<bool>,
    /// The previous claim to replace.
    pub(crate) previous: Option<IdentifierRow>,
}

pub(crate) fn claim<'a, C: Copy>(
    mut tx: Transaction<'a, C>,
    on_failure: C,
    claim: &Claim<'_>,
) -> Result<Transaction<'a, C>, Failure> {
    let row = new_main_row(claim);
    // An account confirms an address that it may hold already. A username has one holder even within an account.
    let (mut free, mut owner_row_condition) =
        ("attribute_not_exists(#id)", Expr::new("attribute_not_exists(#id)"));
    if claim.confirmed.is_some() {
        (free, owner_row_condition) =
            ("attribute_not_exists(#id) OR #owner = :owner", Expr::unconditional("id"));
    }
    // The previous claim may be replaced only while its owner and `confirmed` are as they were read.
    let previous = claim.previous.filter(|previous| previous.owner != claim.owner);
    let mut is_free = previous.map_or_else(|| Expr::new(free), |previous| previous.or_same_owner(free));
    if claim.confirmed.is_some() {
        is_free = is_free.with(":owner", s(claim.owner));
    }
    if let Some(previous) = previous {
        tx = delete_owner_row(tx, on_failure, claim.name, previous.owner)?;
    }
    let owner_row = new_owner_row(claim.owner, claim.name);
    tx.put(on_failure, IDENTIFIERS, row, is_free)?.put(
        on_failure,
        IDENTIFIERS,
        owner_row,
        owner_row_condition,
    )
}

fn new_main_row(claim: &Claim<'_>) -> Item {
    let mut row = main_key(claim.name);
    row.insert("owner".to_owned(), s(claim.owner));
    row.extend(claim.agent.map(|agent| ("agent_id".to_owned(), s(agent))));
    row.extend(claim.row_id.map(|id| ("row_id".to_owned(), s(id))));
    row.extend(claim.confirmed.map(|confirmed| ("confirmed".to_owned(), AttributeValue::Bool(confirmed))));
    row
}

/// Claims a name for a row that exists without it, or that lacks one of the two rows of the name. The main row must be as it was
/// read: missing, or with the claim `previous`.
pub(crate) fn claim_for_row<'a, C: Copy>(
    mut tx: Transaction<'a, C>,
    on_failure: C,
    claim: &Claim<'_>,
) -> Result<Transaction<'a, C>, Failure> {
    let (row, key) = (new_main_row(claim), main_key(claim.name));
    tx = match claim.previous {
        None => tx.put(on_failure, IDENTIFIERS, row, Expr::new("attribute_not_exists(#id)"))?,
        Some(previous) if previous.owner == claim.owner => {
            let optional = &["agent_id", "row_id", "confirmed"];
            tx.upsert(on_failure, IDENTIFIERS, key, (&row, optional), previous.is_unchanged())?
        }
        Some(previous) => {
            tx = delete_owner_row(tx, on_failure, claim.name, previous.owner)?;
            tx.put(on_failure, IDENTIFIERS, row, previous.is_unchanged())?
        }
    };
    tx.put(on_failure, IDENTIFIERS, new_owner_row(claim.owner, claim.name), Expr::unconditional("id"))
}

/// Updates the claim of an account on a name that it holds already. Requires that the account still holds it.
pub(crate) fn renew<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    claim: &Claim<'_>,
) -> Result<Transaction<'a, C>, Failure> {
    let mut row = Item::new();
    row.extend(claim.agent.map(|agent| ("agent_id".to_owned(), s(agent))));
    row.extend(claim.confirmed.map(|confirmed| ("confirmed".to_owned(), AttributeValue::Bool(confirmed))));
    let is_held = Expr::new("#owner = :owner").with(":owner", s(claim.owner));
    let optional = &["agent_id", "confirmed"];
    tx.upsert(on_failure, IDENTIFIERS, main_key(claim.name), (&row, optional), is_held)
}

pub(crate) fn delete_owner_row<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    name: &str,
    owner: CustomerId,
) -> Result<Transaction<'a, C>, Failure> {
    tx.delete(on_failure, IDENTIFIERS, owner_row_key(owner, name), Expr::unconditional("id"))
}

/// Removes the claim of `holder`. Fails the transaction if a different account has the name by now. If `holder` is `None` or
/// `owner` itself, removes nothing and requires that no account but `owner` has the name.
pub(crate) fn revoke<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    name: &str,
    owner: CustomerId,
    holder: Option<IdentifierRow>,
) -> Result<Transaction<'a, C>, Failure> {
    let key = main_key(name);
    let Some(holder) = holder.filter(|holder| holder.owner != owner) else {
        let is_not_held = Expr::new("attribute_not_exists(#id) OR #owner = :owner").with(":owner", s(owner));
        return tx.check(on_failure, IDENTIFIERS, key, is_not_held);
    };
    let tx = tx.delete(on_failure, IDENTIFIERS, key, holder.or_same_owner("attribute_not_exists(#id)"))?;
    delete_owner_row(tx, on_failure, name, holder.owner)
}

/// Ensures that no other account has confirmed an e-mail address. Ignores the claim `previous`, which is replaceable.
pub(crate) fn require_unconfirmed<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    name: &str,
    owner: CustomerId,
    previous: Option<IdentifierRow>,
) -> Result<Transaction<'a, C>, Failure> {
    let free = "attribute_not_exists(#id) OR #owner = :owner OR #confirmed = :no";
    let is_free = previous.map_or_else(|| Expr::new(free), |previous| previous.or_same_owner(free));
    let is_free = is_free.with(":owner", s(owner)).with(":no", AttributeValue::Bool(false));
    tx.check(on_failure, IDENTIFIERS, main_key(name), is_free)
}

pub(crate) fn release<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    name: &str,
    owner: CustomerId,
) -> Result<Transaction<'a, C>, Failure> {
    let is_owned = Expr::new("#owner = :owner").with(":owner", s(owner));
    let tx = tx.delete(on_failure, IDENTIFIERS, main_key(name), is_owned)?;
    delete_owner_row(tx, on_failure, name, owner)
}
