//! Examples of requests and responses for every operation. Where VoIPBIN's specification has an example, the
//! JSON files contain that one.

use serde_json::{Map, Value, json};

use super::values::Examples;

/// The bodies of requests, by the id of the operation.
const REQUESTS: &str = include_str!("requests.json");
/// What differs from the general example of a response, by the id of the operation.
const RESPONSES: &str = include_str!("responses.json");
/// The address of the service in the examples.
const BASE: &str = "http://127.0.0.1:8080";

/// Adds the examples. A test checks that there are some, and that they match their schemas.
pub(crate) fn add_to_operations(document: &mut Value) {
    let known = document.clone();
    let examples = Examples::of(&known);
    let read = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default();
    let (requests, responses) = (read(REQUESTS), read(RESPONSES));
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (path, item) in paths {
        for (method, operation) in
            item.as_object_mut().into_iter().flatten().filter(|(name, _)| *name != "parameters")
        {
            let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
            let body = requests.get(&id);
            add_request(operation, body);
            add_response(operation, &examples, &id, responses.get(&id));
            let command = curl(method, path, operation, body);
            operation["x-codeSamples"] = json!([{ "lang": "shell", "label": "curl", "source": command }]);
        }
    }
    add_to_webhooks(document, &examples);
}

fn add_request(operation: &mut Value, body: Option<&Value>) {
    let contents = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut);
    let Some(body) = body else { return };
    for content in contents.into_iter().flat_map(Map::values_mut) {
        content["examples"] = named(body.clone());
    }
}

fn add_response(operation: &mut Value, examples: &Examples<'_>, id: &str, differences: Option<&Value>) {
    let responses = operation["responses"].as_object_mut().into_iter().flatten();
    for (_, response) in responses.filter(|(code, _)| code.starts_with('2')) {
        let Some(content) = response.pointer_mut("/content/application~1json") else { continue };
        let mut value = examples.example(&content["schema"], "", "");
        if id.starts_with("delete") && value.get("tm_delete").is_some() {
            value["tm_delete"] = json!("2024-06-20T14:25:00Z");
        }
        for (name, difference) in differences.and_then(Value::as_object).into_iter().flatten() {
            value[name] = difference.clone();
        }
        content["examples"] = named(value);
    }
}

/// The examples of webhooks are in their schemas: in a body of a request, validators refuse the fields that only responses have.
fn add_to_webhooks(document: &mut Value, examples: &Examples<'_>) {
    let schemas = document["components"]["schemas"].as_object_mut();
    let payloads =
        schemas.into_iter().flatten().filter(|(name, _)| name.ends_with("Webhook") && *name != "Webhook");
    for (_, schema) in payloads {
        let value = examples.example(schema, "", "");
        schema["examples"] = json!([value]);
    }
}

fn named(value: Value) -> Value {
    json!({ "example": { "value": value } })
}

/// A command that sends the request.
fn curl(method: &str, path: &str, operation: &Value, body: Option<&Value>) -> String {
    let path =
        path.replace("{id}", "$ID").replace("{address_id}", "$ADDRESS_ID").replace("{tag_id}", "$TAG_ID");
    let required = operation["parameters"].as_array().into_iter().flatten();
    let required = required.filter(|parameter| parameter["in"] == "query" && parameter["required"] == true);
    let query: Vec<_> =
        required.filter_map(|parameter| parameter["name"].as_str()).map(|name| format!("{name}=…")).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    let mut lines = vec![match method {
        "get" => format!("curl \"{BASE}{path}{query}\""),
        _ => format!("curl -X {} \"{BASE}{path}{query}\"", method.to_uppercase()),
    }];
    if operation.get("security").is_none() {
        lines.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
    }
    if let Some(body) = body {
        lines.push("-H 'Content-Type: application/json'".to_owned());
        lines.push(format!("-d '{body}'"));
    }
    lines.join(" \\\n  ")
}
