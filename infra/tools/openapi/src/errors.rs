//! The schemas of errors (a JSON envelope and RFC 9457 problem details), and one error response per set of reasons.

use custodian_domain::Reason;
use custodian_http::StatusCode;
use serde_json::{Map, Value, json};

use crate::schema::{all_required, enumeration, object, reference, time, uuid, with_description};

/// The formats in which an operation returns errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorFormat {
    Json,
    /// An HTML page for a browser.
    Page,
    /// JSON for a JSON body, an HTML page for an HTML form and for a browser that opens a link.
    JsonOrPage,
}

/// The named schemas of errors.
pub(crate) fn schemas() -> [(&'static str, Value); 7] {
    let statuses = distinct(Reason::ALL.iter().map(|reason| reason.class().name));
    let codes = distinct(Reason::ALL.iter().map(|reason| reason.class().code));
    let title = |code: &u16| StatusCode::from_u16(*code).ok()?.canonical_reason();
    let titles: Vec<_> = codes.iter().filter_map(title).collect();
    let keys: Vec<_> = Reason::ALL.iter().map(|reason| reason.key()).collect();
    let reason = json!({ "type": "string", "enum": keys, "description": "A stable key. Programs should compare this field only." });
    let text = json!({ "type": "string" });
    let id = json!({ "type": "string", "description": "The same as the header `X-Request-Id`." });
    let details = json!({ "type": "array", "minItems": 1, "items": reference("Detail") });
    let error = object(
        vec![
            ("status", enumeration(&statuses)),
            ("reason", reason.clone()),
            ("message", text.clone()),
            ("request_id", id.clone()),
            ("details", details.clone()),
        ],
        &["status", "reason", "message", "request_id"],
    );
    let problem = object(
        vec![
            ("type", json!({ "const": "about:blank" })),
            ("title", enumeration(&titles)),
            ("status", json!({ "type": "integer", "enum": codes })),
            ("detail", text.clone()),
            ("reason", reason),
            ("request_id", id),
            ("details", details),
        ],
        &["type", "title", "status", "detail", "reason", "request_id"],
    );
    let violation = all_required(vec![("field", text.clone()), ("description", text.clone())]);
    let lost_answer = all_required(vec![("customer_id", uuid())]);
    let lost_answer = with_description(
        lost_answer,
        "With `IDEMPOTENT_ANSWER_LOST`: the account in the lost response, if it has been deleted since.",
    );
    let running = with_description(
        all_required(vec![("export_id", uuid())]),
        "With `EXPORT_ALREADY_RUNNING`: the unfinished export.",
    );
    let frozen = object(
        vec![
            ("deletion_scheduled_at", time()),
            ("deletion_effective_at", time()),
            ("recovery_endpoint", with_description(text, "Absent if an operator froze the account.")),
        ],
        &["deletion_scheduled_at", "deletion_effective_at"],
    );
    let violation = with_description(violation, "What is wrong with one field or parameter.");
    let frozen = with_description(
        frozen,
        "With `ACCOUNT_FROZEN`: when the account was frozen, when it will be deleted, and how to recover it.",
    );
    [
        ("Refusal", all_required(vec![("error", error)])),
        (
            "Problem",
            with_description(
                problem,
                "The same error as RFC 9457, for clients that accept `application/problem+json`.",
            ),
        ),
        ("FieldViolation", violation),
        ("FrozenAccount", frozen),
        ("LostAnswer", lost_answer),
        ("RunningExport", running),
        ("Detail", json!({ "anyOf": DETAILS.map(reference) })),
    ]
}

/// The schemas of the entries of `details`.
const DETAILS: [&str; 4] = ["FieldViolation", "FrozenAccount", "LostAnswer", "RunningExport"];

fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    items.fold(Vec::new(), |mut seen, item| {
        if !seen.contains(&item) {
            seen.push(item);
        }
        seen
    })
}

/// The response for reasons that share a status code, as a pair of its name, which lists the reasons, and its description.
pub(crate) fn response(reasons: &[Reason], error_format: ErrorFormat) -> (String, Value) {
    let code = reasons.first().map_or(500, |reason| reason.class().code);
    let keys: Vec<_> = reasons.iter().map(|reason| reason.key()).collect();
    let suffix = match error_format {
        ErrorFormat::Json => "",
        ErrorFormat::Page => ".page",
        ErrorFormat::JsonOrPage => ".json-or-page",
    };
    let messages: Vec<_> =
        reasons.iter().map(|reason| format!("`{}`: {}", reason.key(), reason.message())).collect();
    let mut content = Map::new();
    if error_format != ErrorFormat::Page {
        content.insert("application/json".to_owned(), json!({ "schema": reference("Refusal") }));
        content.insert("application/problem+json".to_owned(), json!({ "schema": reference("Problem") }));
    }
    if error_format != ErrorFormat::Json {
        content.insert("text/html".to_owned(), json!({ "schema": { "type": "string" } }));
    }
    let mut headers = json!({ "X-Request-Id": { "$ref": "#/components/headers/X-Request-Id" } });
    if code == 401 {
        headers["WWW-Authenticate"] = json!({ "$ref": "#/components/headers/WWW-Authenticate" });
    }
    if let Some(required) = retry_after_required(reasons) {
        headers["Retry-After"] = json!({
            "description": "Seconds to wait before a retry.", "required": required,
            "schema": { "type": "string", "pattern": "^[1-9][0-9]*$" },
        });
    }
    if reasons.contains(&Reason::RateLimitExceeded) {
        for (name, description) in RATE_LIMIT_HEADERS {
            headers[name] = json!({
                "description": description, "required": reasons.len() == 1, "schema": { "type": "string" },
            });
        }
    }
    // Generated clients have one type for all errors, so the reasons of this response are no part of its schema.
    let response = json!({
        "description": messages.join("\n\n"), "headers": headers, "content": content, "x-reasons": keys,
    });
    (format!("{code}.{}{suffix}", keys.join(".")), response)
}

/// The headers of `RATE_LIMIT_EXCEEDED`. Waiting does not help after `RESOURCE_LIMIT_EXCEEDED`, so it has none of them.
const RATE_LIMIT_HEADERS: [(&str, &str); 4] = [
    ("RateLimit-Limit", "How many requests, or bytes of responses, the window permits."),
    ("RateLimit-Remaining", "The remaining requests of the window: 0."),
    ("RateLimit-Reset", "Seconds until the window permits more."),
    ("RateLimit-Policy", "The limit and the length of the window in seconds, such as `10;w=900`."),
];

/// `Some(true)` if every reason comes with `Retry-After`, `Some(false)` if only some do, `None` if none does.
fn retry_after_required(reasons: &[Reason]) -> Option<bool> {
    let always = |reason: &Reason| matches!(reason, Reason::RateLimitExceeded | Reason::ServiceUnavailable);
    let sometimes = |reason: &Reason| always(reason) || *reason == Reason::IdempotencyKeyInUse;
    reasons.iter().any(sometimes).then(|| reasons.iter().all(always))
}
