//! What a handler answers.

use custodian_domain::CustomerId;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use lambda_http::{Body, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The name of the header that carries the request's name.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A view of a row that tells its version, and whose it is.
pub trait Versioned {
    fn version(&self) -> u64;

    /// The account that the row is of, or itself is.
    fn account(&self) -> CustomerId;
}

/// The entity tag of a version.
pub(crate) fn etag(version: u64) -> String {
    format!("\"{version}\"")
}

/// A status, headers and a body.
#[derive(Debug)]
pub struct Answer {
    pub(crate) status: StatusCode,
    headers: Vec<(HeaderName, String)>,
    body: String,
    /// The account whose row this is.
    pub(crate) tells_of: Option<CustomerId>,
}

impl Answer {
    /// 200 with a JSON body.
    pub fn json(body: &impl Serialize) -> Self {
        Self::with_status(StatusCode::OK, "application/json", serde_json::to_string(body).unwrap_or_default())
    }

    /// 204: all that there is to say is in the headers.
    pub fn empty() -> Self {
        Self { status: StatusCode::NO_CONTENT, headers: Vec::new(), body: String::new(), tells_of: None }
    }

    /// 200 with a row, and its version as `ETag`.
    pub fn row<T: Serialize + Versioned>(row: &T) -> Self {
        let answer = Self::json(row).header(ETAG, etag(row.version()));
        Self { tells_of: Some(row.account()), ..answer }
    }

    /// The same answer with another status.
    #[must_use]
    pub fn status(self, code: u16) -> Self {
        Self { status: StatusCode::from_u16(code).unwrap_or(self.status), ..self }
    }

    /// The answer as bytes, to be kept.
    pub(crate) fn frozen(&self) -> Vec<u8> {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (name.as_str(), value)).collect();
        json!({ "status": self.status.as_u16(), "headers": headers, "body": self.body })
            .to_string()
            .into_bytes()
    }

    /// An answer that was kept.
    pub(crate) fn thawed(bytes: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Frozen {
            status: u16,
            headers: Vec<(String, String)>,
            body: String,
        }
        let frozen: Frozen = serde_json::from_slice(bytes).ok()?;
        let header = |(name, value): (String, String)| Some((HeaderName::try_from(name).ok()?, value));
        Some(Self {
            status: StatusCode::from_u16(frozen.status).ok()?,
            headers: frozen.headers.into_iter().filter_map(header).collect(),
            body: frozen.body,
            tells_of: None,
        })
    }

    pub(crate) fn with_status(status: StatusCode, content_type: &str, body: String) -> Self {
        Self { status, headers: vec![(CONTENT_TYPE, content_type.to_owned())], body, tells_of: None }
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
