//! Conditions and outcomes of writes to rows that customers own.

use custodian_app::ports::WriteOutcome;

use crate::transaction::TransactionResult;

/// The conditions of a write to an owned row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OwnedRowCondition {
    Gate,
    LimitReached,
    Row,
    /// The unique name with this index among the names of the row.
    UniqueName(usize),
    /// The unique name with this index among the earlier names of the row is the account's.
    ReleasedName(usize),
    /// The row to which this field refers.
    Reference(&'static str),
}

/// The outcome of a write to a row without unique names and references.
pub(crate) const fn write_outcome(result: TransactionResult<OwnedRowCondition>) -> WriteOutcome {
    match result {
        Ok(()) => WriteOutcome::Done,
        Err(OwnedRowCondition::Gate) => WriteOutcome::GateClosed,
        Err(_) => WriteOutcome::Stale,
    }
}
