//! The public API as an OpenAPI 3.1 document.
//!
//! The code determines most of it: the deployed functions give the routes and their callers, the registry gives the kinds,
//! the views give their schemas and `Reason` gives the errors. The rest is written by hand in [`operations`]. The test suites
//! check every response and every accepted request body against the document.

mod api_surface;
mod components;
mod deployed;
mod errors;
mod examples;
mod export_schemas;
mod kind_schemas;
mod named_enums;
mod named_objects;
mod names;
mod operation;
mod operation_ids;
mod operations;
mod rendition;
mod schema;

use std::collections::BTreeMap;

use custodian_domain::Reason;
use custodian_http::{FORMER_SESSION_COOKIE, SESSION_COOKIE};
use serde_json::{Map, Value, json};

pub use api_surface::api_surface;
pub use deployed::mismatches;
pub use export_schemas::export_schemas;

const DESCRIPTION: &str = "Customer (tenant) accounts, the resources that they own, and their deletion.

The length of a text is limited in bytes of UTF-8 (`x-max-bytes`). Texts contain no control characters; texts of several lines \
(`MultiLineText`) may contain line breaks and tabs. An integer may be written `16.0` or `1.6e1`. Sending `\"\"` resets an optional enum, id or reference to its default. Unknown fields in a body are ignored, so that a client can send \
back what it read. `null` says nothing about a field, as if it were absent: a required field that is `null` is missing. PUT changes only the fields in the body. A field that \
can only be set at creation may be sent back unchanged; another value is refused. HEAD works like GET, without a body. An unknown route and a wrong method both \
return 404 `ROUTE_NOT_FOUND`.

Every route checks a request in this order: the method (404), the size (413), the origin of a request with a cookie (403), the \
credential (401), the status of the account (403), the permission (403), the right on the row in the path (403, or 404 if the \
account has no such row), `If-Match` (412), `Idempotency-Key` (400, 409), the body (415, 400), and the rules of the row's state \
(409).

A cookie authenticates a request that changes something only if a page of the API's own origin sent it: `Sec-Fetch-Site` must be \
`same-origin` or `none`, or without it, `Origin` must be that of the API. A client that sends neither is no browser. Every \
response has `Strict-Transport-Security`. A client that accepts `application/problem+json` gets errors as RFC 9457. Errors of the API \
gateway itself, such as for a request that is too large for it, have their own format.";

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
    let (route_not_found, response) = errors::response(&[Reason::RouteNotFound], errors::ErrorFormat::Json);
    let (payload_too_large, _) = errors::response(&[Reason::PayloadTooLarge], errors::ErrorFormat::Json);
    responses.insert(route_not_found.clone(), response);
    let (webhook_loop, response) = errors::response(&[Reason::WebhookLoop], errors::ErrorFormat::Json);
    responses.insert(webhook_loop.clone(), response);
    responses.insert("304".to_owned(), not_modified());
    let response = |name: &str| json!({ "$ref": format!("#/components/responses/{name}") });
    let security = ["bearer", "token", "accesskey", "session_cookie", "token_cookie", "accesskey_cookie"];
    let security = security.map(|name| json!({ name: [] }));
    let mut document = json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Custodian", "version": env!("CARGO_PKG_VERSION"), "description": DESCRIPTION,
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "http://127.0.0.1:8080", "description": "The local service that `cargo run` starts." }],
        "security": security,
        "paths": paths,
        "x-default-route": { "responses": { "403": response(&webhook_loop), "404": response(&route_not_found), "413": response(&payload_too_large) } },
        "components": {
            "securitySchemes": security_schemes(),
            "parameters": parameters(),
            "headers": headers(),
            "responses": responses,
            "schemas": components::all(),
        },
    });
    named_objects::name_objects(&mut document);
    named_enums::name_enums(&mut document);
    examples::add_examples(&mut document);
    document
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

fn security_schemes() -> Value {
    let api_key = |place: &str, name: &str| {
        json!({ "type": "apiKey", "in": place, "name": name,
        "description": "A token or an access key. If a request has several, the header takes precedence over the query, and the query over the cookie." })
    };
    json!({
        "bearer": { "type": "http", "scheme": "bearer",
            "description": "A session token (JWT) or an access key (`vb_…`)." },
        "token": api_key("query", "token"),
        "accesskey": api_key("query", "accesskey"),
        "session_cookie": api_key("cookie", SESSION_COOKIE),
        "token_cookie": api_key("cookie", FORMER_SESSION_COOKIE),
        "accesskey_cookie": api_key("cookie", "accesskey"),
    })
}

fn parameters() -> Value {
    json!({
        "id": { "name": "id", "in": "path", "required": true, "schema": schema::uuid() },
        "address_id": { "name": "address_id", "in": "path", "required": true, "schema": schema::uuid(),
            "description": "The id of an address of the contact." },
        "tag_id": { "name": "tag_id", "in": "path", "required": true, "schema": schema::uuid() },
        "page_size": { "name": "page_size", "in": "query", "schema": { "type": "integer", "default": 100 },
            "description": "The maximum number of rows, from 1 to 100. A value outside this range is 100. A page can be shorter, \
    even empty, if rows are large or a filter excludes many of them. The list ends only when `next_page_token` is empty." },
        "page_token": { "name": "page_token", "in": "query", "schema": { "type": "string" },
            "description": "The `next_page_token` of the previous page. Also an RFC 3339 time: the page then has rows created before it." },
        "If-Match": { "name": "If-Match", "in": "header", "schema": { "type": "string" },
            "description": "The `ETag` of the row. The request fails if the row has another version." },
        "If-None-Match": { "name": "If-None-Match", "in": "header", "schema": { "type": "string" },
            "description": "The `ETag` of the row, a list of them, or `*`. If the row still has this version, the response is 304 without a body." },
        "Idempotency-Key": { "name": "Idempotency-Key", "in": "header",
            "schema": { "type": "string", "pattern": "^[!-~]{1,255}$" },
            "description": "Makes a retry safe: within 24 hours, the same key with the same body returns the first response again. A refused request changes nothing and does not use up its key." },
        "X-Request-Id": { "name": "X-Request-Id", "in": "header", "schema": request_id(),
            "description": "An id for the request. A value that does not match the pattern is replaced by a new id." },
    })
}

fn headers() -> Value {
    json!({
        "X-Request-Id": { "description": "The id of the request.", "required": true, "schema": request_id() },
        "ETag": { "description": "The version of the row.", "required": true,
            "schema": { "type": "string", "pattern": "^\"[0-9]+\"$" } },
        "WWW-Authenticate": {
            "description": "How to authenticate (RFC 6750). `error=\"invalid_token\"` if the credential of the request is not valid.",
            "required": true, "schema": { "type": "string", "pattern": "^Bearer realm=\"api\"(, error=\"invalid_token\")?$" } },
        "Retry-After": { "description": "Seconds to wait before the next request. Absent once the state is final.",
            "required": false, "schema": { "type": "string", "pattern": "^[1-9][0-9]*$" } },
        "Link": { "description": "The state of the deletion (`rel=\"status\"`), as a path with a token.",
            "required": true, "schema": { "type": "string", "pattern": "^</auth/deletion\\?token=[0-9a-f]{64}>; rel=\"status\"$" } },
        "Location": { "description": "The path of a page, or the URL of a file.", "required": true,
            "schema": { "type": "string", "pattern": "^(/|https://)" } },
        "Set-Cookie": { "description": "Sets the cookie `__Host-token`, or expires it and the cookie `token` of earlier releases.",
            "required": true, "schema": { "type": "string", "pattern": "^(__Host-)?token=" } },
    })
}

fn request_id() -> Value {
    json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" })
}
