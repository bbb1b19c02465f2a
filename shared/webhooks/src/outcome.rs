//! What became of an attempt. It says nothing that the receiver wrote but a status and a wish to wait.

use std::time::Duration;

use custodian_domain::Timestamp;
use http::header::RETRY_AFTER;
use http::response::Parts;

use crate::destination::Refusal;
use crate::retry_after;

/// What became of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// 2xx: the receiver has taken it.
    Succeeded { status: u16 },
    /// Any other status, redirections included: none is followed.
    Failed {
        status: u16,
        /// What `Retry-After` asks to wait, as it was read: unbounded.
        retry_after: Option<Duration>,
    },
    /// 410: the receiver wants no more webhooks, not only not this one.
    Disabled,
    /// Nothing was sent.
    Refused(Refusal),
    /// No answer, for a reason other than time.
    Unreachable(Fault),
    /// No answer within the time.
    TimedOut,
}

/// Why there was no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The host's name stands for no address.
    Name,
    /// No address took the connection.
    Connection,
    /// The certificate is not valid for this host, now, by our roots.
    Certificate,
    /// No TLS came about, for another reason.
    Tls,
    /// The connection ended before there was an answer, or before the answer's head did within what is read of it.
    Closed,
    /// What was answered is no HTTP/1.1, or has too many or too long headers.
    Http,
}

/// An outcome with how long it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    pub outcome: Outcome,
    /// From the beginning (the look-up of the name included) to the head of the answer, or to the end without one.
    pub latency: Duration,
}

impl Outcome {
    /// What the head of an answer that came at `now` means.
    pub(crate) fn of(head: &Parts, now: Timestamp) -> Self {
        let status = head.status.as_u16();
        match status {
            200..300 => Self::Succeeded { status },
            410 => Self::Disabled,
            _ => {
                let asked = head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
                Self::Failed { status, retry_after: asked.and_then(|text| retry_after::parse(text, now)) }
            }
        }
    }

    /// The status that was answered, if one was.
    pub const fn status(self) -> Option<u16> {
        match self {
            Self::Succeeded { status } | Self::Failed { status, .. } => Some(status),
            Self::Disabled => Some(410),
            Self::Refused(_) | Self::Unreachable(_) | Self::TimedOut => None,
        }
    }

    /// A short name for records and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Succeeded { .. } => "succeeded",
            Self::Failed { .. } => "failed",
            Self::Disabled => "disabled",
            Self::Refused(_) => "refused",
            Self::Unreachable(_) => "unreachable",
            Self::TimedOut => "timed_out",
        }
    }

    /// Why nothing was sent or answered, as a short name for records and metrics.
    pub const fn cause(self) -> Option<&'static str> {
        match self {
            Self::Refused(refusal) => Some(refusal.name()),
            Self::Unreachable(fault) => Some(fault.name()),
            _ => None,
        }
    }
}

impl Fault {
    /// A short name for records and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Connection => "connection",
            Self::Certificate => "certificate",
            Self::Tls => "tls",
            Self::Closed => "closed",
            Self::Http => "http",
        }
    }
}

impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for Outcome {
    fn from(fault: Fault) -> Self {
        Self::Unreachable(fault)
    }
}

#[cfg(test)]
mod tests {
    use http::Response;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_718_893_355_000_000);

    fn of(status: u16, retry_after: Option<&str>) -> Outcome {
        let mut answer = Response::builder().status(status);
        if let Some(value) = retry_after {
            answer = answer.header(RETRY_AFTER, value);
        }
        Outcome::of(&answer.body(()).unwrap().into_parts().0, NOW)
    }

    #[test]
    fn two_hundreds_succeed_410_disables_and_all_else_fails() {
        for status in [200, 201, 204, 299] {
            assert_eq!(of(status, Some("5")), Outcome::Succeeded { status });
        }
        assert_eq!(of(410, Some("5")), Outcome::Disabled);
        for status in [101, 300, 301, 307, 308, 399, 400, 404, 429, 500, 503, 599, 999] {
            assert_eq!(of(status, None), Outcome::Failed { status, retry_after: None });
        }
    }

    #[test]
    fn a_failure_carries_the_wish_to_wait() {
        let wish = Some(Duration::from_secs(120));
        assert_eq!(of(503, Some("120")), Outcome::Failed { status: 503, retry_after: wish });
        assert_eq!(of(429, Some("soon")), Outcome::Failed { status: 429, retry_after: None });
    }
}
