//! The data folder. It has accounts, mailed links and the private signing key, so only its owner may read it.

use std::fs::{File, OpenOptions, TryLockError, create_dir_all};
use std::path::{Path, PathBuf};

use crate::error::LocalError;

const LOCK_FILE: &str = "lock";
const TABLES_FILE: &str = "tables.db";
/// Folders of earlier releases contain a file of this name. A new name would lose their pending jobs and clock.
const STATE_FILE: &str = "ends.db";
/// The suffixes of a database and of the files that SQLite creates beside it, with the rights of the database.
const DATABASE_SUFFIXES: [&str; 4] = ["", "-wal", "-shm", "-journal"];

/// An open data folder. No other process can open it meanwhile.
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Creates the folder and its files if they do not exist, and takes rights of other users away.
    pub(crate) fn open(path: &Path) -> Result<Self, LocalError> {
        Self::create_folder(path)?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |cause| LocalError::of_folder(&path, cause)
        };
        let lock_file = path.join(LOCK_FILE);
        let lock = private::open(&mut options, &lock_file).map_err(failed(&lock_file))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => LocalError::InUse(path.to_owned()),
            TryLockError::Error(cause) => LocalError::of_folder(&lock_file, cause),
        })?;
        for database in [TABLES_FILE, STATE_FILE] {
            let file = path.join(database);
            private::open(&mut options, &file).map_err(failed(&file))?;
            for suffix in DATABASE_SUFFIXES {
                let file = path.join(format!("{database}{suffix}"));
                private::restrict(&file, 0o600).map_err(failed(&file))?;
            }
        }
        private::restrict(&lock_file, 0o600).map_err(failed(&lock_file))?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    fn create_folder(path: &Path) -> Result<(), LocalError> {
        // The parent of a relative path of one part is the empty path.
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            create_dir_all(parent).map_err(|cause| LocalError::of_folder(parent, cause))?;
        }
        if path.exists() && !path.is_dir() {
            return Err(LocalError::NotAFolder(path.to_owned()));
        }
        if private::is_shared_by_all(path) {
            return Err(LocalError::SharedFolder(path.to_owned()));
        }
        private::create_folder(path).map_err(|cause| LocalError::of_folder(path, cause))
    }

    pub(crate) fn tables_file(&self) -> PathBuf {
        self.path.join(TABLES_FILE)
    }

    /// The path of the data folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn state_file(&self) -> PathBuf {
        self.path.join(STATE_FILE)
    }
}

#[cfg(unix)]
pub(crate) mod private {
    use std::fs::{DirBuilder, File, OpenOptions, Permissions, metadata, set_permissions};
    use std::io::{ErrorKind, Result, Write};
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
    use std::path::Path;

    /// Set on folders such as /tmp, which all users share.
    const STICKY: u32 = 0o1000;

    /// Creates a folder that only its owner can open, or takes the rights of other users from an existing one.
    pub(super) fn create_folder(path: &Path) -> Result<()> {
        match DirBuilder::new().mode(0o700).create(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            result => return result,
        }
        restrict(path, 0o700)
    }

    pub(super) fn is_shared_by_all(path: &Path) -> bool {
        metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & STICKY != 0)
    }

    pub(super) fn open(options: &mut OpenOptions, path: &Path) -> Result<File> {
        options.mode(0o600).open(path)
    }

    /// Replaces a file that only its owner can read, and creates the folders above it.
    pub(crate) fn replace_file(path: &Path, bytes: &[u8]) -> Result<()> {
        if let Some(parent) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
        }
        let new = path.with_extension("new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        open(&mut options, &new)?.write_all(bytes)?;
        std::fs::rename(new, path)
    }

    /// Takes all rights but these from an existing file or folder.
    pub(super) fn restrict(path: &Path, mode: u32) -> Result<()> {
        let present = match metadata(path) {
            Ok(metadata) => metadata.permissions().mode() & 0o777,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        if present & !mode == 0 {
            return Ok(());
        }
        set_permissions(path, Permissions::from_mode(present & mode))?;
        tracing::warn!("other users could use {} (mode {present:o}); now only its owner can", path.display());
        Ok(())
    }
}

/// Other systems have no such modes: the folder has the rights of its parent.
#[cfg(not(unix))]
pub(crate) mod private {
    use std::fs::{File, OpenOptions, TryLockError, create_dir_all};
    use std::io::Result;
    use std::path::Path;

    pub(super) fn create_folder(path: &Path) -> Result<()> {
        create_dir_all(path)
    }

    pub(super) fn is_shared_by_all(_: &Path) -> bool {
        false
    }

    pub(super) fn open(options: &mut OpenOptions, path: &Path) -> Result<File> {
        options.open(path)
    }

    pub(crate) fn replace_file(path: &Path, bytes: &[u8]) -> Result<()> {
        if let Some(parent) = path.parent() {
            create_dir_all(parent)?;
        }
        let new = path.with_extension("new");
        std::fs::write(&new, bytes)?;
        std::fs::rename(new, path)
    }

    pub(super) fn restrict(_: &Path, _: u32) -> Result<()> {
        Ok(())
    }
}
