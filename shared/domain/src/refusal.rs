//! A refusal of a request: its reason, and what details the response names.

use std::collections::BTreeMap;

use crate::caller_message::CallerMessage;
use crate::field_problem::FieldProblem;
use crate::reason::Reason;

/// An entry of `details` in the error envelope.
pub type Detail = BTreeMap<&'static str, String>;

/// A refusal: the reason and its details.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: Reason,
    pub details: Vec<Detail>,
    /// The number of seconds after which a retry can succeed.
    pub retry_after: Option<u64>,
    /// The rate limit that refused the request.
    pub rate_limit: Option<ExceededRateLimit>,
    /// A message for this caller, instead of the reason's own.
    pub caller_message: Option<CallerMessage>,
}

/// A rate limit whose window is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExceededRateLimit {
    /// How much the window permits.
    pub max: u64,
    /// The length of the window in seconds.
    pub window: u64,
}

impl Refusal {
    pub const fn with_details(reason: Reason, details: Vec<Detail>) -> Self {
        Self { reason, details, retry_after: None, rate_limit: None, caller_message: None }
    }

    /// A refusal with a message for this caller.
    pub fn with_message(message: CallerMessage) -> Self {
        Self { caller_message: Some(message), ..Self::with_details(message.reason(), Vec::new()) }
    }

    pub fn message(&self) -> &'static str {
        self.caller_message.map_or(self.reason.message(), CallerMessage::message)
    }

    /// A refusal by a rate limit whose window ends in `seconds`.
    pub fn rate_limited(exceeded: ExceededRateLimit, seconds: u64) -> Self {
        Self {
            retry_after: Some(seconds.max(1)),
            rate_limit: Some(exceeded),
            ..Reason::RateLimitExceeded.into()
        }
    }

    /// A refusal that names one field or parameter.
    pub fn field(reason: Reason, field: impl Into<String>, problem: FieldProblem) -> Self {
        Self::with_details(reason, vec![field_violation(field, problem)])
    }
}

/// An entry of `details` that names an invalid field.
pub fn field_violation(field: impl Into<String>, problem: FieldProblem) -> Detail {
    BTreeMap::from([("field", field.into()), ("description", problem.to_string())])
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::with_details(reason, Vec::new())
    }
}
