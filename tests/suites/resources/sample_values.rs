//! Sample values for the fields of every kind.

use custodian_domain::kinds::{AGENTS, Field, FieldType, Kind, Verbs, routed};
use custodian_tests::{Client, PASSWORD};
use serde_json::{Map, Value, json};

/// The kinds whose rows the shared functions create and delete.
pub(crate) fn kinds() -> impl Iterator<Item = &'static Kind> {
    routed().filter(|kind| kind.verbs == Verbs::All)
}

/// The same kinds, and agents, which have their own functions.
pub(crate) fn kinds_with_agents() -> impl Iterator<Item = &'static Kind> {
    kinds().chain([&AGENTS])
}

/// An id that no row has.
pub(crate) fn sample_id(number: usize) -> String {
    format!("7d3f1c52-1f6c-4d56-9a52-{number:012x}")
}

/// A valid value for a field. Different numbers give different values where the type allows it, except for times. None for a
/// reference.
pub(crate) fn sample_value(field: &Field, number: usize) -> Option<Value> {
    Some(match field.field_type {
        FieldType::Text { .. } => json!(format!("{} {number} \u{fc}\u{1f600}", field.name)),
        FieldType::MultiLineText { .. } => json!(format!("{} {number}\r\n\tsecond line", field.name)),
        FieldType::Phone => json!(format!("+1555{number:07}")),
        FieldType::Choice { values, .. } => json!(values[number % values.len()]),
        FieldType::Flag => json!(number % 2 == 1),
        FieldType::Integer { min, max } => json!(max - i64::try_from(number).unwrap() % (max - min + 1)),
        FieldType::Time => json!("2026-01-02T03:04:05Z"),
        FieldType::Id => json!(sample_id(number)),
        FieldType::Ids => json!([sample_id(number)]),
        FieldType::Link(_) | FieldType::Links(_) => return None,
        FieldType::Domain => json!(format!("host{number}.example.com")),
        FieldType::Choices { values } => json!([values[number % values.len()]]),
        FieldType::Networks { .. } => {
            json!([format!("10.0.{}.{}", number / 256 % 256, number % 256), "2001:db8::/32"])
        }
        FieldType::Actions { .. } => json!([
            { "type": "talk", "option": { "text": number, "huge": 1e300, "deep": [[[[{ "a": null }]]]] } },
        ]),
        FieldType::Addresses { .. } => json!([
            { "type": "tel", "target": format!("+1666{number:07}"), "is_primary": true },
            { "type": "email", "target": format!("c{number}@example.com"), "name": "home" },
        ]),
        FieldType::Flags(names) => names
            .iter()
            .map(|name| ((*name).to_owned(), json!(number % 2 == 1)))
            .collect::<Map<_, _>>()
            .into(),
    })
}

/// A body with every writable field except references.
pub(crate) fn full_body(kind: &Kind, number: usize, creating: bool) -> Map<String, Value> {
    let given = kind.fields.iter().filter(|field| field.is_writable(creating));
    let mut body: Map<_, _> =
        given.filter_map(|field| Some((field.name.to_owned(), sample_value(field, number)?))).collect();
    if body.get("type").is_some_and(|kind| kind == "virtual") {
        body.insert("number".to_owned(), json!(format!("+899{:09}", 1_000_000 + number)));
    }
    body
}

/// A body with the required fields only.
pub(crate) fn minimal_body(kind: &Kind, number: usize) -> Value {
    if kind.table == AGENTS.table {
        return json!({ "username": format!("agent-{number}"), "password": PASSWORD });
    }
    let required = kind.fields.iter().filter(|field| field.required);
    required
        .filter_map(|field| Some((field.name.to_owned(), sample_value(field, number)?)))
        .collect::<Map<_, _>>()
        .into()
}

pub(crate) fn collection_path(kind: &Kind) -> String {
    format!("/v1.0/{}", kind.route)
}

/// The path of a row.
pub(crate) fn row_path(kind: &Kind, row: &Value) -> String {
    format!("/v1.0/{}/{}", kind.route, row["id"].as_str().unwrap())
}

pub(crate) async fn create(client: &Client, kind: &Kind, body: Value) -> Value {
    let response = client.post(&collection_path(kind), body).await;
    assert_eq!(response.status, kind.created_status, "{}: {}", kind.route, response.text);
    response.json()
}

/// A customer on a plan, with its admin.
pub(crate) async fn tenant_on_plan(client: &Client, name: &str, plan: &str) -> (String, Client) {
    let (id, admin) = client.tenant(name).await;
    set_plan(client, &id, plan).await;
    (id, admin)
}

pub(crate) async fn set_plan(client: &Client, id: &str, plan: &str) {
    let platform_admin = client.platform_admin().await;
    platform_admin.put(&format!("/v1.0/customers/{id}/plan"), json!({ "plan": plan })).await.ok();
}

/// The count and the limit of a kind in the usage report.
pub(crate) async fn usage(client: &Client, kind: &Kind) -> (u64, Option<u64>) {
    let shown = client.get("/v1.0/customer/usage").await.ok();
    let part = &shown["resources"][kind.route];
    (part["count"].as_u64().unwrap(), part["limit"].as_u64())
}

/// A row as lists show it.
pub(crate) fn without_secrets(kind: &Kind, mut row: Value) -> Value {
    let secrets = kind.fields.iter().filter(|field| field.secret);
    secrets.for_each(|field| drop(row.as_object_mut().unwrap().remove(field.name)));
    row
}

/// Whether a row contains the given values. A contact's addresses have more fields than were given.
pub(crate) fn contains(row: &Value, given: &Value) -> bool {
    match (row, given) {
        (Value::Object(row), Value::Object(given)) => {
            given.iter().all(|(name, value)| row.get(name).is_some_and(|found| contains(found, value)))
        }
        (Value::Array(row), Value::Array(given)) => {
            row.len() == given.len() && row.iter().zip(given).all(|(found, value)| contains(found, value))
        }
        _ => row == given,
    }
}
