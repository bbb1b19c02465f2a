//! Writing an export's file.

use std::time::Duration;

use custodian_app::notices::send_export_finished;
use custodian_app::ports::{Mailer, StoreMailTokens, WriteOutcome};
use custodian_app::{Context, Failure};
use custodian_domain::export::{ExportCursor, StoredExportState, WrittenPart};
use custodian_domain::{Export, Timestamp};

use crate::lines::{write_account, write_row};
use crate::part::{CompressedPart, Part};
use crate::ports::{CompleteOutcome, ExportFile, ExportFiles, ExportQueue, ExportRows, WriteExports};
use crate::section::Section;
use crate::task::ExportTask;

/// Whether the worker goes on after a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Continue,
    /// The account is deleted, or the export's row is missing. The file is removed.
    Stop,
    /// Another worker has changed the export.
    Superseded,
}

fn written_by_other() -> Failure {
    Failure::unavailable("the export", "another worker writes it")
}

/// Writes an export's file until it is complete or no further part fits before `stop_at`, and sends the mail about it.
///
/// A redelivered task continues after the last part that was stored. It fails while another worker has the lease, or if another
/// worker takes the lease at the same time.
pub async fn write<S, E>(cx: &Context<S, E>, task: &ExportTask, stop_at: Timestamp) -> Result<(), Failure>
where
    S: WriteExports + ExportRows + StoreMailTokens,
    E: ExportFiles + ExportQueue + Mailer,
{
    let Some(export) = cx.store.export(task.customer_id, task.export_id).await? else {
        // The account was deleted, or the table restored. An earlier worker may have died after it had completed the file.
        let file = ExportFile { customer_id: task.customer_id, export_id: task.export_id };
        return cx.services.abort_upload_and_delete_file(file, None).await;
    };
    if export.state == StoredExportState::Finished {
        // An earlier worker may have died before it sent the mail.
        return send_export_finished(cx, &export).await;
    }
    let now = cx.now();
    if !export.is_unfinished_at(now) {
        return cx.services.abort_upload_and_delete_file((&export).into(), export.upload.as_deref()).await;
    }
    if export.is_leased_at(now) {
        return Err(written_by_other());
    }
    let mut writer = Writer { cx, file: (&export).into(), export };
    // Boxed, because the future is large.
    Box::pin(writer.run(task, stop_at)).await
}

/// The section of a cursor. A version of the service that does not know it must not skip the rest of the account.
fn section_of(cursor: &ExportCursor) -> Result<Section, Failure> {
    let section = Section::named(&cursor.section);
    section.ok_or_else(|| Failure::unavailable("the export", "this version does not know its section"))
}

struct Writer<'a, S, E> {
    cx: &'a Context<S, E>,
    file: ExportFile,
    export: Export,
}

impl<S, E> Writer<'_, S, E>
where
    S: WriteExports + ExportRows + StoreMailTokens,
    E: ExportFiles + ExportQueue + Mailer,
{
    async fn run(&mut self, task: &ExportTask, stop_at: Timestamp) -> Result<(), Failure> {
        match self.save(self.export.leased(self.cx.now())).await? {
            Next::Continue => {}
            Next::Stop => return Ok(()),
            // The other worker may die, so this message must come again.
            Next::Superseded => return Err(written_by_other()),
        }
        let Some(upload) = self.upload().await? else { return Ok(()) };
        let mut longest = Duration::ZERO;
        while !self.export.is_read() {
            let begin = self.cx.now();
            if self.write_next_part(&upload).await? != Next::Continue {
                return Ok(());
            }
            let now = self.cx.now();
            longest = longest.max(now.since(begin));
            // Another part may take as long as the longest one. Lambda would end it in the middle.
            if now.plus(longest) >= stop_at {
                return self.hand_over(task).await;
            }
        }
        let completed = self.cx.services.complete_upload(self.file, &upload, &self.export.parts).await?;
        let state = match completed {
            CompleteOutcome::Done => StoredExportState::Finished,
            CompleteOutcome::UploadLost => StoredExportState::Failed,
        };
        if self.save(self.export.ended(state, self.cx.now())).await? != Next::Continue {
            return Ok(());
        }
        let rows = self.export.rows;
        match state {
            StoredExportState::Finished => {
                tracing::info!(rows, "export finished");
                send_export_finished(self.cx, &self.export).await
            }
            _ => {
                tracing::error!(rows, "export failed: its upload is lost");
                Ok(())
            }
        }
    }

    /// Stores the next version. If the account is deleted or the export's row is missing, removes the file, because the cascade may
    /// have removed its files before the last part was written.
    async fn save(&mut self, next: Export) -> Result<Next, Failure> {
        let cx = self.cx;
        let must_discard = match cx.store.save_export(&self.export, &next).await? {
            WriteOutcome::Done => {
                self.export = next;
                return Ok(Next::Continue);
            }
            WriteOutcome::Stale => {
                cx.store.export(self.file.customer_id, self.file.export_id).await?.is_none()
            }
            WriteOutcome::GateClosed => true,
        };
        if !must_discard {
            return Ok(Next::Superseded);
        }
        let upload = next.upload.as_deref().or(self.export.upload.as_deref());
        cx.services.abort_upload_and_delete_file(self.file, upload).await?;
        Ok(Next::Stop)
    }

    /// The id of the upload, which is stored before the first part is written. `None` if the worker must stop.
    async fn upload(&mut self) -> Result<Option<String>, Failure> {
        if let Some(upload) = &self.export.upload {
            return Ok(Some(upload.clone()));
        }
        let upload = self.cx.services.create_upload(self.file).await?;
        let saved = self.save(self.export.uploading(upload.clone(), self.cx.now())).await?;
        Ok((saved == Next::Continue).then_some(upload))
    }

    async fn write_next_part(&mut self, upload: &str) -> Result<Next, Failure> {
        let (part, next) = self.read_part().await?;
        let (rows, bytes) = (part.rows, part.bytes.len() as u64);
        let number = self.export.parts.len() + 1;
        let etag = self.cx.services.upload_part(self.file, upload, number, part.bytes).await?;
        let written = WrittenPart { etag, rows, bytes, next };
        self.save(self.export.with_part(&written, self.cx.now())).await
    }

    /// Reads rows from the export's cursor on until a part is full. Returns the part, and where the next one begins.
    async fn read_part(&self) -> Result<(CompressedPart, Option<ExportCursor>), Failure> {
        let (cx, customer, mut part) =
            (self.cx, self.export.customer_id, Part::new(self.cx.settings.export_part_bytes));
        let (mut section, mut below) = match &self.export.cursor {
            Some(cursor) => (Some(section_of(cursor)?), cursor.below),
            None => {
                if let Some(account) = cx.store.customer(customer).await? {
                    write_account(&mut part, &self.export, &account)?;
                }
                (Section::all().next(), None)
            }
        };
        while let Some(reading) = section {
            if part.is_full() {
                let cursor = ExportCursor { section: reading.noun().to_owned(), below };
                return Ok((part.finish()?, Some(cursor)));
            }
            let page = cx.store.export_rows(customer, reading, below, self.export.tm_create).await?;
            for row in &page.rows {
                write_row(cx, &mut part, reading, row)?;
            }
            below = page.next;
            section = if below.is_some() { section } else { reading.next() };
        }
        Ok((part.finish()?, None))
    }

    /// Releases the lease and enqueues the task that continues.
    async fn hand_over(&mut self, task: &ExportTask) -> Result<(), Failure> {
        if self.save(self.export.released(self.cx.now())).await? != Next::Continue {
            return Ok(());
        }
        let (rows, hop) = (self.export.rows, task.hop);
        tracing::info!(rows, hop, "export continues in the next invocation");
        self.cx.services.enqueue_export(&task.next_hop()).await
    }
}
