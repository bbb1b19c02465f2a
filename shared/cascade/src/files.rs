//! Files that belong to the rows of a step.

use custodian_app::{Context, Failure};
use custodian_domain::CustomerId;

use crate::ports::RemoveFiles;
use crate::steps::{EXPORTS, Step};

/// Removes the files of the rows that the step is about to delete. The rows outlive their files, so an empty table means that no
/// file is left, and the verification of the tables covers the files.
pub(crate) async fn remove_files<S: Sync, E: RemoveFiles>(
    cx: &Context<S, E>,
    customer: CustomerId,
    step: &Step,
) -> Result<(), Failure> {
    if step.table == EXPORTS { cx.services.remove_files(customer).await } else { Ok(()) }
}
