//! The ports of exports.

use std::future::Future;
use std::time::Duration;

use custodian_app::Failure;
use custodian_app::ports::{QueryPage, ReadCustomers, WriteOutcome};
use custodian_domain::audit::AuditEntry;
use custodian_domain::kinds::Kind;
use custodian_domain::webhook::Delivery;
use custodian_domain::{AccessKey, Agent, CustomerId, Export, StoredResource, Timestamp};
use uuid::Uuid;

use crate::section::Section;
use crate::task::ExportTask;

pub trait ReadExports: Send + Sync {
    fn export(
        &self,
        customer: CustomerId,
        id: Uuid,
    ) -> impl Future<Output = Result<Option<Export>, Failure>> + Send;
}

/// The export that an account started last.
#[derive(Clone, Debug)]
pub struct LastExport {
    pub id: Uuid,
    /// `None` if its time to live is over. The row that names it may outlive it.
    pub export: Option<Export>,
}

pub trait StartExports: ReadExports {
    /// The export that the account started last.
    fn last_export(
        &self,
        customer: CustomerId,
    ) -> impl Future<Output = Result<Option<LastExport>, Failure>> + Send;

    /// Stores a new export, if `last` is still the one that the account started last, and the account is not deleted.
    fn create_export(
        &self,
        export: &Export,
        last: Option<Uuid>,
    ) -> impl Future<Output = Result<WriteOutcome, Failure>> + Send;
}

pub trait WriteExports: ReadExports {
    /// Stores the next version of an export, if the stored version is `before` and the account is not deleted.
    fn save_export(
        &self,
        before: &Export,
        after: &Export,
    ) -> impl Future<Output = Result<WriteOutcome, Failure>> + Send;
}

/// A row of a section.
#[derive(Debug)]
pub enum OwnedRow {
    Agent(Agent),
    AccessKey(AccessKey),
    Resource(&'static Kind, StoredResource),
    Delivery(Delivery),
    Audit(AuditEntry),
}

pub trait ExportRows: ReadCustomers {
    /// The newest rows of a section below an id, by a consistent query. Leaves out deliveries whose retention had ended at
    /// `retained_at`.
    fn export_rows(
        &self,
        customer: CustomerId,
        section: Section,
        below: Option<Uuid>,
        retained_at: Timestamp,
    ) -> impl Future<Output = Result<QueryPage<OwnedRow>, Failure>> + Send;
}

/// The file of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExportFile {
    pub customer_id: CustomerId,
    pub export_id: Uuid,
}

impl ExportFile {
    /// The start of the keys of an account's files.
    pub fn prefix(customer: CustomerId) -> String {
        format!("exports/{customer}/")
    }

    pub fn key(&self) -> String {
        format!("{}{}", Self::prefix(self.customer_id), self.name())
    }

    /// The name under which a browser saves the file.
    pub fn name(&self) -> String {
        format!("{}.jsonl.gz", self.export_id)
    }
}

impl From<&Export> for ExportFile {
    fn from(export: &Export) -> Self {
        Self { customer_id: export.customer_id, export_id: export.id }
    }
}

/// What completing a file found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompleteOutcome {
    /// The file exists. An earlier attempt may have completed it.
    Done,
    /// The upload does not exist, or its parts are not those that were named.
    UploadLost,
}

/// The storage of export files. A file exists only after all of its parts are written.
pub trait ExportFiles: Send + Sync {
    /// Starts an upload, and returns its id.
    fn create_upload(&self, file: ExportFile) -> impl Future<Output = Result<String, Failure>> + Send;

    /// Writes a part, in place of one that an earlier attempt may have written, and returns its entity tag. Parts count from 1.
    fn upload_part(
        &self,
        file: ExportFile,
        upload: &str,
        number: usize,
        bytes: Vec<u8>,
    ) -> impl Future<Output = Result<String, Failure>> + Send;

    /// Joins the parts with these entity tags to the file.
    fn complete_upload(
        &self,
        file: ExportFile,
        upload: &str,
        parts: &[String],
    ) -> impl Future<Output = Result<CompleteOutcome, Failure>> + Send;

    /// Deletes the file and its upload, if they exist. Without the id of the upload, deletes every upload of the file.
    fn abort_upload_and_delete_file(
        &self,
        file: ExportFile,
        upload: Option<&str>,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Links to export files.
pub trait ExportLinks: Send + Sync {
    /// A URL that shows the file to everyone who has it, for a short time.
    fn presign_download(
        &self,
        file: ExportFile,
        lifetime: Duration,
        now: Timestamp,
    ) -> impl Future<Output = Result<String, Failure>> + Send;
}

/// The queue of the export workers.
pub trait ExportQueue: Send + Sync {
    fn enqueue_export(&self, task: &ExportTask) -> impl Future<Output = Result<(), Failure>> + Send;
}
