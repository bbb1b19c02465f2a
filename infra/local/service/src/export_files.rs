//! Export files of the local service, in place of S3.

use custodian_app::{Clock, Failure};
use custodian_cascade::RemoveFiles;
use custodian_domain::export::EXPORT_LIFETIME;
use custodian_domain::{CustomerId, Timestamp};
use custodian_exports::{CompleteOutcome, ExportFile, ExportFiles, ExportLinks};
use uuid::Uuid;

use crate::services::LocalServices;

fn part_key(file: ExportFile, number: usize) -> String {
    format!("{}.part{number}", file.key())
}

impl ExportFiles for LocalServices {
    async fn create_upload(&self, file: ExportFile) -> Result<String, Failure> {
        Ok(file.export_id.to_string())
    }

    async fn upload_part(
        &self,
        file: ExportFile,
        _: &str,
        number: usize,
        bytes: Vec<u8>,
    ) -> Result<String, Failure> {
        self.export_files.put(&part_key(file, number), bytes)?;
        Ok(number.to_string())
    }

    async fn complete_upload(
        &self,
        file: ExportFile,
        _: &str,
        parts: &[String],
    ) -> Result<CompleteOutcome, Failure> {
        let storage = &self.export_files;
        if storage.get(&file.key())?.is_some() {
            return Ok(CompleteOutcome::Done);
        }
        let mut bytes = Vec::new();
        for number in 1..=parts.len() {
            let Some(part) = storage.get(&part_key(file, number))? else {
                return Ok(CompleteOutcome::UploadLost);
            };
            bytes.extend(part);
        }
        storage.put(&file.key(), bytes)?;
        (1..=parts.len()).try_for_each(|number| storage.remove(&part_key(file, number)))?;
        Ok(CompleteOutcome::Done)
    }

    async fn abort_upload_and_delete_file(&self, file: ExportFile, _: Option<&str>) -> Result<(), Failure> {
        self.export_files.remove_with_prefix(&file.key())
    }
}

impl RemoveFiles for LocalServices {
    async fn remove_files(&self, customer: CustomerId) -> Result<(), Failure> {
        self.export_files.remove_with_prefix(&ExportFile::prefix(customer))
    }
}

impl ExportLinks for LocalServices {
    async fn presign_download(
        &self,
        file: ExportFile,
        lifetime: std::time::Duration,
        now: Timestamp,
    ) -> Result<String, Failure> {
        let expires = now.plus(lifetime).seconds();
        let signature = self.sign_link(file, expires);
        let ExportFile { customer_id, export_id } = file;
        Ok(format!("/_local/exports/{customer_id}/{export_id}/{expires}/{signature}"))
    }
}

impl LocalServices {
    fn sign_link(&self, file: ExportFile, expires: i64) -> String {
        self.link_hasher.hash("link", &format!("{} {expires}", file.key())).replace('#', "-")
    }

    /// The file of a link, if the link is valid and has not expired.
    pub(crate) fn linked_file(
        &self,
        file: ExportFile,
        expires: i64,
        signature: &str,
    ) -> Result<Option<Vec<u8>>, Failure> {
        if expires < self.clock.now().seconds() || signature != self.sign_link(file, expires) {
            return Ok(None);
        }
        self.export_files.get(&file.key())
    }

    /// Deletes files eight days after their exports were started, about a day after the API has ceased to offer them for download,
    /// as the lifecycle rule of the bucket does.
    pub(crate) fn delete_old_exports(&self) -> Result<(), Failure> {
        let now = self.clock.now();
        let lifetime = EXPORT_LIFETIME + std::time::Duration::from_secs(86_400);
        for key in self.export_files.keys()? {
            let id = key.rsplit('/').next().and_then(|name| Uuid::try_parse(name.get(..36)?).ok());
            let created = id.and_then(|id| id.get_timestamp()).map(|time| time.to_unix().0);
            let created = created.and_then(|seconds| i64::try_from(seconds).ok()).unwrap_or(0);
            if Timestamp::from_micros(created * 1_000_000).plus(lifetime) < now {
                self.export_files.remove(&key)?;
            }
        }
        Ok(())
    }
}
