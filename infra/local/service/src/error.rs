//! The errors that end the local service. A message about a file or a port says what is wrong with it, and what to do.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use custodian_app::Failure;
use custodian_engine::EngineError;

#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    #[error("port {0} is already in use. Stop the other program or choose another port with --port.")]
    PortInUse(u16),
    #[error("you have no permission to use port {0}. Choose a port above 1023 with --port.")]
    PortNotPermitted(u16),
    #[error("port {port} cannot be used: {cause}. Choose another port with --port.")]
    Port { port: u16, cause: std::io::Error },
    #[error("the server failed: {0}")]
    Server(std::io::Error),
    #[error(
        "another process uses the data folder {}. Stop that process or choose another folder with --data.",
        .0.display()
    )]
    InUse(PathBuf),
    #[error("{} is not a folder. Choose a folder for the data with --data.", .0.display())]
    NotAFolder(PathBuf),
    #[error("all users share the folder {}. Choose a folder for the data alone with --data.", .0.display())]
    SharedFolder(PathBuf),
    #[error(
        "you have no permission to write to {}. Change its permissions or choose another folder with --data.",
        .0.display()
    )]
    NotWritable(PathBuf),
    #[error("the data folder {} cannot be used: {cause}. Choose another folder with --data.", .path.display())]
    Folder { path: PathBuf, cause: std::io::Error },
    #[error(
        "a newer version of Custodian wrote {}. Update Custodian or choose another folder with --data.",
        .0.display()
    )]
    Newer(PathBuf),
    #[error(
        "{} is damaged ({cause}). Restore the data folder from a copy, delete it to start without data, or choose another \
         folder with --data.",
        .path.display()
    )]
    Damaged { path: PathBuf, cause: String },
    #[error("{} cannot be opened: {cause}. Choose another folder with --data.", .path.display())]
    File { path: PathBuf, cause: String },
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Failure(#[from] Failure),
    #[error("the sample account could not be created: {0}")]
    Sample(String),
    #[error("the data has a platform admin but no signing key. Choose another folder with --data.")]
    NoSigningKey,
    #[error("RUST_LOG is not a valid filter ({0}). An example of a valid one is RUST_LOG=info.")]
    LogFilter(String),
}

impl LocalError {
    pub(crate) fn of_port(port: u16, cause: std::io::Error) -> Self {
        match cause.kind() {
            ErrorKind::AddrInUse => Self::PortInUse(port),
            ErrorKind::PermissionDenied => Self::PortNotPermitted(port),
            _ => Self::Port { port, cause },
        }
    }

    pub(crate) fn of_folder(path: &Path, cause: std::io::Error) -> Self {
        let path = path.to_owned();
        match cause.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::NotWritable(path),
            ErrorKind::NotADirectory | ErrorKind::AlreadyExists => Self::NotAFolder(path),
            _ => Self::Folder { path, cause },
        }
    }

    /// Classifies the error of a database file by its text, because the engine gives nothing else.
    pub(crate) fn of_file(path: &Path, cause: impl std::fmt::Display) -> Self {
        let (path, cause) = (path.to_owned(), cause.to_string());
        let has = |text: &str| cause.contains(text);
        if has("newer version") {
            Self::Newer(path)
        } else if has("not a database") || has("malformed") || has("not a valid SQLite") {
            // The engine's advice about encryption follows in further sentences.
            let cause =
                cause.trim_start_matches("the embedded database: ").split(". ").next().unwrap_or_default();
            Self::Damaged { path, cause: cause.to_owned() }
        } else if has("readonly database") || has("unable to open database") {
            Self::NotWritable(path)
        } else {
            Self::File { path, cause }
        }
    }

    /// Names this path if a database reported only after it was opened that it is damaged or cannot be written.
    pub(crate) fn with_file(self, path: &Path) -> Self {
        match &self {
            Self::Engine(_) | Self::Failure(_) => match Self::of_file(path, &self) {
                Self::File { .. } => self,
                known => known,
            },
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tests run as root cannot make a folder that they may not write.
    #[test]
    fn an_error_of_a_folder_names_the_folder_and_the_remedy() {
        for kind in [
            ErrorKind::PermissionDenied,
            ErrorKind::ReadOnlyFilesystem,
            ErrorKind::NotADirectory,
            ErrorKind::StorageFull,
        ] {
            let text = LocalError::of_folder(Path::new("some/data"), kind.into()).to_string();
            assert!(text.contains("some/data") && text.contains("--data"), "{text}");
            assert!(!text.contains(&format!("{kind:?}")), "{text}");
        }
    }

    #[test]
    fn an_error_of_a_port_names_the_port_and_the_remedy() {
        for kind in [ErrorKind::AddrInUse, ErrorKind::PermissionDenied, ErrorKind::AddrNotAvailable] {
            let text = LocalError::of_port(80, kind.into()).to_string();
            assert!(text.contains("port 80") && text.contains("--port"), "{text}");
        }
    }

    #[test]
    fn damage_that_is_found_later_names_the_file() {
        let failure = Failure::unavailable("the store", "database disk image is malformed");
        let text = LocalError::from(failure).with_file(Path::new("some/data")).to_string();
        assert!(text.starts_with("some/data is damaged"), "{text}");
        let failure = Failure::unavailable("the store", "timed out");
        assert!(matches!(LocalError::from(failure).with_file(Path::new("x")), LocalError::Failure(_)));
    }
}
