//! How a failure is told: the production system's envelope, or the same facts as RFC 9457.

use custodian_app::Failure;
use custodian_domain::{Reason, Refusal};
use http::StatusCode;
use http::header::RETRY_AFTER;
use serde_json::{Map, Value, json};

use crate::Call;
use crate::answer::Answer;

/// The answer to a failure. The cause of an unavailability goes to the log and not to the caller.
pub(crate) fn answer(failure: &Failure, call: &Call) -> Answer {
    match failure {
        Failure::Refused(refusal) => render(refusal, call),
        Failure::Unavailable { what, cause } => {
            tracing::error!(what, cause, "a dependency failed");
            render(&Reason::ServiceUnavailable.into(), call).header(RETRY_AFTER, "1")
        }
    }
}

pub(crate) fn render(refusal: &Refusal, call: &Call) -> Answer {
    let class = refusal.reason.class();
    let status = StatusCode::from_u16(class.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (content_type, body) = if call.wants_problem_json() {
        ("application/problem+json", problem(refusal, call))
    } else {
        ("application/json", json!({ "error": envelope(refusal, call) }))
    };
    Answer::with_status(status, content_type, body.to_string())
}

fn envelope(refusal: &Refusal, call: &Call) -> Map<String, Value> {
    let reason = refusal.reason;
    let mut error = Map::from_iter([
        ("status".to_owned(), json!(reason.class().name)),
        ("reason".to_owned(), json!(reason.key())),
        ("message".to_owned(), json!(reason.message())),
        ("request_id".to_owned(), json!(call.request_id)),
    ]);
    if !refusal.details.is_empty() {
        error.insert("details".to_owned(), json!(refusal.details));
    }
    error
}

fn problem(refusal: &Refusal, call: &Call) -> Value {
    let reason = refusal.reason;
    let mut problem = json!({
        "type": "about:blank", "title": reason.class().name, "status": reason.class().code,
        "detail": reason.message(), "reason": reason.key(), "request_id": call.request_id,
    });
    if !refusal.details.is_empty() {
        problem["details"] = json!(refusal.details);
    }
    problem
}
