//! Every answer that the suites get is held against the description of the API, and every body that was accepted.
//!
//! The document lets clients meet fields that they do not know. Here an answer has exactly what is described, so a field
//! that is answered and not described fails too.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Value, json};

use crate::Answer;

const BASE: &str = "https://custodian.invalid/openapi.json";

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document = custodian_openapi::describe();
    exact(&mut document["components"]);
    for item in document["paths"].as_object_mut().unwrap().values_mut() {
        for operation in item.as_object_mut().unwrap().values_mut().filter(|part| part.is_object()) {
            exact(&mut operation["responses"]);
        }
    }
    document
});

static REGISTRY: LazyLock<Registry<'static>> = LazyLock::new(|| {
    let registry = Registry::new().draft(Draft::Draft202012);
    registry.add(BASE, DOCUMENT.clone()).unwrap().prepare().unwrap()
});

/// Compiled when first needed, by their place in the document.
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// Closes every object whose fields are all named.
fn exact(part: &mut Value) {
    match part {
        Value::Object(map) => {
            if map.get("type").is_some_and(|kind| kind == "object") && map.contains_key("properties") {
                map.entry("additionalProperties").or_insert(json!(false));
            }
            map.values_mut().for_each(exact);
        }
        Value::Array(items) => items.iter_mut().for_each(exact),
        _ => {}
    }
}

/// What an answer has that the description does not say, if anything.
pub(crate) fn fault(method: &str, path: &str, body: Option<&[u8]>, answer: &Answer) -> Option<String> {
    // The local service's own routes, and what the gateway answers to browsers alone.
    if path.starts_with("/_local/") || method == "OPTIONS" {
        return None;
    }
    let operation = operation(method, path);
    let route = operation.clone().unwrap_or_else(|| "/x-default-route".to_owned());
    let told = check(&route, answer).and_then(|()| match (body, operation) {
        (Some(body), Some(operation)) if answer.status < 300 => accepted(&operation, body),
        _ => Ok(()),
    });
    told.err()
        .map(|what| format!("{method} {path} ({route}) answered {}: {what}\n{}", answer.status, answer.text))
}

/// The pointer to the operation of a request. A path without parameters is more specific than one with.
fn operation(method: &str, path: &str) -> Option<String> {
    let method = method.to_ascii_lowercase();
    let paths = DOCUMENT["paths"].as_object()?;
    let fits = |template: &&String| {
        let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        let same =
            |(part, given): (&&str, &&str)| part == given || part.starts_with('{') && !given.is_empty();
        template.len() == path.len() && template.iter().zip(&path).all(same)
    };
    let found = paths.iter().filter(|(_, item)| item.get(&method).is_some()).map(|(template, _)| template);
    let template = found.filter(fits).min_by_key(|template| template.matches('{').count())?;
    Some(format!("/paths/{}/{method}", template.replace('~', "~0").replace('/', "~1")))
}

fn check(route: &str, answer: &Answer) -> Result<(), String> {
    let place = format!("{route}/responses/{}", answer.status);
    let response = DOCUMENT.pointer(&place).ok_or("this code is not described")?;
    let place = response["$ref"].as_str().map_or(place, |name| name.trim_start_matches('#').to_owned());
    let response = DOCUMENT.pointer(&place).ok_or("its response is not in the components")?;
    headers(&response["headers"], answer)?;
    let media = answer.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    if response["content"].get(media).is_none() {
        return Err(format!("it is {media}, which is not described"));
    }
    if !media.ends_with("json") {
        return Ok(());
    }
    let body = serde_json::from_str(&answer.text).map_err(|error| error.to_string())?;
    hold(&format!("{place}/content/{}/schema", media.replace('/', "~1")), &body)
}

fn headers(described: &Value, answer: &Answer) -> Result<(), String> {
    for (name, header) in described.as_object().into_iter().flatten() {
        let header = match header["$ref"].as_str() {
            Some(place) => {
                DOCUMENT.pointer(place.trim_start_matches('#')).ok_or("its header is not there")?
            }
            None => header,
        };
        match answer.headers.get(name).and_then(|value| value.to_str().ok()) {
            Some(value) => matches(&header["schema"], value).map_err(|what| format!("{name}: {what}"))?,
            None if header["required"] == true => return Err(format!("the header {name} is missing")),
            None => {}
        }
    }
    Ok(())
}

/// A header is a text with a pattern.
fn matches(schema: &Value, value: &str) -> Result<(), String> {
    let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let compile = || Arc::new(jsonschema::options().with_draft(Draft::Draft202012).build(schema).unwrap());
    let validator = Arc::clone(validators.entry(schema.to_string()).or_insert_with(compile));
    drop(validators);
    validator.validate(&json!(value)).map_err(|error| error.to_string())
}

/// A body that was accepted is one that the description allows; forms are not described further.
fn accepted(operation: &str, body: &[u8]) -> Result<(), String> {
    let place = format!("{operation}/requestBody/content/application~1json/schema");
    match (DOCUMENT.pointer(&place), serde_json::from_slice(body)) {
        (Some(_), Ok(body)) => {
            hold(&place, &body).map_err(|what| format!("its request was accepted, but {what}"))
        }
        _ => Ok(()),
    }
}

fn hold(place: &str, value: &Value) -> Result<(), String> {
    let mut validators = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let compile = || {
        let options = jsonschema::options().with_draft(Draft::Draft202012).with_registry(&REGISTRY);
        let fragment = place.replace('{', "%7B").replace('}', "%7D");
        let schema = json!({ "$ref": format!("{BASE}#{fragment}") });
        Arc::new(options.should_validate_formats(true).build(&schema).unwrap())
    };
    let validator = Arc::clone(validators.entry(place.to_owned()).or_insert_with(compile));
    drop(validators);
    let faults: Vec<_> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &Value) -> Answer {
        let pairs = headers.iter().chain(&[("x-request-id", "req_a"), ("content-type", "application/json")]);
        let pairs =
            pairs.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        Answer { status, headers: pairs.collect::<HeaderMap>(), text: body.to_string() }
    }

    fn tag() -> Value {
        let id = "0197a0b0-0000-7000-8000-000000000000";
        json!({
            "id": id, "customer_id": id, "name": "vip", "detail": "", "tm_create": "2026-01-15T10:30:00Z",
            "tm_update": "2026-01-15T10:30:00Z", "tm_delete": null,
        })
    }

    fn found(answer: &Answer, body: Option<&[u8]>) -> String {
        fault("POST", "/v1.0/tags", body, answer).unwrap_or_default()
    }

    #[test]
    fn what_is_described_is_let_through() {
        assert_eq!(found(&answer(200, &[("etag", "\"1\"")], &tag()), Some(b"{\"name\":\"vip\"}")), "");
    }

    #[test]
    fn fields_headers_codes_reasons_and_bodies_that_are_not_described_are_found() {
        let etag = [("etag", "\"1\"")];
        let (mut more, mut less, mut other) = (tag(), tag(), tag());
        more["secret"] = json!("x");
        less.as_object_mut().unwrap().remove("tm_delete");
        other["tm_create"] = json!("yesterday");
        assert!(found(&answer(200, &etag, &more), None).contains("'secret' was unexpected"));
        assert!(found(&answer(200, &etag, &less), None).contains("\"tm_delete\" is a required property"));
        assert!(found(&answer(200, &etag, &other), None).contains("\"date-time\""));
        assert!(found(&answer(200, &[], &tag()), None).contains("the header ETag is missing"));
        assert!(found(&answer(202, &etag, &tag()), None).contains("this code is not described"));
        assert!(
            found(&answer(200, &etag, &tag()), Some(b"{\"name\":1}"))
                .contains("its request was accepted, but")
        );
        let error = |reason: &str| json!({ "error": { "status": "NOT_FOUND", "reason": reason, "message": "", "request_id": "req_a" } });
        let unknown = fault("GET", "/v1.0/tags/x", None, &answer(404, &[], &error("FLOW_NOT_FOUND")));
        assert!(
            unknown.is_some_and(|what| what.contains("\"FLOW_NOT_FOUND\" is not one of \"TAG_NOT_FOUND\""))
        );
    }
}
