//! Downloading the file of an export.

use std::time::Duration;

use custodian_app::ports::{AuditLog, WriteOutcome};
use custodian_app::request_origin::AuditedAction;
use custodian_app::{Context, Failure};
use custodian_domain::export::{EXPORT_DOWNLOADED, EXPORT_NOUN, ExportState};
use custodian_domain::{CustomerId, Reason};
use uuid::Uuid;

use crate::ports::{ExportFile, ExportLinks, ReadExports};

/// How long a link to the file works. A request for the file's route gets a new link each time.
pub const LINK_LIFETIME: Duration = Duration::from_secs(300);

/// A link to the file of a finished export. The audit log records that the caller got it.
pub async fn link<S: ReadExports + AuditLog, E: ExportLinks>(
    cx: &Context<S, E>,
    customer: CustomerId,
    id: Uuid,
) -> Result<String, Failure> {
    let export = cx.store.export(customer, id).await?.ok_or(Reason::ExportNotFound)?;
    let now = cx.now();
    match export.state_at(now) {
        ExportState::Finished => {
            let action = AuditedAction::new(customer, EXPORT_DOWNLOADED, (EXPORT_NOUN, id), now);
            match cx.store.record_action(action).await? {
                WriteOutcome::Done => {
                    cx.services.presign_download(ExportFile::from(&export), LINK_LIFETIME, now).await
                }
                // The account was deleted meanwhile.
                WriteOutcome::Stale | WriteOutcome::GateClosed => Err(Reason::ExportNotFound.into()),
            }
        }
        ExportState::Expired => Err(Reason::ExportExpired.into()),
        ExportState::Pending | ExportState::Running | ExportState::Failed => {
            Err(Reason::ExportNotFinished.into())
        }
    }
}
