//! The storage of export files: files in the data folder, or memory for an ephemeral service.

use std::collections::BTreeMap;
use std::fs::DirEntry;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use custodian_app::Failure;

use crate::data_folder::private;

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
        Err(error) if error.kind() != ErrorKind::NotFound => Err(unavailable(error)),
        _ => Ok(()),
    }
}

impl ExportStorage {
    pub(crate) fn in_memory() -> Self {
        Self::Memory(Mutex::default())
    }

    /// Replaces the content of a key. A reader never sees a part of it.
    pub(crate) fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), Failure> {
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
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(unavailable(error)),
            },
        }
    }

    pub(crate) fn remove(&self, key: &str) -> Result<(), Failure> {
        match self {
            Self::Memory(files) => {
                files.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
                Ok(())
            }
            Self::Folder(root) => unless_missing(std::fs::remove_file(root.join(key))),
        }
    }

    /// The keys of all files, and of the parts of unfinished uploads.
    pub(crate) fn keys(&self) -> Result<Vec<String>, Failure> {
        match self {
            Self::Memory(files) => {
                Ok(files.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect())
            }
            Self::Folder(root) => keys_in(root).map_err(unavailable),
        }
    }

    pub(crate) fn remove_with_prefix(&self, prefix: &str) -> Result<(), Failure> {
        let keys = self.keys()?;
        keys.iter().filter(|key| key.starts_with(prefix)).try_for_each(|key| self.remove(key))?;
        match self {
            Self::Memory(_) => Ok(()),
            // The folder of an account, if it is empty now.
            Self::Folder(root) => match std::fs::remove_dir(root.join(prefix)) {
                Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => Ok(()),
                result => unless_missing(result),
            },
        }
    }
}

fn keys_in(root: &Path) -> std::io::Result<Vec<String>> {
    let mut keys = Vec::new();
    for account in entries(&root.join("exports"))? {
        // A file manager may have stored a file of its own beside the folders.
        if !account.file_type()?.is_dir() {
            continue;
        }
        for file in entries(&account.path())? {
            let (account, file) = (account.file_name(), file.file_name());
            keys.push(format!("exports/{}/{}", account.to_string_lossy(), file.to_string_lossy()));
        }
    }
    Ok(keys)
}

/// The entries of a folder. There are none if it is missing: nothing was exported yet, or it was removed in the meantime.
fn entries(folder: &Path) -> std::io::Result<Vec<DirEntry>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.collect(),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An empty folder in the system's folder for temporary files.
    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("custodian-{name}-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        folder
    }

    #[test]
    fn files_are_listed_beside_a_file_that_is_not_an_export() {
        let root = folder("listed-exports");
        let storage = ExportStorage::Folder(root.clone());
        assert!(storage.keys().unwrap().is_empty(), "nothing was exported yet");
        storage.put("exports/ann/1.jsonl.gz", b"rows".to_vec()).unwrap();
        std::fs::write(root.join("exports/.DS_Store"), "").unwrap();
        assert_eq!(storage.keys().unwrap(), ["exports/ann/1.jsonl.gz"]);
        storage.remove_with_prefix("exports/ann/").unwrap();
        assert!(!root.join("exports/ann").exists());
        std::fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_read_is_an_error_and_not_empty() {
        let root = folder("unreadable-exports");
        std::fs::write(root.join("exports"), "a file in place of the folder").unwrap();
        assert!(ExportStorage::Folder(root.clone()).remove_with_prefix("exports/ann/").is_err());
        std::fs::remove_dir_all(&root).unwrap();
    }
}
