//! Why something was not done.

use custodian_domain::{Reason, Refusal};

/// Either the rules say no, or something that this service depends on did not answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The request is refused; the caller is told why.
    #[error("refused: {}", .0.reason.key())]
    Refused(Refusal),
    /// 503: a dependency failed. The cause is for the log and never for the caller.
    #[error("{what} is unavailable: {cause}")]
    Unavailable { what: &'static str, cause: String },
}

impl Failure {
    pub fn unavailable(what: &'static str, cause: impl std::fmt::Display) -> Self {
        Self::Unavailable { what, cause: cause.to_string() }
    }

    /// Something stored or sent that cannot be read. Of the cause no more is told than comes before a value.
    pub fn unreadable(what: &'static str, cause: impl std::fmt::Display) -> Self {
        let cause = cause.to_string();
        Self::unavailable(what, cause.split('"').next().unwrap_or_default())
    }

    /// The stable key of what the caller is told.
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Refused(refusal) => refusal.reason,
            Self::Unavailable { .. } => Reason::ServiceUnavailable,
        }
    }

    /// Whether this is the refusal for `reason`.
    pub fn is(&self, reason: Reason) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.reason == reason)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Reason> for Failure {
    fn from(reason: Reason) -> Self {
        Self::Refused(reason.into())
    }
}

/// Goes on after a failure that does no harm, and says in the log why it does none.
pub fn ignore(result: Result<(), Failure>, harmless_because: &'static str) {
    if let Err(failure) = result {
        tracing::warn!(%failure, harmless_because, "a failure was ignored");
    }
}
