//! The request to a handler.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use custodian_app::Settings;
use custodian_app::ports::Prefetch;
use custodian_domain::access_key::MadeKeys;
use custodian_domain::destination::DestinationRules;
use custodian_domain::own_address::OwnAddress;
use custodian_domain::{FieldProblem, Reason, Refusal, ids, json_depth, webhook};
use http::Method;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCESS_CONTROL_REQUEST_METHOD, CONTENT_TYPE, COOKIE, HeaderMap, IF_MATCH,
    IF_NONE_MATCH, ORIGIN, USER_AGENT,
};
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::accept::{accepts_html, accepts_problem, is_gzip};
use crate::request_id::is_request_id;
use crate::response::etag;
use crate::route::Route;

/// The maximum size of a body in bytes.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// A request. This module decodes the query; the gateway has already decoded the path parameters.
#[derive(Debug)]
pub struct Request {
    pub request_id: String,
    /// The IP address that connected to the gateway. Callers cannot forge it with a header.
    pub client_ip: String,
    method: Method,
    headers: HeaderMap,
    cookies: Vec<String>,
    query: Vec<(String, String)>,
    path: Vec<(String, String)>,
    body: Vec<u8>,
    /// The id of the gateway's API.
    api: Option<String>,
}

impl Request {
    /// Reads the gateway's event (payload format 2.0). It does not use the conversion of `lambda_http`, which panics if the
    /// host, the path or the query is invalid. `new_id` is the request id unless the caller sent a valid one.
    pub fn new(event: ApiGatewayV2httpRequest, new_id: String) -> Self {
        let query = event.raw_query_string.unwrap_or_default();
        let requested_id = event.headers.get("x-request-id").and_then(|value| value.to_str().ok());
        Self {
            request_id: requested_id.filter(|id| is_request_id(id)).map_or(new_id, str::to_owned),
            client_ip: event.request_context.http.source_ip.unwrap_or_default(),
            method: event.request_context.http.method,
            query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            path: event.path_parameters.into_iter().collect(),
            cookies: event.cookies.unwrap_or_default(),
            body: match event.body {
                // The gateway sends valid base64. The fallback keeps other text, and the parser of the body checks it.
                Some(text) if event.is_base64_encoded => STANDARD.decode(&text).unwrap_or(text.into_bytes()),
                text => text.unwrap_or_default().into_bytes(),
            },
            headers: event.headers,
            api: event.request_context.apiid,
        }
    }

    /// The destinations to which webhooks may be sent. In the template, a function with a route cannot refer to the API, because
    /// the API refers to the function. So the id of the API comes from the request.
    pub fn destinations(&self, settings: &Settings) -> DestinationRules {
        let mut destinations = settings.destinations.clone();
        destinations.own.extend(self.api.clone().map(OwnAddress::Api));
        destinations
    }

    /// Whether this request looks like a webhook of this service. Other senders use the same header for the id (Standard Webhooks).
    pub(crate) fn is_own_webhook(&self) -> bool {
        let agent = self.header(USER_AGENT).unwrap_or_default();
        self.headers.contains_key(webhook::ID_HEADER) || agent.starts_with(webhook::USER_AGENT)
    }

    /// The text of a header. It may be non-ASCII, so that a non-ASCII `If-Match` fails and is not ignored.
    pub fn header(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| std::str::from_utf8(value.as_bytes()).ok())
    }

    /// Whether this is a CORS preflight request.
    pub fn is_preflight(&self) -> bool {
        let has = |name| self.headers.contains_key(name);
        self.method == Method::OPTIONS && has(ORIGIN) && has(ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// The first value of a query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The names of the query parameters, in the order of the request.
    pub(crate) fn query_names(&self) -> Vec<&str> {
        self.query.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let lines = self.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let lines = self.cookies.iter().map(String::as_str).chain(lines);
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
        let mut pairs = pairs.map(|(key, value)| (key.trim(), value.trim()));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// The value of a path parameter.
    pub fn path_parameter(&self, name: &str) -> Option<&str> {
        self.path.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The id in the path.
    pub fn id(&self) -> Result<Uuid, Refusal> {
        self.path_id("id")
    }

    /// The id in a parameter of the path.
    pub fn path_id(&self, parameter: &str) -> Result<Uuid, Refusal> {
        self.path_parameter(parameter).and_then(ids::parse).ok_or_else(|| Reason::InvalidId.into())
    }

    /// What happens to the keys that the deleted or demoted agent or key made: the query parameter `keys`.
    pub fn made_keys(&self) -> Result<MadeKeys, Refusal> {
        MadeKeys::read(self.query("keys"))
    }

    /// Whether the caller only asks what would happen: the query parameter `dry_run`.
    pub fn is_dry_run(&self) -> Result<bool, Refusal> {
        let problem = FieldProblem::NotABoolean;
        let refused = || Refusal::field(Reason::InvalidRequestParameter, "dry_run", problem);
        self.query("dry_run").map_or(Ok(false), |text| text.parse().map_err(|_| refused()))
    }

    /// The prefetch of the row that the path names. If the id is malformed, nothing is prefetched and the target
    /// refuses the id.
    pub fn prefetch(&self, row: impl FnOnce(Uuid) -> Prefetch) -> Prefetch {
        self.id().map_or(Prefetch::None, row)
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// The values of the path's parameters, joined in the order of the parameters' names. The event has them in random order.
    pub(crate) fn path_values(&self) -> String {
        let mut parameters: Vec<_> = self.path.iter().collect();
        parameters.sort();
        parameters.into_iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join("/")
    }

    /// Whether `If-Match` names this version. `None` if the request has no `If-Match`, or one with `*`, which every version of an
    /// existing row matches.
    pub(crate) fn if_match(&self, version: u64) -> Option<bool> {
        let mut given = self.header(IF_MATCH)?.split(',').map(str::trim);
        if given.clone().any(|given| given == "*") {
            return None;
        }
        let tag = etag(version);
        Some(given.any(|given| given == tag))
    }

    /// Whether `If-None-Match` names this entity tag. The comparison is weak (RFC 9110): `W/"1"` names `"1"`.
    pub(crate) fn if_none_match(&self, tag: &str) -> bool {
        let condition = self.header(IF_NONE_MATCH).unwrap_or_default();
        let mut given = condition.split(',').map(str::trim);
        condition.trim() == "*" || given.any(|given| given.strip_prefix("W/").unwrap_or(given) == tag)
    }

    /// Whether the method is that of the route. HEAD requests use the routes of GET.
    pub(crate) fn has_method_of(&self, route: &Route) -> bool {
        route.is_default() || self.method == *route.method || (self.is_head() && route.is_read())
    }

    /// Whether the method is one for reading.
    pub(crate) fn is_read(&self) -> bool {
        matches!(self.method, Method::GET | Method::HEAD)
    }

    pub(crate) fn is_head(&self) -> bool {
        self.method == Method::HEAD
    }

    pub(crate) fn is_too_large(&self) -> bool {
        self.body.len() > MAX_BODY_BYTES
    }

    /// Refuses a body of another media type than JSON.
    pub(crate) fn require_json(&self) -> Result<(), Refusal> {
        if self.body.is_empty() || self.is_json() { Ok(()) } else { Err(Reason::UnsupportedMediaType.into()) }
    }

    /// Whether the media type of the body is that of JSON. Before a browser sends JSON to another site, it sends a preflight
    /// request (CORS).
    pub fn is_json(&self) -> bool {
        self.has_content_type("application/json")
    }

    /// The body as a JSON object.
    pub fn json(&self) -> Result<Map<String, Value>, Refusal> {
        self.require_json()?;
        self.json_of_any_media_type()
    }

    /// The body as a JSON object, with any media type. A page of another site can make a browser send such a body, so the
    /// response must not change what the browser stores.
    pub fn json_of_any_media_type(&self) -> Result<Map<String, Value>, Refusal> {
        let value: Value = serde_json::from_slice(&self.body).map_err(|_| Reason::InvalidJsonBody)?;
        match value {
            value if json_depth::is_too_deep(&value) => Err(Reason::InvalidJsonBody.into()),
            Value::Object(map) => Ok(map),
            _ => Err(Reason::InvalidJsonBody.into()),
        }
    }

    /// The body as a JSON object, or no fields if the request has no body.
    pub fn optional_json(&self) -> Result<Map<String, Value>, Refusal> {
        let is_missing = self.body.trim_ascii().is_empty() || self.body.trim_ascii() == b"null";
        if is_missing { Ok(Map::new()) } else { self.json() }
    }

    /// Whether the body is an HTML form. A browser sent it, so the response is a page or a redirect to one.
    pub fn is_form(&self) -> bool {
        self.has_content_type("application/x-www-form-urlencoded")
    }

    /// The fields of a JSON object or of a form.
    pub fn json_or_form(&self) -> Result<Map<String, Value>, Refusal> {
        if !self.is_form() {
            return self.json();
        }
        let fields = url::form_urlencoded::parse(&self.body);
        Ok(fields.map(|(name, value)| (name.into_owned(), Value::String(value.into_owned()))).collect())
    }

    fn has_content_type(&self, media_type: &str) -> bool {
        let content_type = self.header(CONTENT_TYPE).unwrap_or_default();
        content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(media_type)
    }

    /// Whether a browser opened the URL as a page.
    pub fn accepts_pages(&self) -> bool {
        self.header(ACCEPT).is_some_and(accepts_html)
    }

    /// Whether the response may be compressed with gzip.
    pub fn accepts_gzip(&self) -> bool {
        self.header(ACCEPT_ENCODING).is_some_and(|accepted| accepted.split(',').any(is_gzip))
    }

    pub(crate) fn wants_problem_json(&self) -> bool {
        self.header(ACCEPT).is_some_and(|accept| accept.split(',').any(accepts_problem))
    }
}
