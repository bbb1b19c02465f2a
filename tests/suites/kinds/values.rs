//! Values for the fields of any kind.

use custodian_domain::kinds::{AGENTS, Field, Kind, Shape, Verbs, routed};
use custodian_tests::{Client, PASSWORD};
use serde_json::{Map, Value, json};

/// The kinds whose rows come and go by request.
pub(crate) fn kinds() -> impl Iterator<Item = &'static Kind> {
    routed().filter(|kind| kind.verbs == Verbs::All)
}

/// The same, and agents, which have crates of their own.
pub(crate) fn made_kinds() -> impl Iterator<Item = &'static Kind> {
    kinds().chain([&AGENTS])
}

/// An id of something that this service does not keep.
pub(crate) fn an_id(number: usize) -> String {
    format!("7d3f1c52-1f6c-4d56-9a52-{number:012x}")
}

/// A good value for a field; another number gives another one, where there is another. None where it leads somewhere.
pub(crate) fn value(field: &Field, number: usize) -> Option<Value> {
    Some(match field.shape {
        Shape::Text { .. } => json!(format!("{} {number} \u{fc}\u{1f600}", field.name)),
        Shape::Phone => json!(format!("+1555{number:07}")),
        Shape::Choice { of, .. } => json!(of[number % of.len()]),
        Shape::Flag => json!(number % 2 == 1),
        Shape::Integer { most, .. } => json!(most - i64::try_from(number).unwrap()),
        Shape::Time => json!("2026-01-02T03:04:05Z"),
        Shape::Id => json!(an_id(number)),
        Shape::Ids => json!([an_id(number)]),
        Shape::Link(_) | Shape::Links(_) => return None,
        Shape::Domain => json!(format!("host{number}.example.com")),
        Shape::Choices { of } => json!([of[number % of.len()]]),
        Shape::Networks { .. } => {
            json!([format!("10.0.{}.{}", number / 256 % 256, number % 256), "2001:db8::/32"])
        }
        Shape::Actions { .. } => json!([
            { "type": "talk", "option": { "text": number, "huge": 1e300, "deep": [[[[{ "a": null }]]]] } },
        ]),
        Shape::Addresses { .. } => json!([
            { "type": "tel", "target": format!("+1666{number:07}"), "is_primary": true },
            { "type": "email", "target": format!("c{number}@example.com"), "name": "home" },
        ]),
        Shape::Flags(names) => names
            .iter()
            .map(|name| ((*name).to_owned(), json!(number % 2 == 1)))
            .collect::<Map<_, _>>()
            .into(),
    })
}

/// A body with every field that a request may give.
pub(crate) fn body(kind: &Kind, number: usize, creating: bool) -> Map<String, Value> {
    let given = kind.fields.iter().filter(|field| field.is_writable(creating));
    let mut body: Map<_, _> =
        given.filter_map(|field| Some((field.name.to_owned(), value(field, number)?))).collect();
    if body.get("type").is_some_and(|kind| kind == "virtual") {
        body.insert("number".to_owned(), json!(format!("+899{:09}", 1_000_000 + number)));
    }
    body
}

/// A body with what a creation has to give, and no more.
pub(crate) fn least(kind: &Kind, number: usize) -> Value {
    if kind.table == AGENTS.table {
        return json!({ "username": format!("agent-{number}"), "password": PASSWORD });
    }
    let required = kind.fields.iter().filter(|field| field.required);
    required
        .filter_map(|field| Some((field.name.to_owned(), value(field, number)?)))
        .collect::<Map<_, _>>()
        .into()
}

pub(crate) fn path(kind: &Kind) -> String {
    format!("/v1.0/{}", kind.route)
}

/// Where a row is found.
pub(crate) fn place(kind: &Kind, row: &Value) -> String {
    format!("/v1.0/{}/{}", kind.route, row["id"].as_str().unwrap())
}

/// Makes a row.
pub(crate) async fn make(client: &Client, kind: &Kind, body: Value) -> Value {
    let answer = client.post(&path(kind), body).await;
    assert_eq!(answer.status, kind.created, "{}: {}", kind.route, answer.text);
    answer.json()
}

/// A customer on a plan, with its admin.
pub(crate) async fn on_plan(client: &Client, name: &str, plan: &str) -> (String, Client) {
    let (id, admin) = client.tenant(name).await;
    set_plan(client, &id, plan).await;
    (id, admin)
}

pub(crate) async fn set_plan(client: &Client, id: &str, plan: &str) {
    let operator = client.operator().await;
    operator.put(&format!("/v1.0/customers/{id}/plan"), json!({ "plan": plan })).await.ok();
}

/// What the usage report says of a kind.
pub(crate) async fn usage(client: &Client, kind: &Kind) -> (u64, Option<u64>) {
    let shown = client.get("/v1.0/customer/usage").await.ok();
    let part = &shown["resources"][kind.route];
    (part["count"].as_u64().unwrap(), part["limit"].as_u64())
}
