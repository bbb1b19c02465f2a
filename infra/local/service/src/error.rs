//! The errors that end the local service.

use std::path::PathBuf;

use custodian_app::Failure;
use custodian_engine::EngineError;

#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Failure(#[from] Failure),
    #[error("the port or the data folder could not be opened: {0}")]
    Io(#[from] std::io::Error),
    #[error("another process already uses the data folder {}", .0.display())]
    InUse(PathBuf),
    #[error("the sample account could not be created: {0}")]
    Sample(String),
    #[error("the platform is set up but has no signing key")]
    NoSigningKey,
}
