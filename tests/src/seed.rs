//! Seeds rows for a customer, and checks the rows that a cascade leaves behind.

use std::collections::BTreeMap;

use custodian_domain::{CustomerId, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::tables::{CASCADE_TABLES, Tables};

/// The tables whose rows are keyed by customer and id.
const BY_ID: [&str; 14] = [
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
    "exports",
];

/// Stores `each` rows of a customer in every table that a cascade empties, except `outbox` and `webhooks`. Returns the number of
/// rows by table. The text of each row contains `secret`.
pub fn seed_rows(tables: &Tables, id: CustomerId, secret: &str, each: usize) -> BTreeMap<String, u64> {
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
        let item = |n| json!({ "id": { "S": name(n) }, "key": { "S": other }, "owner": customer });
        let owner_entry = |n| {
            json!({
                "id": { "S": format!("owner#{id}") }, "key": { "S": name(n) }, "pair": { "S": name(n) },
            })
        };
        tables.insert(table, &(0..each).map(item).collect::<Vec<_>>());
        tables.insert(table, &(0..each).map(owner_entry).collect::<Vec<_>>());
    }
    count_rows(tables, id)
}

/// The number of rows of a customer that a cascade will find, by table. An item and its owner entry count once.
pub fn count_rows(tables: &Tables, id: CustomerId) -> BTreeMap<String, u64> {
    let by_customer = BY_ID.into_iter().chain(["idempotency", "usage", "outbox", "webhooks"]);
    let mut counts: BTreeMap<_, _> = by_customer
        .map(|table| (table.to_owned(), tables.query(table, "customer_id", &id.to_string()).len() as u64))
        .collect();
    for table in ["identifiers", "tokens"] {
        let pairs = tables.query(table, "id", &format!("owner#{id}")).len() as u64;
        counts.insert(table.to_owned(), pairs);
    }
    counts
}

/// The rows that do not belong to this customer, by table.
pub fn rows_of_others(tables: &Tables, id: CustomerId) -> Vec<(String, Vec<String>)> {
    let (id, mut dump) = (id.to_string(), tables.dump());
    // Its rows (rate limits, budgets, the brake's count of deletions) belong to no account, and a deletion changes some of them.
    dump.remove("throttle");
    for rows in dump.values_mut() {
        rows.retain(|row| !row.contains(&id));
    }
    dump.into_iter().collect()
}

/// Fails if a row contains one of these texts.
pub fn assert_no_row_contains(tables: &Tables, texts: &[&str]) {
    for (table, rows) in tables.dump() {
        for (row, text) in rows.iter().flat_map(|row| texts.iter().map(move |text| (row, text))) {
            assert!(!row.to_lowercase().contains(&text.to_lowercase()), "{text} in {table}: {row}");
        }
    }
}

/// The personal texts of a customer that [`crate::TestApp`] created.
pub fn personal_texts(name: &str) -> Vec<String> {
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

/// Stores ledgers that were completed at `now` and are not verified yet. Returns their customers.
pub fn seed_completed_ledgers(tables: &Tables, now: Timestamp, count: usize) -> Vec<CustomerId> {
    let ids: Vec<_> = (1..=count).map(|number| CustomerId(Uuid::from_u128(number as u128))).collect();
    let (now, mut rows) = (json!({ "N": now.micros().to_string() }), Vec::new());
    for id in &ids {
        let customer = json!({ "S": id.to_string() });
        rows.push(json!({
            "customer_id": customer, "key": { "S": "ledger" }, "cause": { "S": "deleted" },
            "version": { "N": "3" }, "tm_open": now, "tm_progress": now, "open": { "S": "sealed" },
            "steps": { "N": CASCADE_TABLES.len().to_string() }, "tm_sealed": now, "removed": { "M": {} },
        }));
        let step = |table: &&str| {
            json!({
                "customer_id": customer, "key": { "S": format!("step#{table}") }, "step": { "S": table },
                "closed": { "BOOL": true }, "removed": { "N": "0" }, "tm_progress": now,
            })
        };
        rows.extend(CASCADE_TABLES.iter().map(step));
    }
    tables.insert("deletions", &rows);
    ids
}

/// A step of a customer's ledger.
pub fn ledger_step(tables: &Tables, id: CustomerId, step: &str) -> Value {
    let (_, steps) = tables.ledger(&id.to_string());
    steps.into_iter().find(|row| row["step"]["S"] == step).unwrap()
}
