//! API Gateway's part: routes, and the event (payload format 2.0) in which a function gets a request.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use custodian_http::Route;
use lambda_http::Body;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use serde_json::{Value, json};

use crate::routes::{Cx, Served, not_found, routes};

/// What the real gateway takes; it refuses more by itself.
pub(crate) const GATEWAY_LIMIT: usize = 10 * 1024 * 1024;

/// What a Lambda may answer, in bytes.
const LAMBDA_LIMIT: usize = 6 * 1024 * 1024;

pub(crate) struct Gateway {
    routes: Vec<Served>,
    default: Served,
}

impl Gateway {
    pub(crate) fn new() -> Self {
        Self { routes: routes(), default: not_found() }
    }

    /// Finds the function of a request and invokes it.
    pub(crate) async fn handle(&self, cx: Arc<Cx>, request: Request<Bytes>) -> Response<axum::body::Body> {
        let (parts, body) = request.into_parts();
        let cross_origin = parts.headers.contains_key(header::ORIGIN);
        let (served, parameters) = self.find(&parts.method, parts.uri.path());
        let event = event(served, &parameters, &parts.method, &parts.uri, &parts.headers, &body, &cx);
        let response = match serde_json::from_value::<ApiGatewayV2httpRequest>(event) {
            Ok(event) => into_axum((served.handler)(cx, event).await),
            Err(cause) => {
                tracing::error!(%cause, "an event could not be read");
                broken()
            }
        };
        if cross_origin { with_cors(response) } else { response }
    }

    /// The function of this name.
    pub(crate) fn function(&self, name: &str) -> Option<&Served> {
        self.routes.iter().find(|served| served.function == name)
    }

    fn find(&self, method: &Method, path: &str) -> (&Served, BTreeMap<String, String>) {
        let matched = self.routes.iter().filter(|served| served.route.method == method.as_str());
        let mut found: Vec<_> =
            matched.filter_map(|served| Some((served, parameters(&served.route, path)?))).collect();
        // A route without a parameter is more specific than one with.
        found.sort_by_key(|(_, parameters)| parameters.len());
        found.into_iter().next().unwrap_or((&self.default, BTreeMap::new()))
    }
}

/// The path's parameters, decoded, if it is this route.
fn parameters(route: &Route, path: &str) -> Option<BTreeMap<String, String>> {
    let (template, path): (Vec<_>, Vec<_>) = (route.path.split('/').collect(), path.split('/').collect());
    if template.len() != path.len() {
        return None;
    }
    let mut parameters = BTreeMap::new();
    for (wanted, given) in template.into_iter().zip(path) {
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(_) if given.is_empty() => return None,
            Some(name) => parameters.insert(name.to_owned(), percent_decoded(given)),
            None if wanted == given => None,
            None => return None,
        };
    }
    Some(parameters)
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut decoded, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let hex =
            bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%').and_then(|hex| hex::decode(hex).ok());
        decoded.push(hex.as_ref().map_or(bytes[at], |hex| hex[0]));
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn event(
    served: &Served,
    parameters: &BTreeMap<String, String>,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
    cx: &Cx,
) -> Value {
    let route = &served.route;
    let route_key = if route.path.is_empty() {
        route.method.to_owned()
    } else {
        format!("{} {}", route.method, route.path)
    };
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
                "method": method.as_str(), "path": uri.path(), "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
                "userAgent": joined.get("user-agent").cloned().unwrap_or_default(),
            },
            "requestId": hex::encode(cx.sources.random::<8>()), "routeKey": route_key, "stage": "$default",
            "time": now.to_rfc3339(), "timeEpoch": now.micros() / 1000,
        },
        "body": text.map_or_else(|| STANDARD.encode(body), str::to_owned),
        "isBase64Encoded": text.is_none(),
    })
}

/// What the gateway answers when a function has not.
fn broken() -> Response<axum::body::Body> {
    let mut response = Response::new(r#"{"message":"Internal Server Error"}"#.into());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}

/// Whether Lambda would hand this body on, which stands in a JSON text there.
fn is_too_large(body: &Body) -> bool {
    matches!(body, Body::Text(text) if json!(text).to_string().len() > LAMBDA_LIMIT)
}

fn into_axum(response: Response<Body>) -> Response<axum::body::Body> {
    if is_too_large(response.body()) {
        tracing::error!("an answer is larger than Lambda's");
        return broken();
    }
    response.map(|body| match body {
        Body::Text(text) => text.into(),
        Body::Binary(bytes) => bytes.into(),
        _ => axum::body::Body::empty(),
    })
}

/// What the template's CORS configuration makes the gateway add.
fn with_cors(mut response: Response<axum::body::Body>) -> Response<axum::body::Body> {
    let headers = response.headers_mut();
    let fixed = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST,GET,PUT,DELETE,PATCH,HEAD,OPTIONS"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "origin,x-requested-with,content-type,accept,authorization,idempotency-key,if-match,x-request-id",
        ),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "x-request-id,etag,retry-after"),
        (header::ACCESS_CONTROL_MAX_AGE, "43200"),
    ];
    for (name, value) in fixed {
        headers.insert(name, header::HeaderValue::from_static(value));
    }
    response
}
