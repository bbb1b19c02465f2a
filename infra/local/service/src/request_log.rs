//! The line of a request in a log of text. It has the path without its query, and no header and no body, because these contain
//! tokens and passwords.

use std::borrow::Cow;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{Response, StatusCode};
use axum::middleware::Next;
use custodian_app::Clock;
use custodian_runtime::SystemClock;
use serde_json::Value;
use tracing::Level;

/// The target of these lines. Their level is debug, so that the tests, which capture from level info, see only the line "request
/// completed" of the function. The default filter in `log.rs` permits this target for text and not for JSON.
pub(crate) const TARGET: &str = "custodian_local::request_log";

/// More than the limit of Lambda for a response.
const MAX_ERROR_BYTES: usize = 10 * 1024 * 1024;

/// Logs a request and the reason of its refusal.
pub(crate) async fn log_request(request: Request, next: Next) -> Response<Body> {
    if !tracing::enabled!(target: TARGET, Level::DEBUG) {
        return next.run(request).await;
    }
    let (method, path) = (request.method().clone(), shown_path(request.uri().path()).into_owned());
    let started = SystemClock.now();
    let (response, reason) = with_reason(next.run(request).await).await;
    // A tenth of a millisecond is precise enough for a person.
    let millis = SystemClock.now().since(started).as_secs_f64() * 1000.0;
    let (status, space) = (response.status().as_u16(), if reason.is_empty() { "" } else { " " });
    tracing::debug!(target: TARGET, "{method} {path} {status}{space}{reason} {millis:.1} ms");
    response
}

/// The path without the signature of a link to an export.
fn shown_path(path: &str) -> Cow<'_, str> {
    match path.strip_prefix("/_local/exports/") {
        Some(_) => Cow::Borrowed("/_local/exports/…"),
        None if path.is_ascii() => Cow::Borrowed(path),
        None => Cow::Owned(path.escape_debug().to_string()),
    }
}

/// The response, and the reason in the body of an error.
async fn with_reason(response: Response<Body>) -> (Response<Body>, String) {
    let is_json = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("json"));
    if response.status() < StatusCode::BAD_REQUEST || !is_json {
        return (response, String::new());
    }
    let (parts, body) = response.into_parts();
    // All responses are in memory already.
    let body: Bytes = to_bytes(body, MAX_ERROR_BYTES).await.unwrap_or_default();
    let error: Value = serde_json::from_slice(&body).unwrap_or_default();
    let reason = error["error"]["reason"].as_str().or_else(|| error["reason"].as_str());
    let reason = reason.unwrap_or_default().to_owned();
    (Response::from_parts(parts, body.into()), reason)
}

#[cfg(test)]
mod tests {
    use super::shown_path;

    #[test]
    fn the_path_has_no_signature_and_no_control_characters() {
        assert_eq!(shown_path("/v1.0/tags/1"), "/v1.0/tags/1");
        assert_eq!(shown_path("/_local/exports/a/b/1/secret"), "/_local/exports/…");
        assert!(!shown_path("/a\u{9b}31m").contains('\u{9b}'));
    }
}
