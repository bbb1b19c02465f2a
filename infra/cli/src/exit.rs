//! Exit codes, and the failures that lead to them.

use std::process::ExitCode;
use std::time::Duration;

use uuid::Uuid;

/// The environment and the exit codes, as `--help` and the man page show them.
pub(crate) const AFTER_HELP: &str = "\
Environment:
  CUSTODIAN_URL    The address of the service. It replaces the one where you signed in.
  CUSTODIAN_TOKEN  A token or an access key. It replaces your sign-in.

Exit codes:
  0  The command was carried out.
  1  The service refused it, for example because the account is on hold.
  2  The command line is wrong, or a file cannot be read or written.
  3  You are not signed in, or you are not permitted to do this.
  4  The account, the hold, the deletion, the receipt or the export does not exist.
  5  The service cannot be reached, or it cannot answer at the moment.
  6  The receipt is not genuine, or belongs to another account.
  7  You did not confirm the command, so nothing was done.
  8  A restore left conflicts that you must decide about.";

/// Why a command failed. The number is the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FailureKind {
    Refused = 1,
    Usage = 2,
    Forbidden = 3,
    NotFound = 4,
    Unavailable = 5,
    InvalidReceipt = 6,
    NotConfirmed = 7,
    Conflicts = 8,
}

/// A failed command: one plain sentence about what happened, and what to do next.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: FailureKind,
    pub(crate) message: String,
    /// The running export because of which the service refused to start another one.
    pub(crate) running_export: Option<Uuid>,
    /// How long to wait before the request is sent again, if the service said it.
    pub(crate) retry_after: Option<Duration>,
}

impl Failure {
    pub(crate) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), running_export: None, retry_after: None }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Usage, message)
    }

    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Unavailable, message)
    }

    /// Adds a sentence about what to do next.
    pub(crate) fn hint(mut self, sentence: &str) -> Self {
        self.message.push(' ');
        self.message.push_str(sentence);
        self
    }

    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(self.kind as u8)
    }
}
