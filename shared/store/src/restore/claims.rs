//! Claiming a name again for a row that exists.

use custodian_app::Failure;
use custodian_app::ports::ReadCustomers;
use custodian_app::retry::{Retry, RetryBudget};
use custodian_domain::kinds::Kind;
use custodian_domain::{CustomerId, Status};
use uuid::Uuid;

use super::accounts::ledger_summary;
use super::holders::is_held_by;
use super::row::WantedName;
use crate::Store;
use crate::claims::{self, Claim};
use crate::expr::Expr;
use crate::identifiers::{IdentifierRow, NameAvailability, Strength};
use crate::item::{Item, composite_key, simple_key};
use crate::schema::CUSTOMERS;
use crate::transaction::Transaction;
use crate::usage;

/// The row that claims a name.
pub(super) struct Holder<'a> {
    pub(super) owner: CustomerId,
    /// `None` for an account, which claims its e-mail address.
    pub(super) kind: Option<&'static Kind>,
    pub(super) row: &'a Item,
    /// For an e-mail address: whether the account has confirmed it.
    pub(super) confirmed: Option<bool>,
}

/// Claims a name, if its row is unchanged and no other account that is not terminal has a right to the name. Returns whether
/// something was written, or the account that holds the name.
pub(super) async fn claim_again(
    store: &Store,
    holder: &Holder<'_>,
    name: &WantedName,
    strength: Strength,
) -> Result<Result<bool, CustomerId>, Failure> {
    let mut retry = Retry::new("a name", RetryBudget::Short);
    loop {
        let previous = match store.identifier(&name.text).await? {
            None => None,
            Some(row) if row.owner == holder.owner => {
                if is_of_another_row(store, holder, name, row).await? {
                    return Ok(Err(row.owner));
                }
                Some(row)
            }
            Some(_) => match store.name_availability(&name.text, strength).await? {
                // The row of that account may be lost. Until an operator has looked at it, it keeps its names.
                NameAvailability::Replaceable(row) if is_unknown(store, row.owner).await? => {
                    return Ok(Err(row.owner));
                }
                NameAvailability::Replaceable(row) => Some(row),
                NameAvailability::Free => None,
                NameAvailability::Taken => match store.identifier(&name.text).await? {
                    Some(row) => return Ok(Err(row.owner)),
                    None => None,
                },
            },
        };
        match try_claim(store, holder, name, previous).await? {
            ClaimOutcome::Done => return Ok(Ok(true)),
            ClaimOutcome::RowChanged => return Ok(Ok(false)),
            ClaimOutcome::NameChanged => retry.wait(&*store.entropy).await?,
        }
    }
}

/// Whether another row of the account has the name and holds it.
async fn is_of_another_row(
    store: &Store,
    holder: &Holder<'_>,
    name: &WantedName,
    claim: IdentifierRow,
) -> Result<bool, Failure> {
    match (holder.kind, claim.holder().filter(|id| Some(*id) != name.holder())) {
        (Some(kind), Some(other)) => is_held_by(store, holder.owner, (kind, other), &name.text).await,
        _ => Ok(false),
    }
}

/// Whether an account has neither a row nor a ledger.
async fn is_unknown(store: &Store, id: CustomerId) -> Result<bool, Failure> {
    Ok(store.customer(id).await?.is_none() && ledger_summary(store, id).await?.is_none())
}

#[derive(Clone, Copy)]
enum ClaimOutcome {
    Done,
    /// The row was changed or deleted, or its account is terminal. That request has taken care of the name.
    RowChanged,
    NameChanged,
}

async fn try_claim(
    store: &Store,
    holder: &Holder<'_>,
    name: &WantedName,
    previous: Option<IdentifierRow>,
) -> Result<ClaimOutcome, Failure> {
    let owner = holder.owner;
    let part = |name: &str| holder.row.get(name).and_then(|value| value.as_s().ok()).map(String::as_str);
    let id = part("id").unwrap_or_default();
    let (table, key) = match holder.kind {
        None => (CUSTOMERS, simple_key("id", id)),
        Some(kind) => (kind.table, composite_key("customer_id", owner, "id", id)),
    };
    let Some(version) = holder.row.get("version").cloned() else { return Ok(ClaimOutcome::RowChanged) };
    let gate = Uuid::try_parse(id).unwrap_or(owner.0);
    let tx = Transaction::new(store, RetryBudget::Short);
    let tx = usage::require_status(tx, ClaimOutcome::RowChanged, owner, gate, Status::NOT_TERMINAL)?;
    let unchanged = Expr::new("#version = :version").with(":version", version);
    let tx = tx.check(ClaimOutcome::RowChanged, table, key, unchanged)?;
    let (agent, row_id, confirmed) = (name.agent, name.row_id, holder.confirmed);
    let claim = Claim { name: &name.text, owner, agent, row_id, confirmed, previous };
    let tx = claims::claim_for_row(tx, ClaimOutcome::NameChanged, &claim)?;
    Ok(tx.run().await?.err().unwrap_or(ClaimOutcome::Done))
}
