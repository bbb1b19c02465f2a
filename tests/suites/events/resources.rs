//! Events of the routed kinds, from the registry. Rows that a cascade deletes have no event of their own.

use custodian_domain::kinds::{FieldType, Kind, Verbs, routed};
use custodian_tests::{Client, Tables, event_types};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// A text that no event may contain.
const MARKER: &str = "marked-value";
/// Digits that no event may contain: they are part of the samples of numbers and ids. Times and random ids hardly ever have them.
const DIGITS: &str = "471147114711";

/// A body with every writable field, whose texts contain the marker.
fn body(kind: &Kind) -> Map<String, Value> {
    let writable = kind.fields.iter().filter(|field| field.is_writable(true));
    let value = |name: &str, shape: &FieldType| match shape {
        FieldType::Text { .. } => json!(format!("{MARKER}-{name}")),
        FieldType::Phone => json!("+15550001111"),
        FieldType::Integer { min, max } => json!(4_711_471_147_114_711.clamp(*min, *max)),
        FieldType::Id => json!("47114711-4711-4711-4711-471147114711"),
        FieldType::Actions { .. } => json!([{ "type": MARKER }]),
        FieldType::Addresses { .. } => {
            json!([{ "type": "email", "target": format!("{MARKER}@example.com") }])
        }
        other => other.empty(),
    };
    writable.map(|field| (field.name.to_owned(), value(field.name, &field.field_type))).collect()
}

/// A text field of a kind that an update may change.
fn changeable_text_field(kind: &Kind) -> &'static str {
    let matches = |field: &&custodian_domain::kinds::Field| {
        matches!(field.field_type, FieldType::Text { .. }) && field.is_writable(false)
    };
    kind.fields.iter().find(matches).unwrap().name
}

async fn create(ann: &Client, kind: &Kind) -> Value {
    let created = ann.post(&format!("/v1.0/{}", kind.route), Value::Object(body(kind))).await;
    assert_eq!(created.status, kind.created_status, "{}: {}", kind.route, created.text);
    created.json()
}

/// Invariant I6: no personal data is left.
#[tokio::test(flavor = "multi_thread")]
async fn every_routed_kind_publishes_what_its_functions_change_without_values() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    for kind in routed() {
        let before = client.published_events(&id).await.len();
        let row = match kind.verbs {
            Verbs::ReadAndUpdate => ann.get("/v1.0/billing_account").await.ok(),
            _ => create(&ann, kind).await,
        };
        let path = format!("/v1.0/{}/{}", kind.route, row["id"].as_str().unwrap());
        let field = changeable_text_field(kind);
        for text in ["other", "other", "another"] {
            ann.put(&path, json!({ field: format!("{MARKER}-{text}") })).await.ok();
        }
        if kind.verbs == Verbs::All {
            ann.delete(&path).await.ok();
        }
        let published = client.published_events(&id).await.split_off(before);
        let verbs = ["created", "updated", "updated", "deleted"];
        let verbs = if kind.verbs == Verbs::All { &verbs[..] } else { &verbs[1..3] };
        let expected: Vec<_> = verbs.iter().map(|verb| format!("{}_{verb}", kind.noun)).collect();
        assert_eq!(event_types(&published), expected, "an update without a change publishes no event");
        assert!(
            published.is_sorted_by(|a, b| a["version"].as_u64() < b["version"].as_u64()),
            "{published:?}"
        );
        for event in &published {
            assert_eq!(event["resource_id"], row["id"]);
            let changed = if event["type"].as_str().unwrap().ends_with("_updated") {
                json!([field])
            } else {
                json!([])
            };
            assert_eq!(event["changed"], changed);
        }
    }
    let published = client.service().published_events().unwrap().concat();
    for value in [MARKER, "+1555000", DIGITS, "ann@example.com", "whsec", "vb_"] {
        assert!(!published.contains(value), "{value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cascade_publishes_one_event_with_the_number_of_deleted_rows() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    for kind in routed().filter(|kind| kind.verbs == Verbs::All) {
        create(&ann, kind).await;
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
    let before = client.published_events(&id).await.len();
    let service = client.service().clone();
    let paused = service.pause_background_work().await;
    client.platform_admin().await.delete(&format!("/v1.0/customers/{id}")).await.ok();
    let rows = |table: &str| tables.query(table, "customer_id", &id).len();
    let row_counts: Vec<_> = custodian_tests::CASCADE_TABLES
        .into_iter()
        // Identifiers and tokens have no key `customer_id`. The row in `webhooks` is the recipient of the first mail about the
        // deletion, which is removed when the mail is sent.
        .filter(|table| !["identifiers", "tokens", "webhooks"].contains(table))
        .map(|table| (table, rows(table)))
        .collect();
    drop(paused);

    let published = client.published_events(&id).await.split_off(before);
    let mut types = event_types(&published);
    types.sort_unstable();
    assert_eq!(types, ["customer_deleted", "customer_erased", "operations_terminate"]);
    let erased = published.iter().find(|event| event["type"] == "customer_erased").unwrap();
    assert_eq!(erased["removed"]["tags"], 1001);
    for (table, rows) in row_counts {
        assert_eq!(erased["removed"][table], rows, "{table}");
    }
    assert_eq!(erased["removed"], json!(tables.removed_rows(&id)), "as in the ledger");
    assert!(erased["removed"]["identifiers"].as_u64().unwrap() > 0);
}
