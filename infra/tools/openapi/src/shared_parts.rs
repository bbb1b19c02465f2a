//! The named parameters and headers, to which the operations refer.

use serde_json::{Value, json};

use crate::schema;

/// A page token, a time, or an empty text for the first page.
const PAGE_TOKEN: &str = "^([A-Za-z0-9_-]{32,200}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2}))?$";

/// The section `parameters` of the components.
pub(crate) fn parameters() -> Value {
    json!({
        "id": { "name": "id", "in": "path", "required": true, "schema": schema::uuid(),
            "description": "The id of the row." },
        "address_id": { "name": "address_id", "in": "path", "required": true, "schema": schema::uuid(),
            "description": "The id of an address of the contact." },
        "tag_id": { "name": "tag_id", "in": "path", "required": true, "schema": schema::uuid(),
            "description": "The id of a tag of the contact." },
        "page_size": { "name": "page_size", "in": "query", "schema": { "type": "integer", "default": 100 },
            "description": "The maximum number of rows, from 1 to 100. A value outside this range is 100. A page can be shorter, \
    even empty, if rows are large or a filter excludes many of them. The list ends only when `next_page_token` is empty." },
        "page_token": { "name": "page_token", "in": "query", "schema": { "type": "string", "pattern": PAGE_TOKEN },
            "description": "The `next_page_token` of the previous page. Also an RFC 3339 time: the page then has rows created before it, or with `due_before` customers with a later deadline." },
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

/// The section `headers` of the components.
pub(crate) fn headers() -> Value {
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
