//! Why a transaction failed, and whether a retry may succeed.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;

use crate::aws_failure::is_throttled;

pub(crate) enum FailureKind {
    /// The condition of the action with this index failed.
    ConditionFailed(usize),
    /// A concurrent write, throttling, or an earlier attempt of this transaction that is still in progress. A retry is safe.
    Contention,
    Fatal,
}

pub(crate) fn classify(error: &SdkError<TransactWriteItemsError>) -> FailureKind {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            let codes: Vec<_> = cancelled
                .cancellation_reasons()
                .iter()
                .map(|reason| reason.code().unwrap_or("None"))
                .collect();
            if let Some(index) = codes.iter().position(|code| *code == "ConditionalCheckFailed") {
                return FailureKind::ConditionFailed(index);
            }
            let is_transient = |code: &&str| {
                matches!(
                    *code,
                    "None" | "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded"
                )
            };
            if codes.iter().all(is_transient) { FailureKind::Contention } else { FailureKind::Fatal }
        }
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => FailureKind::Contention,
        Some(_) if is_throttled(error) => FailureKind::Contention,
        _ => FailureKind::Fatal,
    }
}
