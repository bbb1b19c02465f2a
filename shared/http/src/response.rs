//! The response of a handler.

use custodian_domain::CustomerId;
use custodian_views::Versioned;
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName, HeaderValue,
    LOCATION, REFERRER_POLICY, RETRY_AFTER, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use lambda_http::Body;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The header with the request id.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The value of `Strict-Transport-Security` on every response. Browsers ignore it on responses over HTTP.
pub const ONLY_HTTPS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

/// The entity tag of a version.
pub(crate) fn etag(version: u64) -> String {
    format!("\"{version}\"")
}

/// A status, headers and a body.
#[derive(Debug)]
pub struct Response {
    pub(crate) status: StatusCode,
    headers: Vec<(HeaderName, String)>,
    body: String,
    /// Bytes in place of the text, such as a compressed file of the program. A stored response never has them.
    bytes: Option<&'static [u8]>,
    /// The account that the body is about, if the handler named one. Otherwise, a stored response belongs to the caller's account.
    pub(crate) about_customer: Option<CustomerId>,
}

impl Response {
    /// 200 with a JSON body.
    pub fn json(body: &impl Serialize) -> Self {
        Self::with_status(StatusCode::OK, "application/json", serde_json::to_string(body).unwrap_or_default())
    }

    /// 204 without a body.
    pub fn empty() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            headers: Vec::new(),
            body: String::new(),
            bytes: None,
            about_customer: None,
        }
    }

    /// 200 with an HTML page.
    pub fn html(page: String) -> Self {
        Self::with_status(StatusCode::OK, "text/html; charset=utf-8", page)
    }

    /// 200 with a text of another type, such as a style sheet.
    pub fn text(content_type: &str, text: String) -> Self {
        Self::with_status(StatusCode::OK, content_type, text)
    }

    /// 200 with bytes that are part of the program.
    pub fn embedded(content_type: &str, bytes: &'static [u8]) -> Self {
        Self { bytes: Some(bytes), ..Self::with_status(StatusCode::OK, content_type, String::new()) }
    }

    /// 303 to a URL, without a body.
    pub fn redirect(location: impl Into<String>) -> Self {
        Self::with_status(StatusCode::SEE_OTHER, "text/html; charset=utf-8", String::new())
            .header(LOCATION, location)
            .header(REFERRER_POLICY, "no-referrer")
    }

    /// 200 with a row, and its version as `ETag`.
    pub fn row<T: Serialize + Versioned>(row: &T) -> Self {
        let response = Self::json(row).header(ETAG, etag(row.version()));
        Self { about_customer: Some(row.account()), ..response }
    }

    /// 200 with a file that a browser saves.
    pub fn file(content_type: &str, name: &str, content: String) -> Self {
        Self::with_status(StatusCode::OK, content_type, content)
            .header(CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))
    }

    /// Adds `Retry-After`. `seconds` is `None` if the state is final, so another request would be of no use.
    #[must_use]
    pub fn retry_after(self, seconds: Option<u64>) -> Self {
        match seconds {
            Some(seconds) => self.header(RETRY_AFTER, seconds.to_string()),
            None => self,
        }
    }

    /// Replaces the status.
    #[must_use]
    pub fn status(self, code: u16) -> Self {
        Self { status: StatusCode::from_u16(code).unwrap_or(self.status), ..self }
    }

    /// Serialises the response for the idempotency record: a line with the status and the headers, and the body as it is. A JSON
    /// string would escape every quote of the body.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (name.as_str(), value)).collect();
        let head = json!({ "status": self.status.as_u16(), "headers": headers });
        format!("{head}\n{}", self.body).into_bytes()
    }

    /// Reads a serialised response. Earlier versions stored the body in the first line.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Stored {
            status: u16,
            headers: Vec<(String, String)>,
            body: Option<String>,
        }
        let (head, body) = match bytes.iter().position(|byte| *byte == b'\n') {
            Some(end) => (bytes.get(..end)?, bytes.get(end + 1..)?),
            None => (bytes, &[][..]),
        };
        let stored: Stored = serde_json::from_slice(head).ok()?;
        let body = match stored.body {
            Some(body) => body,
            None => String::from_utf8(body.to_vec()).ok()?,
        };
        let header = |(name, value): (String, String)| Some((HeaderName::try_from(name).ok()?, value));
        Some(Self {
            status: StatusCode::from_u16(stored.status).ok()?,
            headers: stored.headers.into_iter().filter_map(header).collect(),
            body,
            bytes: None,
            about_customer: None,
        })
    }

    pub(crate) fn with_status(status: StatusCode, content_type: &str, body: String) -> Self {
        let headers = vec![(CONTENT_TYPE, content_type.to_owned())];
        Self { status, headers, body, bytes: None, about_customer: None }
    }

    #[must_use]
    pub fn header(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) const fn body_bytes(&self) -> u64 {
        match self.bytes {
            Some(bytes) => bytes.len() as u64,
            None => self.body.len() as u64,
        }
    }

    /// The entity tag of the row.
    pub(crate) fn etag(&self) -> Option<&str> {
        self.headers.iter().find(|(name, _)| *name == ETAG).map(|(_, value)| value.as_str())
    }

    /// 304, which keeps only the entity tag.
    #[must_use]
    pub(crate) fn not_modified(mut self) -> Self {
        self.headers.retain(|(name, _)| *name == ETAG);
        Self { status: StatusCode::NOT_MODIFIED, body: String::new(), bytes: None, ..self }
    }

    /// The response to HEAD: the headers of the response to GET, without its body.
    #[must_use]
    pub(crate) fn without_body(mut self) -> Self {
        let length = self.body_bytes();
        (self.body, self.bytes) = (String::new(), None);
        if self.status == StatusCode::NOT_MODIFIED {
            self
        } else {
            self.header(CONTENT_LENGTH, length.to_string())
        }
    }

    pub(crate) fn into_response(self, request_id: &str) -> lambda_http::Response<Body> {
        let body = match self.bytes {
            Some(bytes) => Body::Binary(bytes.to_vec()),
            None => Body::Text(self.body),
        };
        let mut response = lambda_http::Response::new(body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(STRICT_TRANSPORT_SECURITY, ONLY_HTTPS);
        let id = (X_REQUEST_ID, request_id.to_owned());
        for (name, value) in self.headers.into_iter().chain([id]) {
            // An invalid value is a bug. Omit the header, so that the caller still gets the response.
            match HeaderValue::try_from(value) {
                Ok(value) if name == CACHE_CONTROL => _ = headers.insert(name, value),
                Ok(value) => _ = headers.append(name, value),
                Err(_) => {}
            }
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_response_is_read_as_it_was_sent_also_if_an_earlier_version_stored_it() {
        let sent = Response::json(&json!({ "text": "a \"quote\"\nand a line" })).header(ETAG, "\"1\"");
        let earlier = json!({
            "status": 200, "headers": [["content-type", "application/json"], ["etag", "\"1\""]], "body": sent.body,
        });
        for stored in [sent.to_bytes(), earlier.to_string().into_bytes()] {
            let read = Response::from_bytes(&stored).unwrap();
            assert_eq!((read.status, &read.headers, &read.body), (sent.status, &sent.headers, &sent.body));
        }
        assert!(sent.to_bytes().len() < sent.body.len() + 100);
        let empty = Response::from_bytes(&Response::empty().to_bytes()).unwrap();
        assert_eq!((empty.status, empty.body.as_str()), (StatusCode::NO_CONTENT, ""));
    }
}
