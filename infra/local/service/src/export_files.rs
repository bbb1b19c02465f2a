//! The storage of export files, in place of S3: files in the data folder, or memory for an ephemeral service.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use custodian_app::{Clock, Failure};
use custodian_cascade::RemoveFiles;
use custodian_domain::export::EXPORT_LIFETIME;
use custodian_domain::{CustomerId, Timestamp};
use custodian_exports::{CompleteOutcome, ExportFile, ExportFiles, ExportLinks};
use uuid::Uuid;

use crate::data_folder::private;
use crate::services::LocalServices;

/// Contents by key. A key has the form `exports/<customer>/<name>`.
pub(crate) enum ExportStorage {
    Memory(Mutex<BTreeMap<String, Vec<u8>>>),
    Folder(PathBuf),
}

fn unavailable(cause: std::io::Error) -> Failure {
    Failure::unavailable("the export files", cause)
}

/// Treats a missing file as success.
fn unless_missing(result: std::io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(unavailable(error)),
        _ => Ok(()),
    }
}

impl ExportStorage {
    pub(crate) fn in_memory() -> Self {
        Self::Memory(Mutex::default())
    }

    /// Replaces the content of a key. A reader never sees a part of it.
    fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), Failure> {
        match self {
            Self::Memory(files) => {
                files.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), bytes);
                Ok(())
            }
            Self::Folder(root) => private::replace_file(&root.join(key), &bytes).map_err(unavailable),
        }
    }

    pub(crate) fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Failure> {
        match self {
            Self::Memory(files) => Ok(files.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()),
            Self::Folder(root) => match std::fs::read(root.join(key)) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(unavailable(error)),
            },
        }
    }

    fn remove(&self, key: &str) -> Result<(), Failure> {
        match self {
            Self::Memory(files) => {
                files.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
                Ok(())
            }
            Self::Folder(root) => unless_missing(std::fs::remove_file(root.join(key))),
        }
    }

    /// The keys of all files and parts.
    fn keys(&self) -> Result<Vec<String>, Failure> {
        match self {
            Self::Memory(files) => {
                Ok(files.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect())
            }
            Self::Folder(root) => keys_in(root).map_err(unavailable),
        }
    }

    fn remove_with_prefix(&self, prefix: &str) -> Result<(), Failure> {
        let keys = self.keys()?;
        keys.iter().filter(|key| key.starts_with(prefix)).try_for_each(|key| self.remove(key))?;
        match self {
            Self::Memory(_) => Ok(()),
            // The folder of an account, if it is empty now.
            Self::Folder(root) => match std::fs::remove_dir(root.join(prefix)) {
                Err(error) if error.kind() == std::io::ErrorKind::DirectoryNotEmpty => Ok(()),
                result => unless_missing(result),
            },
        }
    }
}

fn keys_in(root: &std::path::Path) -> std::io::Result<Vec<String>> {
    let mut keys = Vec::new();
    let Ok(accounts) = std::fs::read_dir(root.join("exports")) else { return Ok(keys) };
    for account in accounts {
        let account = account?;
        for file in std::fs::read_dir(account.path())? {
            let (account, file) = (account.file_name(), file?.file_name());
            keys.push(format!("exports/{}/{}", account.to_string_lossy(), file.to_string_lossy()));
        }
    }
    Ok(keys)
}

fn part_key(file: ExportFile, number: usize) -> String {
    format!("{}.part{number}", file.key())
}

impl ExportFiles for LocalServices {
    async fn begin_file(&self, file: ExportFile) -> Result<String, Failure> {
        Ok(file.export_id.to_string())
    }

    async fn write_part(
        &self,
        file: ExportFile,
        _: &str,
        number: usize,
        bytes: Vec<u8>,
    ) -> Result<String, Failure> {
        self.export_files.put(&part_key(file, number), bytes)?;
        Ok(number.to_string())
    }

    async fn complete_file(
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

    async fn discard_file(&self, file: ExportFile, _: Option<&str>) -> Result<(), Failure> {
        self.export_files.remove_with_prefix(&file.key())
    }
}

impl RemoveFiles for LocalServices {
    async fn remove_files(&self, customer: CustomerId) -> Result<(), Failure> {
        self.export_files.remove_with_prefix(&ExportFile::prefix(customer))
    }
}

impl ExportLinks for LocalServices {
    async fn link_to_file(
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

    /// Deletes files a day after their links have expired, as the lifecycle rule of the bucket does.
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
