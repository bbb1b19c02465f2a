//! Files that belong to the rows of a step.

use custodian_app::{Context, Failure};
use custodian_domain::CustomerId;

use crate::ports::RemoveFiles;
use crate::steps::{EXPORTS, Step};

/// Removes the account's files if this is the step of the exports: before each batch of rows, and again before the step is closed.
/// So the rows outlive their files, and files without rows are removed as well. An export worker can still complete a file after
/// that. The verification removes it.
pub(crate) async fn remove_files<S: Sync, E: RemoveFiles>(
    cx: &Context<S, E>,
    customer: CustomerId,
    step: &Step,
) -> Result<(), Failure> {
    if step.table == EXPORTS { cx.services.remove_files(customer).await } else { Ok(()) }
}
