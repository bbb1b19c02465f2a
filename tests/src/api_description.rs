//! Checks the responses of described and unknown routes that a test receives, and accepted JSON bodies, against the API
//! description.
//!
//! The document allows responses to have unknown fields. These checks do not: a field that is not described fails the test, unless
//! the schema of its object permits such fields.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Map, Value, json};

use crate::response::Response;
use crate::strict_description::DOCUMENT;

/// The headers that the description leaves out: those of HTTP and of the gateway, and those that protect every response or page.
const UNDESCRIBED_HEADERS: [&str; 13] = [
    "cache-control",
    "connection",
    "content-disposition",
    "content-length",
    "content-security-policy",
    "content-type",
    "date",
    "referrer-policy",
    "server",
    "strict-transport-security",
    "transfer-encoding",
    "vary",
    "x-content-type-options",
];

const BASE: &str = "https://custodian.invalid/openapi.json";

static REGISTRY: LazyLock<Registry<'static>> = LazyLock::new(|| {
    let registry = Registry::new().draft(Draft::Draft202012);
    registry.add(BASE, DOCUMENT.clone()).unwrap().prepare().unwrap()
});

/// The compiled validators, by their position in the document or, for headers, by their schema.
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// The reason why a response does not match the description, or None if it matches.
pub(crate) fn mismatch(method: &str, path: &str, body: Option<&[u8]>, response: &Response) -> Option<String> {
    // The routes of the local service, the account page, the console, the reference, and CORS preflights are not described.
    let is_page =
        ["account", "console", "docs", "openapi.json"].contains(&path.split('/').nth(1).unwrap_or_default());
    if path.starts_with("/_local/") || is_page || method == "OPTIONS" {
        return None;
    }
    let operation = operation(if method == "HEAD" { "GET" } else { method }, path);
    let route = operation.clone().unwrap_or_else(|| "/x-default-route".to_owned());
    let has_body = method != "HEAD";
    let result = check(&route, response, has_body).and_then(|()| match (body, operation) {
        (Some(body), Some(operation)) if response.status < 300 => check_accepted_body(&operation, body),
        _ => Ok(()),
    });
    result.err().map(|error| {
        format!("{method} {path} ({route}) returned {}: {error}\n{}", response.status, response.text)
    })
}

/// The JSON pointer to the operation of a request. A path without parameters takes precedence over a path with parameters.
fn operation(method: &str, path: &str) -> Option<String> {
    let method = method.to_ascii_lowercase();
    let paths = DOCUMENT["paths"].as_object()?;
    let matches_path = |template: &&String| {
        let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        let same =
            |(part, given): (&&str, &&str)| part == given || part.starts_with('{') && !given.is_empty();
        template.len() == path.len() && template.iter().zip(&path).all(same)
    };
    let found = paths.iter().filter(|(_, item)| item.get(&method).is_some()).map(|(template, _)| template);
    let template = found.filter(matches_path).min_by_key(|template| template.matches('{').count())?;
    Some(format!("/paths/{}/{method}", template.replace('~', "~0").replace('/', "~1")))
}

/// A response to HEAD has the headers of the response to GET, and no body.
fn check(route: &str, response: &Response, has_body: bool) -> Result<(), String> {
    let place = format!("{route}/responses/{}", response.status);
    let described = DOCUMENT.pointer(&place).ok_or("this status is not described")?;
    let place = described["$ref"].as_str().map_or(place, |name| name.trim_start_matches('#').to_owned());
    let described = DOCUMENT.pointer(&place).ok_or("the response is missing in the components")?;
    no_undescribed_header(&described["headers"], response)?;
    headers(&described["headers"], response)?;
    if response.status == 304 {
        return if response.text.is_empty() { Ok(()) } else { Err("a 304 has a body".to_owned()) };
    }
    let media =
        response.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    if described["content"].get(media).is_none() {
        return Err(format!("the media type {media} is not described"));
    }
    if !has_body {
        return if response.text.is_empty() {
            Ok(())
        } else {
            Err("a response to HEAD has a body".to_owned())
        };
    }
    if !media.ends_with("json") {
        return Ok(());
    }
    let body = serde_json::from_str(&response.text).map_err(|error| error.to_string())?;
    validate(&format!("{place}/content/{}/schema", media.replace('/', "~1")), &body)?;
    let reason = if body["error"].is_object() { &body["error"]["reason"] } else { &body["reason"] };
    match described["x-reasons"].as_array() {
        Some(reasons) if !reasons.contains(reason) => Err(format!("the reason {reason} is not described")),
        _ => Ok(()),
    }
}

fn no_undescribed_header(described: &Value, response: &Response) -> Result<(), String> {
    let is_described = |name: &str| {
        let mut names = described.as_object().into_iter().flat_map(Map::keys);
        names.any(|described| described.eq_ignore_ascii_case(name))
    };
    let is_allowed = |name: &str| {
        UNDESCRIBED_HEADERS.contains(&name) || name.starts_with("access-control-") || is_described(name)
    };
    match response.headers.keys().find(|name| !is_allowed(name.as_str())) {
        Some(name) => Err(format!("the header {name} is not described")),
        None => Ok(()),
    }
}

fn headers(described: &Value, response: &Response) -> Result<(), String> {
    for (name, header) in described.as_object().into_iter().flatten() {
        let header = match header["$ref"].as_str() {
            Some(place) => DOCUMENT
                .pointer(place.trim_start_matches('#'))
                .ok_or("the header is missing in the components")?,
            None => header,
        };
        match response.headers.get(name).and_then(|value| value.to_str().ok()) {
            Some(value) => matches(&header["schema"], value).map_err(|error| format!("{name}: {error}"))?,
            None if header["required"] == true => return Err(format!("the header {name} is missing")),
            None => {}
        }
    }
    Ok(())
}

/// Checks a header's value against its schema.
fn matches(schema: &Value, value: &str) -> Result<(), String> {
    let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let compile = || Arc::new(jsonschema::options().with_draft(Draft::Draft202012).build(schema).unwrap());
    let validator = Arc::clone(validators.entry(schema.to_string()).or_insert_with(compile));
    drop(validators);
    validator.validate(&json!(value)).map_err(|error| error.to_string())
}

/// An accepted JSON body must match the description. The content of forms is not checked.
fn check_accepted_body(operation: &str, body: &[u8]) -> Result<(), String> {
    let place = format!("{operation}/requestBody/content/application~1json/schema");
    match (DOCUMENT.pointer(&place), serde_json::from_slice(body)) {
        (Some(_), Ok(body)) => {
            validate(&place, &body).map_err(|error| format!("its request was accepted, but {error}"))
        }
        _ => Ok(()),
    }
}

fn validate(place: &str, value: &Value) -> Result<(), String> {
    let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let compile = || {
        let options = jsonschema::options().with_draft(Draft::Draft202012).with_registry(&REGISTRY);
        let fragment = place.replace('{', "%7B").replace('}', "%7D");
        let schema = json!({ "$ref": format!("{BASE}#{fragment}") });
        Arc::new(options.should_validate_formats(true).build(&schema).unwrap())
    };
    let validator = Arc::clone(validators.entry(place.to_owned()).or_insert_with(compile));
    drop(validators);
    let errors: Vec<_> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors.join("; ")) }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    fn response(status: u16, headers: &[(&'static str, &'static str)], body: &Value) -> Response {
        let pairs = headers.iter().chain(&[("x-request-id", "req_a"), ("content-type", "application/json")]);
        let pairs =
            pairs.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        Response { status, headers: pairs.collect::<HeaderMap>(), text: body.to_string() }
    }

    fn tag() -> Value {
        let id = "0197a0b0-0000-7000-8000-000000000000";
        json!({
            "id": id, "customer_id": id, "name": "vip", "detail": "", "tm_create": "2026-01-15T10:30:00Z",
            "tm_update": "2026-01-15T10:30:00Z", "tm_delete": null,
        })
    }

    fn found(response: &Response, body: Option<&[u8]>) -> String {
        mismatch("POST", "/v1.0/tags", body, response).unwrap_or_default()
    }

    #[test]
    fn a_described_response_passes() {
        let headers = [("etag", "\"1\""), ("date", "now"), ("access-control-allow-origin", "*")];
        assert_eq!(found(&response(200, &headers, &tag()), Some(b"{\"name\":\"vip\"}")), "");
    }

    #[test]
    fn undescribed_fields_headers_statuses_reasons_and_bodies_are_found() {
        let etag = [("etag", "\"1\"")];
        let (mut more, mut less, mut other) = (tag(), tag(), tag());
        more["secret"] = json!("x");
        less.as_object_mut().unwrap().remove("tm_delete");
        other["tm_create"] = json!("yesterday");
        assert!(found(&response(200, &etag, &more), None).contains("'secret' was unexpected"));
        assert!(found(&response(200, &etag, &less), None).contains("\"tm_delete\" is a required property"));
        assert!(found(&response(200, &etag, &other), None).contains("\"date-time\""));
        assert!(found(&response(200, &[], &tag()), None).contains("the header ETag is missing"));
        let link = [etag[0], ("link", "<x>")];
        assert!(found(&response(200, &link, &tag()), None).contains("the header link is not described"));
        assert!(found(&response(202, &etag, &tag()), None).contains("this status is not described"));
        assert!(
            found(&response(200, &etag, &tag()), Some(b"{\"name\":1}"))
                .contains("its request was accepted, but")
        );
        let error = |reason: &str| json!({ "error": { "status": "NOT_FOUND", "reason": reason, "message": "", "request_id": "req_a" } });
        let unknown = mismatch("GET", "/v1.0/tags/x", None, &response(404, &[], &error("FLOW_NOT_FOUND")));
        assert!(
            unknown.is_some_and(|error| error.contains("the reason \"FLOW_NOT_FOUND\" is not described"))
        );
    }
}
