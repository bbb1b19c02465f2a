//! How a failure is told: the production system's envelope, or the same facts as RFC 9457.

use custodian_app::Failure;
use custodian_domain::reason::Detail;
use custodian_domain::{Reason, Refusal};
use http::StatusCode;
use http::header::RETRY_AFTER;
use serde_json::{Map, Value, json};

use crate::Call;
use crate::answer::Answer;
use crate::html;

/// In which form a caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Envelope,
    Problem,
    Page,
}

impl Form {
    pub(crate) fn of(call: &Call) -> Self {
        if call.wants_problem_json() { Self::Problem } else { Self::Envelope }
    }
}

/// The answer to a failure. The cause of an unavailability goes to the log and not to the caller.
pub(crate) fn answer(failure: &Failure, call: &Call, form: Form) -> Answer {
    match failure {
        Failure::Refused(refusal) => match refusal.retry_after {
            Some(seconds) => render(refusal, call, form).header(RETRY_AFTER, seconds.to_string()),
            None => render(refusal, call, form),
        },
        Failure::Unavailable { what, cause } => {
            tracing::error!(what, cause, "a dependency failed");
            render(&Reason::ServiceUnavailable.into(), call, form).header(RETRY_AFTER, "1")
        }
    }
}

pub(crate) fn render(refusal: &Refusal, call: &Call, form: Form) -> Answer {
    let class = refusal.reason.class();
    let status = StatusCode::from_u16(class.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match form {
        Form::Envelope => {
            let body = json!({ "error": envelope(refusal, call) });
            Answer::with_status(status, "application/json", body.to_string())
        }
        Form::Problem => {
            let body = problem(refusal, call, status);
            Answer::with_status(status, "application/problem+json", body.to_string())
        }
        Form::Page => html::message(status, "This did not work", &words(refusal)),
    }
}

/// What a person with a browser is told: what is wrong, and what helps.
fn words(refusal: &Refusal) -> String {
    let fault =
        |detail: &Detail| Some(format!("The {} {}.", detail.get("field")?, detail.get("description")?));
    let mut told: Vec<_> = refusal.details.iter().filter_map(fault).collect();
    told.push(match refusal.reason {
        Reason::InvalidArgument => "Go back to the page before to correct it.".to_owned(),
        Reason::InvalidToken => {
            "This link is unknown, was used or has ended. Use that of the newest mail, or ask for another one.".to_owned()
        }
        other => other.message().to_owned(),
    });
    told.join(" ")
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

fn problem(refusal: &Refusal, call: &Call, status: StatusCode) -> Value {
    let reason = refusal.reason;
    let mut problem = json!({
        "type": "about:blank", "title": status.canonical_reason(), "status": status.as_u16(),
        "detail": reason.message(), "reason": reason.key(), "request_id": call.request_id,
    });
    if !refusal.details.is_empty() {
        problem["details"] = json!(refusal.details);
    }
    problem
}
