//! What a handler answers.

use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use lambda_http::{Body, Response};
use serde::Serialize;

/// The name of the header that carries the request's name.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A status, headers and a body.
#[derive(Debug)]
pub struct Answer {
    pub(crate) status: StatusCode,
    headers: Vec<(HeaderName, String)>,
    body: String,
}

impl Answer {
    /// 200 with a JSON body.
    pub fn json(body: &impl Serialize) -> Self {
        Self::with_status(StatusCode::OK, "application/json", serde_json::to_string(body).unwrap_or_default())
    }

    pub(crate) fn with_status(status: StatusCode, content_type: &str, body: String) -> Self {
        Self { status, headers: vec![(CONTENT_TYPE, content_type.to_owned())], body }
    }

    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn into_response(self, request_id: &str) -> Response<Body> {
        let mut response = Response::new(Body::Text(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        let id = (X_REQUEST_ID, request_id.to_owned());
        for (name, value) in self.headers.into_iter().chain([id]) {
            // A value that is no header would be a bug here; it is left out rather than failing the answer.
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.append(name, value);
            }
        }
        response
    }
}
