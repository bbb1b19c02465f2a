//! Error responses: the JSON envelope of VoIPBIN's API, problem details (RFC 9457) or an HTML page.

use custodian_app::Failure;
use custodian_app::context::Brand;
use custodian_domain::{ExceededRateLimit, Reason, Refusal};
use http::StatusCode;
use http::header::{HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::{Map, Value, json};

use crate::Request;
use crate::credential;
use crate::pages;
use crate::response::Response;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const RATE_LIMIT_REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The format of an error response.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ErrorFormat<'a> {
    Envelope,
    ProblemDetails,
    /// A page. The path of the route, with its placeholders, selects its texts and its link.
    Page {
        brand: &'a Brand,
        path: &'a str,
    },
}

impl ErrorFormat<'_> {
    pub(crate) fn of(request: &Request) -> Self {
        if request.wants_problem_json() { Self::ProblemDetails } else { Self::Envelope }
    }
}

/// The response to a failure. Logs the cause of a failed dependency, and does not send it to the caller.
pub(crate) fn response(failure: &Failure, request: &Request, format: ErrorFormat<'_>) -> Response {
    match failure {
        Failure::Refused(refusal) => {
            let response = render(refusal, request, format);
            let Some(seconds) = refusal.retry_after else { return response };
            let response = response.header(RETRY_AFTER, seconds.to_string());
            match refusal.rate_limit {
                Some(exceeded) => rate_limit_headers(response, exceeded, seconds),
                None => response,
            }
        }
        Failure::Unavailable { what, cause } => {
            tracing::error!(dependency = what, cause, "dependency failed");
            render(&Reason::ServiceUnavailable.into(), request, format).header(RETRY_AFTER, "1")
        }
    }
}

/// The fields of draft-ietf-httpapi-ratelimit-headers-06. When a window refuses a request, it has no quota left.
fn rate_limit_headers(response: Response, exceeded: ExceededRateLimit, reset: u64) -> Response {
    let ExceededRateLimit { max, window } = exceeded;
    response
        .header(RATE_LIMIT, max.to_string())
        .header(RATE_LIMIT_REMAINING, "0")
        .header(RATE_LIMIT_RESET, reset.to_string())
        .header(RATE_LIMIT_POLICY, format!("{max};w={window}"))
}

pub(crate) fn render(refusal: &Refusal, request: &Request, format: ErrorFormat<'_>) -> Response {
    let response = render_body(refusal, request, format);
    match refusal.reason.class().code {
        401 => response.header(WWW_AUTHENTICATE, challenge(refusal.reason, request)),
        _ => response,
    }
}

/// The challenge of a 401 (RFC 6750). A request without a credential gets no error code.
fn challenge(reason: Reason, request: &Request) -> &'static str {
    match reason {
        Reason::InvalidCredentials if credential::find(request).is_some() => {
            r#"Bearer realm="api", error="invalid_token""#
        }
        _ => r#"Bearer realm="api""#,
    }
}

fn render_body(refusal: &Refusal, request: &Request, format: ErrorFormat<'_>) -> Response {
    let class = refusal.reason.class();
    let status = StatusCode::from_u16(class.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match format {
        ErrorFormat::Envelope => {
            let body = json!({ "error": envelope(refusal, request) });
            Response::with_status(status, "application/json", body.to_string())
        }
        ErrorFormat::ProblemDetails => {
            let body = problem(refusal, request, status);
            Response::with_status(status, "application/problem+json", body.to_string())
        }
        ErrorFormat::Page { brand, path } => pages::error(brand, path, status, refusal),
    }
}

fn envelope(refusal: &Refusal, request: &Request) -> Map<String, Value> {
    let reason = refusal.reason;
    let mut error = Map::from_iter([
        ("status".to_owned(), json!(reason.class().name)),
        ("reason".to_owned(), json!(reason.key())),
        ("message".to_owned(), json!(refusal.message())),
        ("request_id".to_owned(), json!(request.request_id)),
    ]);
    if !refusal.details.is_empty() {
        error.insert("details".to_owned(), json!(refusal.details));
    }
    error
}

fn problem(refusal: &Refusal, request: &Request, status: StatusCode) -> Value {
    let reason = refusal.reason;
    let mut problem = json!({
        "type": "about:blank", "title": status.canonical_reason(), "status": status.as_u16(),
        "detail": refusal.message(), "reason": reason.key(), "request_id": request.request_id,
    });
    if !refusal.details.is_empty() {
        problem["details"] = json!(refusal.details);
    }
    problem
}
