//! The outcome of an attempt. It contains only the status and `Retry-After` of the response.

use std::time::Duration;

use custodian_domain::Timestamp;
use custodian_domain::destination::DestinationRefusal;
use http::header::RETRY_AFTER;
use http::response::Parts;

use crate::retry_after;

/// The outcome of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// 2xx: the receiver accepted the webhook.
    Succeeded { status: u16 },
    /// Any other status. Redirects are not followed.
    Failed {
        status: u16,
        /// The delay of `Retry-After`, without an upper limit.
        retry_after: Option<Duration>,
    },
    /// 410: the receiver wants no more webhooks.
    Disabled,
    /// The URL is refused; nothing was sent.
    Refused(DestinationRefusal),
    /// No response, for a reason other than a timeout.
    Unreachable(UnreachableCause),
    /// No response in time.
    TimedOut,
}

/// Why the receiver could not be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnreachableCause {
    /// The host's name has no public address. A name without any address and a name with private addresses have the same
    /// cause, so that deliveries do not reveal the host names of an internal network.
    NoPublicAddress,
    /// The host refused the connection.
    ConnectionRefused,
    /// No address accepted the connection, for another reason.
    Connection,
    /// The certificate is not valid for this host at this time, or no trusted root certifies it.
    Certificate,
    /// The TLS handshake failed for another reason.
    Tls,
    /// The connection ended, or the size limit was reached, before the head of the response was complete.
    Closed,
    /// The response is not HTTP/1.0 or HTTP/1.1, or has too many or too long headers.
    Http,
}

/// An outcome and its latency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptReport {
    pub outcome: AttemptOutcome,
    /// From the start, including the name resolution, to the head of the response or to the failure.
    pub latency: Duration,
}

impl AttemptOutcome {
    /// The outcome of a response whose head was received at `now`.
    pub(crate) fn from_head(head: &Parts, now: Timestamp) -> Self {
        let status = head.status.as_u16();
        match status {
            200..300 => Self::Succeeded { status },
            410 => Self::Disabled,
            _ => {
                let retry_after = head.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
                Self::Failed {
                    status,
                    retry_after: retry_after.and_then(|text| retry_after::parse(text, now)),
                }
            }
        }
    }

    /// The status of the response, if there was one.
    pub const fn status(self) -> Option<u16> {
        match self {
            Self::Succeeded { status } | Self::Failed { status, .. } => Some(status),
            Self::Disabled => Some(410),
            Self::Refused(_) | Self::Unreachable(_) | Self::TimedOut => None,
        }
    }

    /// A short name for the log and for `error`.
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

    /// The `error` of the delivery: why the attempt failed. `None` if it succeeded.
    pub const fn error(self) -> Option<&'static str> {
        match self {
            Self::Succeeded { .. } => None,
            Self::Failed { .. } => Some("http_status"),
            Self::Unreachable(cause) => Some(cause.name()),
            Self::Disabled | Self::Refused(_) | Self::TimedOut => Some(self.name()),
        }
    }
}

impl UnreachableCause {
    /// A short name, which account owners see.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoPublicAddress => "no_public_address",
            Self::ConnectionRefused => "connection_refused",
            Self::Connection => "connection_failed",
            Self::Certificate => "certificate",
            Self::Tls => "tls",
            Self::Closed => "connection_closed",
            Self::Http => "invalid_response",
        }
    }
}

impl From<DestinationRefusal> for AttemptOutcome {
    fn from(refusal: DestinationRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<UnreachableCause> for AttemptOutcome {
    fn from(cause: UnreachableCause) -> Self {
        Self::Unreachable(cause)
    }
}

#[cfg(test)]
mod tests {
    use http::Response;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_718_893_355_000_000);

    fn outcome(status: u16, retry_after: Option<&str>) -> AttemptOutcome {
        let mut response = Response::builder().status(status);
        if let Some(value) = retry_after {
            response = response.header(RETRY_AFTER, value);
        }
        AttemptOutcome::from_head(&response.body(()).unwrap().into_parts().0, NOW)
    }

    #[test]
    fn status_2xx_succeeds_410_disables_and_every_other_status_fails() {
        for status in [200, 201, 204, 299] {
            assert_eq!(outcome(status, Some("5")), AttemptOutcome::Succeeded { status });
        }
        assert_eq!(outcome(410, Some("5")), AttemptOutcome::Disabled);
        for status in [101, 300, 301, 307, 308, 399, 400, 404, 429, 500, 503, 599, 999] {
            assert_eq!(outcome(status, None), AttemptOutcome::Failed { status, retry_after: None });
        }
    }

    #[test]
    fn a_failure_carries_the_delay_of_retry_after() {
        let delay = Some(Duration::from_secs(120));
        assert_eq!(outcome(503, Some("120")), AttemptOutcome::Failed { status: 503, retry_after: delay });
        assert_eq!(outcome(429, Some("soon")), AttemptOutcome::Failed { status: 429, retry_after: None });
    }

    #[test]
    fn a_failure_says_why_and_a_success_has_no_error() {
        let refused = AttemptOutcome::Unreachable(UnreachableCause::ConnectionRefused);
        assert_eq!(outcome(500, None).error(), Some("http_status"));
        assert_eq!(outcome(410, None).error(), Some("disabled"));
        assert_eq!(refused.error(), Some("connection_refused"));
        assert_eq!(AttemptOutcome::TimedOut.error(), Some("timed_out"));
        assert_eq!(AttemptOutcome::Refused(DestinationRefusal::Port).error(), Some("refused"));
        assert_eq!(outcome(200, None).error(), None);
    }
}
