//! How a request is refused: the envelope, its form as RFC 9457, and one response for each set of reasons.

use custodian_domain::Reason;
use custodian_http::StatusCode;
use serde_json::{Map, Value, json};

use crate::schema::{described, named, object, one_of, time, uuid, whole};

/// In which forms an operation tells of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Json,
    /// By a page for a person with a browser.
    Page,
    /// By either, as the request's own form is.
    Both,
}

pub(crate) fn schemas() -> [(&'static str, Value); 3] {
    let statuses = distinct(Reason::ALL.iter().map(|reason| reason.class().name));
    let codes = distinct(Reason::ALL.iter().map(|reason| reason.class().code));
    let title = |code: &u16| StatusCode::from_u16(*code).ok()?.canonical_reason();
    let titles: Vec<_> = codes.iter().filter_map(title).collect();
    let keys: Vec<_> = Reason::ALL.iter().map(|reason| reason.key()).collect();
    let reason =
        json!({ "type": "string", "enum": keys, "description": "The stable key, for programs to compare." });
    let text = json!({ "type": "string" });
    let id = json!({ "type": "string", "description": "As the header X-Request-Id." });
    let details = json!({ "type": "array", "minItems": 1, "items": named("Detail") });
    let error = object(
        vec![
            ("status", one_of(&statuses)),
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
            ("title", one_of(&titles)),
            ("status", json!({ "type": "integer", "enum": codes })),
            ("detail", text.clone()),
            ("reason", reason),
            ("request_id", id),
            ("details", details),
        ],
        &["type", "title", "status", "detail", "reason", "request_id"],
    );
    let violation = whole(vec![("field", text.clone()), ("description", text.clone())]);
    let lost = whole(vec![("customer_id", uuid())]);
    let lost = described(
        lost,
        "With IDEMPOTENT_ANSWER_LOST: the account that the answer told of, if it is gone since.",
    );
    let frozen = whole(vec![
        ("deletion_scheduled_at", time()),
        ("deletion_effective_at", time()),
        ("recovery_endpoint", text),
    ]);
    let violation = described(violation, "What is wrong with a field or a parameter.");
    let frozen = described(frozen, "With ACCOUNT_FROZEN: since when, until when, and the way back.");
    [
        ("Refusal", whole(vec![("error", error)])),
        (
            "Problem",
            described(problem, "The same facts as RFC 9457, for who accepts application/problem+json."),
        ),
        ("Detail", json!({ "anyOf": [violation, frozen, lost] })),
    ]
}

fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    items.fold(Vec::new(), |mut known, item| {
        if !known.contains(&item) {
            known.push(item);
        }
        known
    })
}

/// A response to refusals of one code, under the name that says which they are.
pub(crate) fn response(reasons: &[Reason], told: Told) -> (String, Value) {
    let code = reasons.first().map_or(500, |reason| reason.class().code);
    let keys: Vec<_> = reasons.iter().map(|reason| reason.key()).collect();
    let told_as = match told {
        Told::Json => "",
        Told::Page => ".page",
        Told::Both => ".json-or-page",
    };
    let words: Vec<_> =
        reasons.iter().map(|reason| format!("`{}`: {}", reason.key(), reason.message())).collect();
    let mut content = Map::new();
    if told != Told::Page {
        let refusal = json!({
            "$ref": "#/components/schemas/Refusal",
            "properties": { "error": { "properties": { "reason": { "enum": keys } } } },
        });
        let problem =
            json!({ "$ref": "#/components/schemas/Problem", "properties": { "reason": { "enum": keys } } });
        content.insert("application/json".to_owned(), json!({ "schema": refusal }));
        content.insert("application/problem+json".to_owned(), json!({ "schema": problem }));
    }
    if told != Told::Json {
        content.insert("text/html".to_owned(), json!({ "schema": { "type": "string" } }));
    }
    let mut headers = json!({ "X-Request-Id": { "$ref": "#/components/headers/X-Request-Id" } });
    if let Some(always) = waits(reasons) {
        headers["Retry-After"] = json!({
            "description": "Seconds after which trying again can help.", "required": always,
            "schema": { "type": "string", "pattern": "^[1-9][0-9]*$" },
        });
    }
    let response = json!({ "description": words.join("\n\n"), "headers": headers, "content": content });
    (format!("{code}.{}{told_as}", keys.join(".")), response)
}

/// Whether it is said how long to wait: always, or for some of the reasons.
fn waits(reasons: &[Reason]) -> Option<bool> {
    let always = |reason: &Reason| matches!(reason, Reason::RateLimitExceeded | Reason::ServiceUnavailable);
    let sometimes = |reason: &Reason| always(reason) || *reason == Reason::IdempotencyKeyInUse;
    reasons.iter().any(sometimes).then(|| reasons.iter().all(always))
}
