//! Refusals of the local service itself, in the API's error envelope. Some have a reason that the API has as well.

use std::borrow::Cow;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use custodian_app::Failure;
use custodian_domain::Reason;
use custodian_http::request_id::new_request_id;
use serde_json::json;

pub(crate) struct LocalRefusal {
    status: StatusCode,
    class: &'static str,
    reason: &'static str,
    message: Cow<'static, str>,
}

impl LocalRefusal {
    pub(crate) const INVALID_HOST: Self = Self {
        status: StatusCode::BAD_REQUEST,
        class: "INVALID_ARGUMENT",
        reason: "INVALID_HOST",
        message: Cow::Borrowed("A request must have exactly one valid Host header."),
    };
    pub(crate) const HOST_NOT_ALLOWED: Self = Self {
        status: StatusCode::MISDIRECTED_REQUEST,
        class: "FAILED_PRECONDITION",
        reason: "HOST_NOT_ALLOWED",
        message: Cow::Borrowed(
            "The local service responds to localhost and to loopback addresses, with its port. Start it with --allow-host to allow another host.",
        ),
    };
    pub(crate) const ORIGIN_NOT_ALLOWED: Self = Self {
        status: StatusCode::FORBIDDEN,
        class: "PERMISSION_DENIED",
        reason: "ORIGIN_NOT_ALLOWED",
        message: Cow::Borrowed(
            "A page of another origin cannot open the pages of the local service and the routes under /_local/.",
        ),
    };

    /// A refusal for a reason that the API has as well.
    pub(crate) fn new(reason: Reason, message: impl Into<Cow<'static, str>>) -> Self {
        let class = reason.class();
        let status = StatusCode::from_u16(class.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, class: class.name, reason: reason.key(), message: message.into() }
    }
}

impl From<Reason> for LocalRefusal {
    fn from(reason: Reason) -> Self {
        Self::new(reason, reason.message())
    }
}

impl From<Failure> for LocalRefusal {
    fn from(failure: Failure) -> Self {
        Self::new(Reason::ServiceUnavailable, failure.to_string())
    }
}

impl IntoResponse for LocalRefusal {
    fn into_response(self) -> Response {
        let mut random = [0; 16];
        custodian_runtime::providers().entropy.fill(&mut random);
        let request_id = new_request_id(random);
        let error = json!({
            "status": self.class, "reason": self.reason, "message": self.message, "request_id": request_id,
        });
        (self.status, [("x-request-id", request_id)], Json(json!({ "error": error }))).into_response()
    }
}
