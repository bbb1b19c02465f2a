//! A request as a handler sees it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use custodian_domain::{Reason, Refusal, fields, ids};
use http::Method;
use http::header::{
    ACCEPT, ACCESS_CONTROL_REQUEST_METHOD, CONTENT_TYPE, COOKIE, HeaderMap, IF_MATCH, ORIGIN,
};

use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::answer::etag;

/// Bodies above this are refused.
pub const MAX_BODY: usize = 64 * 1024;

/// What a request says, with its query decoded; the path's parameters were decoded by the gateway.
#[derive(Debug)]
pub struct Call {
    pub request_id: String,
    /// The caller's network address as the gateway saw it; no header can pretend another.
    pub address: String,
    method: Method,
    headers: HeaderMap,
    cookies: Vec<String>,
    query: Vec<(String, String)>,
    path: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Call {
    /// Reads the gateway's event (payload format 2.0). It is read here and not by `lambda_http`, which goes through a
    /// URL and panics where the host, the path or the query does not make one. `fresh_id` names the request if the
    /// caller did not.
    pub fn new(event: ApiGatewayV2httpRequest, fresh_id: String) -> Self {
        let query = event.raw_query_string.unwrap_or_default();
        let named = event.headers.get("x-request-id").and_then(|value| value.to_str().ok());
        Self {
            request_id: named.filter(|id| is_request_id(id)).map_or(fresh_id, str::to_owned),
            address: event.request_context.http.source_ip.unwrap_or_default(),
            method: event.request_context.http.method,
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            path: event.path_parameters.into_iter().collect(),
            cookies: event.cookies.unwrap_or_default(),
            body: match event.body {
                // What is no base 64 is no JSON either, and is refused as such.
                Some(text) if event.is_base64_encoded => STANDARD.decode(&text).unwrap_or(text.into_bytes()),
                text => text.unwrap_or_default().into_bytes(),
            },
            headers: event.headers,
        }
    }

    /// A header's text, in ASCII or not: a condition that nobody can meet is not the same as none.
    pub fn header(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
    }

    /// Whether a browser asks what a page of another origin may send.
    pub fn is_preflight(&self) -> bool {
        let named = |name| self.headers.contains_key(name);
        self.method == Method::OPTIONS && named(ORIGIN) && named(ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// The first value of a query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A cookie's value.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let lines = self.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let lines = self.cookies.iter().map(String::as_str).chain(lines);
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
        pairs
            .map(|(key, value)| (key.trim(), value.trim()))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// The id in the path.
    pub fn id(&self) -> Result<Uuid, Refusal> {
        let text = self.path.iter().find(|(name, _)| name == "id").map(|(_, value)| value.as_str());
        text.and_then(ids::parse).ok_or_else(|| Reason::InvalidId.into())
    }

    /// Whether the route names a row, by an id or by what should be one.
    pub(crate) fn names_a_row(&self) -> bool {
        self.path.iter().any(|(name, _)| name == "id")
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// The values of the path's parameters, as one text.
    pub(crate) fn path_key(&self) -> String {
        self.path.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join("/")
    }

    /// Whether `If-Match` names this version; `None` if it is not there.
    pub(crate) fn if_match(&self, version: u64) -> Option<bool> {
        let wanted = self.header(IF_MATCH)?;
        let tag = etag(version);
        Some(wanted.split(',').map(str::trim).any(|given| given == "*" || given == tag))
    }

    pub(crate) fn is_too_large(&self) -> bool {
        self.body.len() > MAX_BODY
    }

    /// The body as a JSON object.
    pub fn json(&self) -> Result<Map<String, Value>, Refusal> {
        if !self.body.is_empty() && !self.declares("application/json") {
            return Err(Reason::UnsupportedMediaType.into());
        }
        let value: Value = serde_json::from_slice(&self.body).map_err(|_| Reason::InvalidJsonBody)?;
        match value {
            deep if fields::too_deep(&deep) => Err(Reason::InvalidJsonBody.into()),
            Value::Object(map) => Ok(map),
            _ => Err(Reason::InvalidJsonBody.into()),
        }
    }

    /// Whether this is a page's form, sent by a person with a browser, who is answered with a page.
    pub fn is_form(&self) -> bool {
        self.declares("application/x-www-form-urlencoded")
    }

    /// The fields of a JSON object or of a page's form.
    pub fn json_or_form(&self) -> Result<Map<String, Value>, Refusal> {
        if !self.is_form() {
            return self.json();
        }
        let fields = url::form_urlencoded::parse(&self.body);
        Ok(fields.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect())
    }

    fn declares(&self, wanted: &str) -> bool {
        let declared = self.header(CONTENT_TYPE).unwrap_or_default();
        declared.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(wanted)
    }

    pub(crate) fn wants_problem_json(&self) -> bool {
        self.header(ACCEPT).is_some_and(|accept| accept.split(',').any(accepts_problem))
    }
}

/// Whether a range of media types is that of RFC 9457, and not with a weight of zero.
fn accepts_problem(range: &str) -> bool {
    let mut parts = range.split(';').map(|part| part.trim().to_ascii_lowercase());
    let is_refused = |parameter: String| {
        parameter.strip_prefix("q=").is_some_and(|weight| weight.parse::<f32>() == Ok(0.0))
    };
    parts.next().as_deref() == Some("application/problem+json") && !parts.any(is_refused)
}

/// What a caller may name a request: 1 to 64 letters, digits, `_` or `-`.
fn is_request_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// A name for a request: `req_` and 26 letters of base 32.
pub fn fresh_request_id(random: [u8; 16]) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let bits = u128::from_be_bytes(random);
    let letters = (0..26).map(|place| char::from(LETTERS[(bits >> (place * 5)) as usize % 32]));
    format!("req_{}", letters.collect::<String>())
}
