//! Rows for a customer in every table.

use std::collections::BTreeMap;

use custodian_domain::CustomerId;
use serde_json::{Value, json};

use crate::Tables;

/// The tables whose rows are keyed by customer and id.
const BY_ID: [&str; 13] = [
    "agents",
    "numbers",
    "flows",
    "queues",
    "trunks",
    "extensions",
    "files",
    "billing_accounts",
    "tags",
    "transcriptions",
    "contacts",
    "accesskeys",
    "audits",
];

/// Stores `each` rows of a customer in every table there is, and answers how many are in which. The text of each row
/// contains `secret`.
pub fn crowd(tables: &Tables, id: CustomerId, secret: &str, each: usize) -> BTreeMap<String, u64> {
    let customer = json!({ "S": id.to_string() });
    let text = json!({ "S": format!("{secret} says hello, {secret}") });
    for table in BY_ID {
        let row = |n| json!({ "customer_id": customer, "id": { "S": format!("{n:08}") }, "detail": text });
        tables.insert(table, &(0..each).map(row).collect::<Vec<_>>());
    }
    for table in ["idempotency", "usage"] {
        let row = |n| json!({ "customer_id": customer, "key": { "S": format!("x#{n:08}") }, "detail": text });
        tables.insert(table, &(0..each).map(row).collect::<Vec<_>>());
    }
    for (table, kind, other) in [("identifiers", "number", "-"), ("tokens", "hash", "-")] {
        let name = |n: usize| format!("{kind}#{secret}-{n:08}");
        let itself = |n| json!({ "id": { "S": name(n) }, "key": { "S": other }, "owner": customer });
        let listed = |n| {
            json!({
                "id": { "S": format!("owner#{id}") }, "key": { "S": name(n) }, "pair": { "S": name(n) },
            })
        };
        tables.insert(table, &(0..each).map(itself).collect::<Vec<_>>());
        tables.insert(table, &(0..each).map(listed).collect::<Vec<_>>());
    }
    counts(tables, id)
}

/// How many rows of a customer a cascade will find, table by table; pairs count once.
pub fn counts(tables: &Tables, id: CustomerId) -> BTreeMap<String, u64> {
    let by_customer = BY_ID.into_iter().chain(["idempotency", "usage", "outbox", "webhooks"]);
    let mut counts: BTreeMap<_, _> = by_customer
        .map(|table| (table.to_owned(), tables.query(table, "customer_id", &id.to_string()).len() as u64))
        .collect();
    for table in ["identifiers", "tokens"] {
        let listed = tables.query(table, "id", &format!("owner#{id}")).len() as u64;
        counts.insert(table.to_owned(), listed);
    }
    counts
}

/// Everything that is not this customer's, table by table.
pub fn others(tables: &Tables, id: CustomerId) -> Vec<(String, Vec<String>)> {
    let (id, mut dump) = (id.to_string(), tables.dump());
    for rows in dump.values_mut() {
        rows.retain(|row| !row.contains(&id));
    }
    dump.into_iter().collect()
}

/// Fails if any of these texts is anywhere.
pub fn assert_nothing_says(tables: &Tables, texts: &[&str]) {
    for (table, rows) in tables.dump() {
        for (row, text) in rows.iter().flat_map(|row| texts.iter().map(move |text| (row, text))) {
            assert!(!row.to_lowercase().contains(&text.to_lowercase()), "{text} in {table}: {row}");
        }
    }
}

/// The texts by which a customer of the bench could be known.
pub fn texts(name: &str) -> Vec<String> {
    [
        format!("{name} inc."),
        format!("all about {name}"),
        format!("{name}@example.com"),
        format!("+1-555-{name}"),
        format!("1 {name} street"),
        format!("{name}.example.com"),
        name.to_owned(),
    ]
    .to_vec()
}

/// A row that has this id and key, of the ledger.
pub fn step_row(tables: &Tables, id: CustomerId, step: &str) -> Value {
    let (_, steps) = tables.ledger(&id.to_string());
    steps.into_iter().find(|row| row["step"]["S"] == step).unwrap()
}
