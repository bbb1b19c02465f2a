//! Acts as API Gateway: finds the route of a request and invokes its function with an event of payload format 2.0.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{Method, Request, Response, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use custodian_http::Route;
use futures::stream;
use lambda_http::Body;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::routes::{GatewayRoute, default_route, gateway_routes};
use crate::services::LocalContext;

/// API Gateway's limit for a request body.
pub(crate) const MAX_REQUEST_BYTES: usize = 10 * 1024 * 1024;

/// Lambda's limit for a response.
const MAX_RESPONSE_BYTES: usize = 6 * 1024 * 1024;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

pub(crate) struct Gateway {
    routes: Vec<GatewayRoute>,
    default: GatewayRoute,
}

impl Gateway {
    pub(crate) fn new() -> Self {
        Self { routes: gateway_routes(), default: default_route() }
    }

    /// Invokes the function of the request's route.
    pub(crate) async fn handle(
        &self,
        cx: Arc<LocalContext>,
        request: Request<Bytes>,
    ) -> Response<axum::body::Body> {
        let (parts, body) = request.into_parts();
        let is_cross_origin = parts.headers.contains_key(header::ORIGIN);
        let (route, parameters) = self.match_route(&parts.method, parts.uri.path());
        let event = request_event(&route.deployed.route, &parameters, &parts, &body, &cx);
        let response = match serde_json::from_value::<ApiGatewayV2httpRequest>(event) {
            Ok(event) => into_axum((route.handler)(cx, event).await),
            Err(cause) => {
                tracing::error!(%cause, "a request could not be converted to an API Gateway event");
                internal_server_error()
            }
        };
        if is_cross_origin { with_cors_headers(response) } else { response }
    }

    pub(crate) fn function(&self, name: &str) -> Option<&GatewayRoute> {
        self.routes.iter().find(|route| route.deployed.name() == name)
    }

    fn match_route(&self, method: &Method, path: &str) -> (&GatewayRoute, BTreeMap<String, String>) {
        let has_method =
            |route: &Route| matches!(route.gateway_method(), "ANY") || route.method == method.as_str();
        let of_method = self.routes.iter().filter(|route| has_method(&route.deployed.route));
        let matches = of_method.filter_map(|route| Some((route, match_path(&route.deployed.route, path)?)));
        // A route with fewer parameters is more specific. Of two routes with the same path, the one with the request's own method
        // is more specific than the one with `ANY`.
        let rank = |(route, parameters): &(&GatewayRoute, BTreeMap<String, String>)| {
            (parameters.len(), route.deployed.route.method != method.as_str())
        };
        matches.min_by_key(rank).unwrap_or((&self.default, BTreeMap::new()))
    }
}

/// Returns the decoded path parameters if the path matches the route. A last parameter such as `{path+}` takes the whole rest.
fn match_path(route: &Route, path: &str) -> Option<BTreeMap<String, String>> {
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    if let Some((before, name)) = route.path.strip_suffix("+}").and_then(|start| start.split_once('{')) {
        let rest = path.strip_prefix(before).filter(|rest| !rest.is_empty())?;
        return Some(BTreeMap::from([(name.to_owned(), decode(rest))]));
    }
    let (template, path): (Vec<_>, Vec<_>) = (route.path.split('/').collect(), path.split('/').collect());
    if template.len() != path.len() {
        return None;
    }
    let mut parameters = BTreeMap::new();
    for (expected, actual) in template.into_iter().zip(path) {
        match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(_) if actual.is_empty() => return None,
            Some(name) => parameters.insert(name.to_owned(), decode(actual)),
            None if expected == actual => None,
            None => return None,
        };
    }
    Some(parameters)
}

fn request_event(
    route: &Route,
    parameters: &BTreeMap<String, String>,
    parts: &Parts,
    body: &Bytes,
    cx: &LocalContext,
) -> Value {
    let Parts { method, uri, headers, .. } = parts;
    // Requests of the service itself have no peer.
    let peer = parts.extensions.get().map_or(LOOPBACK, SocketAddr::ip);
    let route_key = route.gateway_key();
    let text = std::str::from_utf8(body).ok();
    let mut joined: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in headers.iter().filter(|(name, _)| *name != header::COOKIE) {
        let value = String::from_utf8_lossy(value.as_bytes());
        let entry = joined.entry(name.as_str()).or_default();
        entry.push_str(if entry.is_empty() { "" } else { "," });
        entry.push_str(&value);
    }
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let cookies: Vec<_> = cookies.flat_map(|line| line.split(';')).map(str::trim).collect();
    let now = cx.now();
    json!({
        "version": "2.0", "routeKey": route_key, "rawPath": uri.path(),
        "rawQueryString": uri.query().unwrap_or_default(),
        "cookies": cookies, "headers": joined, "pathParameters": parameters,
        "requestContext": {
            "accountId": "000000000000", "apiId": "local", "domainName": "localhost", "domainPrefix": "localhost",
            "http": {
                "method": method.as_str(), "path": uri.path(), "protocol": "HTTP/1.1", "sourceIp": peer,
                "userAgent": joined.get("user-agent").cloned().unwrap_or_default(),
            },
            "requestId": hex::encode(cx.providers.random::<8>()), "routeKey": route_key, "stage": "$default",
            "time": now.to_rfc3339(), "timeEpoch": now.micros() / 1000,
        },
        "body": text.map_or_else(|| STANDARD.encode(body), str::to_owned),
        "isBase64Encoded": text.is_none(),
    })
}

/// API Gateway's response when a function fails.
fn internal_server_error() -> Response<axum::body::Body> {
    let mut response = Response::new(r#"{"message":"Internal Server Error"}"#.into());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

/// Lambda's limit applies to the serialised response, in which the body is an escaped JSON string.
fn exceeds_lambda_limit(body: &Body) -> bool {
    matches!(body, Body::Text(text) if json!(text).to_string().len() > MAX_RESPONSE_BYTES)
}

fn into_axum(response: Response<Body>) -> Response<axum::body::Body> {
    if exceeds_lambda_limit(response.body()) {
        tracing::error!("a response exceeds Lambda's limit of 6 MB");
        return internal_server_error();
    }
    if response.status() == StatusCode::NOT_MODIFIED {
        // For HEAD, axum sends the size of a known body as Content-Length. A 304 must not have the length 0 (RFC 9110).
        let unknown = || axum::body::Body::from_stream(stream::empty::<Result<Bytes, Infallible>>());
        return response.map(|_| unknown());
    }
    response.map(|body| match body {
        Body::Text(text) => text.into(),
        Body::Binary(bytes) => bytes.into(),
        _ => axum::body::Body::empty(),
    })
}

/// Adds the headers of the template's CORS configuration.
fn with_cors_headers(mut response: Response<axum::body::Body>) -> Response<axum::body::Body> {
    let headers = response.headers_mut();
    let cors = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST,GET,PUT,DELETE,PATCH,HEAD,OPTIONS"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "origin,x-requested-with,content-type,accept,authorization,idempotency-key,if-match,if-none-match,x-request-id",
        ),
        (
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "x-request-id,etag,link,retry-after,www-authenticate,ratelimit-limit,ratelimit-remaining,ratelimit-reset,ratelimit-policy",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "43200"),
    ];
    for (name, value) in cors {
        headers.insert(name, header::HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AWS does not say whether the path or the method decides between `ANY /a/b` and `POST /a/{id}`. It does not matter if `b` is
    /// no id: both functions refuse the request.
    const NO_IDS: [&str; 1] = ["/v1.0/contacts/lookup"];

    #[test]
    fn no_route_for_reading_hides_a_route_of_another_method() {
        let gateway = Gateway::new();
        let routes: Vec<&Route> = gateway.routes.iter().map(|route| &route.deployed.route).collect();
        let may_hide = |route: &&&Route| route.is_read() && !NO_IDS.contains(&route.path.as_str());
        for reading in routes.iter().filter(may_hide) {
            for other in routes.iter().filter(|route| !route.is_read() && route.path != reading.path) {
                assert_eq!(match_path(other, &reading.path), None, "{reading} and {other}");
                assert_eq!(match_path(reading, &other.path), None, "{reading} and {other}");
            }
        }
    }
}
