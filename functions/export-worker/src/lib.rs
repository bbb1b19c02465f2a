//! Writes the file of an export, and sends the mail about it. A large account takes several invocations.

use custodian_app::ports::{Mailer, StoreMailTokens};
use custodian_app::{Context, Failure};
use custodian_domain::Timestamp;
use custodian_event_sources::EventHandler;
use custodian_exports::{ExportFiles, ExportQueue, ExportRows, ExportTask, WriteExports, write};

pub struct WriteExport;

impl<S, E> EventHandler<S, E> for WriteExport
where
    S: WriteExports + ExportRows + StoreMailTokens,
    E: ExportFiles + ExportQueue + Mailer,
{
    type Message = ExportTask;

    async fn handle(&self, cx: &Context<S, E>, task: ExportTask, stop_at: Timestamp) -> Result<(), Failure> {
        write(cx, &task, stop_at).await
    }
}
