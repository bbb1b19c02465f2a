//! The section `webhooks`: what an account's endpoint receives. It derives from the events and from the schemas of rows.

use custodian_domain::kinds::{AGENTS, routed};
use custodian_domain::{EventType, access_key, webhook};
use serde_json::{Map, Value, json};

use crate::kind_schemas::schema_name;
use crate::names::pascal;
use crate::schema::{object, reference, time, uuid, with_description};

/// The schema of the ids of a row.
const ROW_IDS: &str = "RowIds";

/// The headers of a webhook.
const HEADERS: [&str; 4] =
    [webhook::ID_HEADER, "webhook-timestamp", "webhook-signature", "X-VoIPBIN-Signature"];

/// The types of the events that are sent as webhooks.
fn event_types() -> impl Iterator<Item = EventType> {
    EventType::sent_as_webhooks().chain([EventType::WebhookTest])
}

/// The section of the document.
pub(crate) fn describe() -> Value {
    event_types().map(|event_type| (event_type.to_string(), item(&event_type))).collect::<Map<_, _>>().into()
}

/// The schemas of the payloads, by their names.
pub(crate) fn schemas() -> Map<String, Value> {
    let mut schemas = Map::from_iter([(ROW_IDS.to_owned(), row_ids())]);
    for event_type in event_types() {
        let (name, data) = payload(&event_type);
        let types: Vec<_> = event_types().filter(|other| payload(other).0 == name).collect();
        schemas.entry(name).or_insert_with(|| payload_schema(&types, data));
    }
    schemas
}

/// The schema of an event's payload: its name, and the schema of its `data`.
fn payload(event_type: &EventType) -> (String, Value) {
    match event_type {
        EventType::WebhookTest => ("TestWebhook".to_owned(), reference(ROW_IDS)),
        EventType::Row { noun, .. } => {
            let row = row_schema(noun);
            let current_row_or_ids = json!({ "anyOf": [reference(&row), reference(ROW_IDS)] });
            (format!("{row}Webhook"), current_row_or_ids)
        }
        _ => ("CustomerWebhook".to_owned(), reference("Customer")),
    }
}

/// The name of the schema of the rows of a kind, of agents and of access keys.
fn row_schema(noun: &str) -> String {
    match routed().find(|kind| kind.noun == noun) {
        Some(kind) => schema_name(kind),
        None if noun == AGENTS.noun => "Agent".to_owned(),
        None if noun == access_key::NOUN => "AccessKey".to_owned(),
        None => pascal(noun),
    }
}

fn payload_schema(types: &[EventType], data: Value) -> Value {
    let data = with_description(
        data,
        "The row as the API shows it when the webhook is sent, without secrets. Only the ids if the row is deleted by then.",
    );
    let omitted = json!({
        "type": "array", "items": { "type": "string" },
        "description": "The fields that were left out of `data`. The API shows them. They are the largest ones if the payload would \
            exceed 64 KiB, and the `webhook_uri` of the account at every endpoint but the first. Absent if none was left out.",
    });
    let version = json!({
        "type": "integer", "minimum": 1,
        "description": "Orders the events of one row. Ignore an event with a lower version than one that you have seen.",
    });
    let id = with_description(
        uuid(),
        "The id of the event. Its webhooks to several endpoints, and the event on the bus, have the same one.",
    );
    let fields = vec![
        ("id", id),
        ("timestamp", with_description(time(), "When the change was made.")),
        ("type", json!({ "type": "string", "enum": types, "description": "What happened." })),
        ("data", data),
        ("version", version),
        ("omitted", omitted),
    ];
    with_description(
        object(fields, &["id", "type", "timestamp", "data", "version"]),
        "The body of a webhook.",
    )
}

fn row_ids() -> Value {
    let deleted = json!({ "anyOf": [time(), { "type": "null" }] });
    let fields = vec![
        ("id", with_description(uuid(), "The id of the row.")),
        ("customer_id", with_description(uuid(), "The id of the account that owns the row.")),
        (
            "tm_delete",
            with_description(deleted, "When the row was deleted. `null` if a later webhook says it."),
        ),
    ];
    with_description(object(fields, &["id", "customer_id"]), "The ids of a row that a webhook does not show.")
}

fn item(event_type: &EventType) -> Value {
    let (schema, _) = payload(event_type);
    let (description, headers) = (event_type.description(), HEADERS.map(header));
    json!({ "post": {
        "operationId": format!("on{}", pascal(&event_type.to_string())),
        "tags": ["webhooks"],
        "summary": description.trim_end_matches('.'),
        "description": format!(
            "{description} Sent to `webhook_uri` with the method `webhook_method`, which is POST by default. The same webhook can arrive \
             twice, and webhooks can arrive in any order."
        ),
        "security": [],
        "parameters": headers,
        "requestBody": {
            "required": true, "content": { "application/json": { "schema": reference(&schema) } },
        },
        "responses": {
            "2XX": { "description": "The webhook was received. Respond within 15 seconds." },
            "410": { "description": "Disables the endpoint: it gets no further webhooks until a test or a redelivery succeeds, or it has another URL." },
            "default": { "description": "The webhook is sent again later, with growing pauses." },
        },
    } })
}

fn header(name: &str) -> Value {
    let (description, example) = match name {
        webhook::ID_HEADER => (
            "The id of the webhook, which is the same at every attempt. Ignore one that you have handled.",
            "msg_019710c6-5d3f-7c3a-9f3b-0d6f1a2b3c4d",
        ),
        "webhook-timestamp" => ("The time of this attempt, in seconds since 1970.", "1718893355"),
        "webhook-signature" => (
            "The signature by Standard Webhooks, one for each valid secret: `v1,` and the base64 of HMAC-SHA256 of `id.timestamp.body`.",
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
        _ => (
            "The signature of VoIPBIN's API: `sha256=` and the hexadecimal HMAC-SHA256 of the body.",
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
        ),
    };
    json!({
        "name": name, "in": "header", "required": true, "description": description,
        "schema": { "type": "string" }, "example": example,
    })
}
