//! Conversion of AWS errors to failures.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use custodian_app::Failure;

/// The failure of an AWS request. The cause is the code of the error and not its message, which may contain personal data.
pub fn aws_failure<E: ProvideErrorMetadata>(dependency: &'static str, error: &SdkError<E>) -> Failure {
    let cause = match error {
        SdkError::ServiceError(_) => error.code().unwrap_or("service error"),
        SdkError::TimeoutError(_) => "timeout",
        SdkError::DispatchFailure(_) => "no connection",
        SdkError::ResponseError(_) => "unreadable response",
        _ => "not sent",
    };
    Failure::unavailable(dependency, cause)
}

/// Whether DynamoDB throttled the request. Nothing was written, and a retry may succeed.
pub(crate) fn is_throttled<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    let code = error.code();
    matches!(
        code,
        Some("ProvisionedThroughputExceededException" | "RequestLimitExceeded" | "ThrottlingException")
    )
}

/// Whether other requests hindered this write: a transaction is writing the row, or DynamoDB throttled the request. Nothing was
/// written, and a retry may succeed.
pub(crate) fn is_contention<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    is_throttled(error) || error.code() == Some("TransactionConflictException")
}

/// The failure of a request that the SDK could not build.
pub(crate) fn invalid_request(cause: impl std::fmt::Display) -> Failure {
    Failure::unavailable("a request to the store", cause)
}
