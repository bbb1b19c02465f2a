//! The failure of a use case.

use custodian_domain::{Reason, Refusal};

/// Either the rules refuse the request, or it cannot be completed now.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The request is refused. The caller sees the reason.
    #[error("refused: {}", .0.reason.key())]
    Refused(Refusal),
    /// 503: the request cannot be completed now, usually because a dependency failed. The cause is logged, and never sent to a
    /// caller of the API.
    #[error("service unavailable ({what}): {cause}")]
    Unavailable { what: &'static str, cause: String },
}

impl Failure {
    pub fn unavailable(what: &'static str, cause: impl std::fmt::Display) -> Self {
        Self::Unavailable { what, cause: cause.to_string() }
    }

    /// 503 as well: a stored or received value cannot be parsed. The cause is cut at the first `"` or backtick, because an error of
    /// serde shows a refused value between such quotes.
    pub fn unreadable(what: &'static str, cause: impl std::fmt::Display) -> Self {
        let cause = cause.to_string();
        Self::unavailable(what, cause.split(['"', '`']).next().unwrap_or_default())
    }

    /// The reason that the caller sees.
    pub const fn reason(&self) -> Reason {
        match self {
            Self::Refused(refusal) => refusal.reason,
            Self::Unavailable { .. } => Reason::ServiceUnavailable,
        }
    }

    /// Whether this is a refusal with `reason`.
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

/// Logs a harmless failure and the reason why it is harmless.
pub fn ignore(result: Result<(), Failure>, harmless_because: &'static str) {
    if let Err(failure) = result {
        tracing::warn!(%failure, harmless_because, "a failure was ignored");
    }
}

#[cfg(test)]
mod tests {
    use super::Failure;

    #[test]
    fn the_failure_of_an_unreadable_value_does_not_show_the_value() {
        for cause in [
            "invalid type: string \"a secret\", expected u64 at line 1 column 20",
            "unknown variant `a secret`, expected `a` or `b`",
        ] {
            let failure = Failure::unreadable("a row", cause).to_string();
            assert!(failure.starts_with("service unavailable (a row): "), "{failure}");
            assert!(!failure.contains("secret"), "{failure}");
        }
    }
}
