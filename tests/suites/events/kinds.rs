//! Every kind of what accounts own is told of, from the registry; and nothing is told of what a cascade removes.

use custodian_domain::kinds::{Kind, Shape, Verbs, routed};
use custodian_tests::{Client, Tables};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{events, types};

/// What no event may have in it.
const MARK: &str = "marked-value";

/// A creation in which everything that can be said is said, and every text is marked.
fn body(kind: &Kind) -> Map<String, Value> {
    let writable = kind.fields.iter().filter(|field| field.is_writable(true));
    let value = |name: &str, shape: &Shape| match shape {
        Shape::Text { .. } => json!(format!("{MARK}-{name}")),
        Shape::Phone => json!("+15550001111"),
        Shape::Integer { .. } => json!(4711),
        Shape::Id => json!(Uuid::from_u128(0x4711)),
        Shape::Actions { .. } => json!([{ "type": MARK }]),
        Shape::Addresses { .. } => json!([{ "type": "email", "target": format!("{MARK}@example.com") }]),
        other => other.empty(),
    };
    writable.map(|field| (field.name.to_owned(), value(field.name, &field.shape))).collect()
}

/// A text of a kind's that may be changed.
fn changeable(kind: &Kind) -> &'static str {
    let is_it = |field: &&custodian_domain::kinds::Field| {
        matches!(field.shape, Shape::Text { .. }) && field.is_writable(false)
    };
    kind.fields.iter().find(is_it).unwrap().name
}

async fn make(ann: &Client, kind: &Kind) -> Value {
    let made = ann.post(&format!("/v1.0/{}", kind.route), Value::Object(body(kind))).await;
    assert_eq!(made.status, kind.created, "{}: {}", kind.route, made.text);
    made.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_is_told_of_when_it_is_made_changed_and_removed_and_no_value_with_it() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    for kind in routed() {
        let before = events(&client, &id).await.len();
        let row = match kind.verbs {
            Verbs::ReadAndUpdate => ann.get("/v1.0/billing_account").await.ok(),
            _ => make(&ann, kind).await,
        };
        let path = format!("/v1.0/{}/{}", kind.route, row["id"].as_str().unwrap());
        let field = changeable(kind);
        for text in ["other", "other", "another"] {
            ann.put(&path, json!({ field: format!("{MARK}-{text}") })).await.ok();
        }
        if kind.verbs == Verbs::All {
            ann.delete(&path).await.ok();
        }
        let told = events(&client, &id).await.split_off(before);
        let verbs = ["created", "updated", "updated", "deleted"];
        let verbs = if kind.verbs == Verbs::All { &verbs[..] } else { &verbs[1..3] };
        let expected: Vec<_> = verbs.iter().map(|verb| format!("{}_{verb}", kind.noun)).collect();
        assert_eq!(types(&told), expected, "and that nothing changed is not told");
        assert!(told.is_sorted_by(|a, b| a["version"].as_u64() < b["version"].as_u64()), "{told:?}");
        for event in &told {
            assert_eq!(event["resource_id"], row["id"]);
            let changed = if event["type"].as_str().unwrap().ends_with("_updated") {
                json!([field])
            } else {
                json!([])
            };
            assert_eq!(event["changed"], changed);
        }
    }
    let published = client.service().published().unwrap().concat();
    for value in [MARK, "+1555000", "4711", "ann@example.com", "whsec", "vb_"] {
        assert!(!published.contains(value), "{value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cascade_over_many_rows_is_told_by_one_event_that_counts_them() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    for kind in routed().filter(|kind| kind.verbs == Verbs::All) {
        make(&ann, kind).await;
    }
    client.idle().await;
    let tables = Tables(client.engine().clone());
    let row = tables.query("tags", "customer_id", &id).remove(0);
    let copy = |number: u128| {
        let mut copy = row.clone();
        copy["id"]["S"] = json!(Uuid::from_u128(number));
        copy
    };
    tables.insert("tags", &(1..=1000).map(copy).collect::<Vec<_>>());
    let before = events(&client, &id).await.len();
    let service = client.service().clone();
    let still = service.hold_still().await;
    client.operator().await.delete(&format!("/v1.0/customers/{id}")).await.ok();
    let rows = |table: &str| tables.query(table, "customer_id", &id).len();
    let held: Vec<_> = custodian_tests::EMPTIED
        .into_iter()
        .filter(|table| !["identifiers", "tokens"].contains(table))
        .map(|table| (table, rows(table)))
        .collect();
    drop(still);

    let told = events(&client, &id).await.split_off(before);
    let mut kinds = types(&told);
    kinds.sort_unstable();
    assert_eq!(kinds, ["customer_deleted", "customer_erased", "operations_terminate"]);
    let erased = told.iter().find(|event| event["type"] == "customer_erased").unwrap();
    assert_eq!(erased["removed"]["tags"], 1001);
    for (table, rows) in held {
        assert_eq!(erased["removed"][table], rows, "{table}");
    }
    assert_eq!(erased["removed"], json!(tables.removed(&id)), "as the ledger says");
    assert!(erased["removed"]["identifiers"].as_u64().unwrap() > 0);
}
