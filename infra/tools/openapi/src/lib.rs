//! The public API as an OpenAPI 3.1 document.
//!
//! The code determines most of it: the deployed functions give the routes and their callers, the registry gives the kinds,
//! the views give their schemas and `Reason` gives the errors. The rest is written by hand, most of it in [`operations`]. The
//! test suites check every response and every accepted request body against the document.

mod api_surface;
mod audience;
mod components;
mod deployed;
mod descriptions;
mod document;
mod errors;
mod examples;
mod export_schemas;
mod info;
mod kind_rules;
mod kind_schemas;
mod named_enums;
mod named_objects;
mod names;
mod operation;
mod operation_ids;
mod operations;
mod patterns;
mod rendition;
mod schema;
mod security;
mod shared_parts;
mod tags;
mod unused;
mod webhooks;

use std::collections::BTreeMap;

use custodian_domain::Reason;
use serde_json::{Map, Value, json};

pub use api_surface::api_surface;
pub use deployed::mismatches;
pub use export_schemas::export_schemas;

/// The document.
pub fn describe() -> Value {
    let (mut paths, mut responses) = (Map::new(), BTreeMap::new());
    for (operation, id, audience) in deployed::operations() {
        let (described, errors) = operation.describe(&id, audience);
        responses.extend(errors);
        let item =
            paths.entry(operation.route.path.clone()).or_insert_with(|| path_item(&operation.route.path));
        item[operation.route.method.to_ascii_lowercase()] = described;
    }
    responses.insert("304".to_owned(), not_modified());
    let mut schemas = components::all();
    schemas.extend(webhooks::schemas());
    let mut document = json!({
        "openapi": "3.1.1",
        "info": info::info(),
        "servers": info::servers(),
        "tags": tags::describe(),
        "security": security::any_scheme(),
        "paths": paths,
        "webhooks": webhooks::describe(),
        "x-default-route": { "responses": default_route() },
        "components": {
            "securitySchemes": security::schemes(),
            "parameters": shared_parts::parameters(),
            "headers": shared_parts::headers(),
            "responses": responses,
            "schemas": schemas,
        },
    });
    named_objects::name_objects(&mut document);
    named_enums::name_enums(&mut document);
    descriptions::add_descriptions(&mut document);
    examples::add_pattern_examples(&mut document);
    examples::add_to_operations(&mut document);
    unused::remove_unused(&mut document);
    document
}

/// The responses to a request for an unknown route. Not components, because no operation has the 404 among them.
fn default_route() -> Value {
    let response = |reason: Reason| {
        let (_, response) = errors::response(&[reason], errors::ErrorFormat::Json);
        (reason.class().code.to_string(), response)
    };
    [Reason::WebhookLoop, Reason::RouteNotFound, Reason::PayloadTooLarge]
        .map(response)
        .into_iter()
        .collect::<Map<_, _>>()
        .into()
}

/// The document in OpenAPI 3.0.
pub fn openapi_3_0() -> Value {
    rendition::convert_document(describe())
}

fn not_modified() -> Value {
    let header = |name: &str| json!({ "$ref": format!("#/components/headers/{name}") });
    json!({
        "description": "The row still has a version that `If-None-Match` names.",
        "headers": { "X-Request-Id": header("X-Request-Id"), "ETag": header("ETag") },
    })
}

fn path_item(path: &str) -> Value {
    let of_path = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameter = |name: &str| json!({ "$ref": format!("#/components/parameters/{name}") });
    json!({ "parameters": of_path.chain(["X-Request-Id"]).map(parameter).collect::<Vec<_>>() })
}
