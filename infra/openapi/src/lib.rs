//! The public API as an OpenAPI 3.1 document.
//!
//! What follows from the code is taken from it: the routes and whom each serves from the deployed functions, the owned
//! kinds from their registry, the refusals from the reasons. What is left to say by hand is in [`operations`] and
//! [`views`]. Nothing here is trusted: the tests hold every answer that the suites get against the document, and every
//! body that was accepted.

mod operation;
mod operations;
mod refusals;
mod schema;
mod shapes;
mod surface;
mod views;

use std::collections::BTreeMap;

use custodian_domain::Reason;
use custodian_http::Audience;
use custodian_local::deployed_operations;
use serde_json::{Map, Value, json};

use operation::Operation;
pub use surface::surface;

/// An operation that is both described and deployed: as what, and for whom.
type Deployed = (Operation, String, Audience);

const ABOUT: &str = "Customer (tenant) accounts, what they own, and their end.

Texts are limited in bytes of UTF-8 (`x-max-bytes`), and hold no control characters. A choice or an id that need not be \
said is taken back by an empty text. A field that is not named here is \
ignored in a body, so that what was read can be sent back; null is refused. PUT changes what it names. An unknown route \
and a wrong method are 404 `ROUTE_NOT_FOUND`. Who accepts `application/problem+json` is told of failures as RFC 9457. What \
the gateway refuses by itself (a request that is too large for it) has a form of its own.";

/// The document.
pub fn describe() -> Value {
    let (mut paths, mut responses) = (Map::new(), BTreeMap::new());
    for (operation, id, audience) in deployed() {
        let (described, refusals) = operation.describe(&id, audience);
        responses.extend(refusals);
        let item = paths.entry(operation.path.clone()).or_insert_with(|| path_item(&operation.path));
        item[operation.method.to_ascii_lowercase()] = described;
    }
    let (unknown, response) = refusals::response(&[Reason::RouteNotFound], refusals::Told::Json);
    let (large, _) = refusals::response(&[Reason::PayloadTooLarge], refusals::Told::Json);
    responses.insert(unknown.clone(), response);
    let refer = |name: &str| json!({ "$ref": format!("#/components/responses/{name}") });
    let carriers = ["bearer", "token", "accesskey", "token_cookie", "accesskey_cookie"];
    let carriers = carriers.map(|name| json!({ name: [] }));
    json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Custodian", "version": env!("CARGO_PKG_VERSION"), "description": ABOUT,
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "http://127.0.0.1:8080", "description": "The local service, as `cargo run` starts it." }],
        "security": carriers,
        "paths": paths,
        "x-default-route": { "responses": { "404": refer(&unknown), "413": refer(&large) } },
        "components": {
            "securitySchemes": security_schemes(),
            "parameters": parameters(),
            "headers": headers(),
            "responses": responses,
            "schemas": views::all().into_iter().collect::<Map<_, _>>(),
        },
    })
}

/// Every route that is deployed and not described, or described and not deployed.
pub fn mismatches() -> Vec<String> {
    let deployed: Vec<String> = deployed_operations().iter().map(|(_, route, _)| key(route)).collect();
    let described: Vec<String> = operations::all().iter().map(Operation::key).collect();
    let not = |of: &[String], other: &[String], words: &str| -> Vec<String> {
        of.iter().filter(|key| !other.contains(key)).map(|key| format!("{key} is {words}")).collect()
    };
    let mut found = not(&deployed, &described, "deployed and not described in infra/openapi/src/operations");
    found.extend(not(&described, &deployed, "described in infra/openapi/src/operations and not deployed"));
    found
}

fn key(route: &custodian_http::Route) -> String {
    format!("{} {}", route.method, route.path)
}

fn deployed() -> Vec<Deployed> {
    let functions: BTreeMap<String, (String, Audience)> = deployed_operations()
        .into_iter()
        .map(|(function, route, audience)| (key(&route), (operation_id(&function), audience)))
        .collect();
    let joined = operations::all().into_iter().filter_map(|operation| {
        let (id, audience) = functions.get(&operation.key())?.clone();
        Some((operation, id, audience))
    });
    joined.collect()
}

/// The name of a function; of what kinds share, with the kind's: `resource-get tags` is `tags-get`.
fn operation_id(function: &str) -> String {
    match function.strip_prefix("resource-").and_then(|rest| rest.split_once(' ')) {
        Some((verb, kind)) => format!("{kind}-{verb}"),
        None => function.to_owned(),
    }
}

fn path_item(path: &str) -> Value {
    let names: &[&str] = if path.contains("{id}") { &["id", "X-Request-Id"] } else { &["X-Request-Id"] };
    let refer = |name: &&str| json!({ "$ref": format!("#/components/parameters/{name}") });
    json!({ "parameters": names.iter().map(refer).collect::<Vec<_>>() })
}

fn security_schemes() -> Value {
    let carrier = |place: &str, name: &str| {
        json!({ "type": "apiKey", "in": place, "name": name,
        "description": "A token or an access key. The header wins over the query, the query over the cookie." })
    };
    json!({
        "bearer": { "type": "http", "scheme": "bearer",
            "description": "A token (JWT) of a login, or an access key (`vb_…`)." },
        "token": carrier("query", "token"),
        "accesskey": carrier("query", "accesskey"),
        "token_cookie": carrier("cookie", "token"),
        "accesskey_cookie": carrier("cookie", "accesskey"),
    })
}

fn parameters() -> Value {
    json!({
        "id": { "name": "id", "in": "path", "required": true, "schema": schema::uuid() },
        "page_size": { "name": "page_size", "in": "query", "schema": { "type": "integer", "default": 100 },
            "description": "How many rows at most, from 1 to 100; what is below or above counts as the nearest of them. A page \
    may be shorter, even empty, where rows are large or a filter hides many: the list is at its end only when \
    `next_page_token` is empty." },
        "page_token": { "name": "page_token", "in": "query", "schema": { "type": "string" },
            "description": "The `next_page_token` of the page before, or an RFC 3339 time before which rows were made." },
        "If-Match": { "name": "If-Match", "in": "header", "schema": { "type": "string" },
            "description": "Only if the row is still of this version, as its `ETag` names it." },
        "Idempotency-Key": { "name": "Idempotency-Key", "in": "header",
            "schema": { "type": "string", "pattern": "^[!-~]{1,255}$" },
            "description": "Makes repeating safe: the same key and body within 24 hours get the first answer again. A request that was refused has done nothing and takes no key." },
        "X-Request-Id": { "name": "X-Request-Id", "in": "header", "schema": request_id(),
            "description": "A name for the request; any other text is replaced by a fresh one." },
    })
}

fn headers() -> Value {
    json!({
        "X-Request-Id": { "description": "The request's name.", "required": true, "schema": request_id() },
        "ETag": { "description": "The version of the row.", "required": true,
            "schema": { "type": "string", "pattern": "^\"[0-9]+\"$" } },
        "Set-Cookie": { "description": "The cookie `token`, set or ended.", "required": true,
            "schema": { "type": "string", "pattern": "^token=" } },
    })
}

fn request_id() -> Value {
    json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" })
}
