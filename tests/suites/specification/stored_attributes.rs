//! The attributes of stored rows are a contract: every release must read the rows that earlier releases wrote.
//!
//! After a deliberate change, `cargo test -p custodian-tests --test specification -- --ignored` rewrites the list.

use std::collections::{BTreeMap, BTreeSet};

use custodian_tests::{Client, PASSWORD, Tables};
use serde_json::{Value, json};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/suites/specification/stored_attributes.json");

/// The list leaves out this table, because its rows depend on the progress of the stream.
const TRANSIENT: &str = "outbox";

type Attributes = BTreeMap<String, BTreeSet<String>>;

fn add(names: &mut BTreeSet<String>, prefix: &str, row: &Value) {
    for (name, value) in row.as_object().unwrap() {
        let path = format!("{prefix}{name}");
        if value["M"].is_object() {
            add(names, &format!("{path}."), &value["M"]);
        }
        names.insert(path);
    }
}

fn collect(client: &Client, found: &mut Attributes) {
    let tables = Tables(client.engine().clone());
    for table in tables.names().into_iter().filter(|name| name != TRANSIENT) {
        let names = found.entry(table.clone()).or_default();
        tables.scan(&table).iter().for_each(|row| add(names, "", row));
    }
}

/// The attributes of the rows in the life of an account with rows of every kind, mailed tokens and a webhook.
async fn stored_attributes() -> String {
    let mut found = Attributes::new();
    let client = Client::start().await;
    client.open_account("rows-new").await;
    client.post("/auth/password-forgot", json!({ "username": "rows-new" })).await;
    let (_, ann) = client.tenant("rows-ann").await;
    let ann = ann.with_access_key().await;
    for (route, body) in [
        ("tags", json!({ "name": "vip" })),
        ("flows", json!({ "name": "main", "actions": [{ "type": "talk" }] })),
        ("queues", json!({ "name": "calls" })),
        ("trunks", json!({ "name": "trunk", "domain_name": "rows-ann" })),
        ("extensions", json!({ "extension": "100", "password": "secret-100" })),
        ("numbers", json!({ "number": "+15550004321" })),
        ("storage_files", json!({ "name": "file" })),
        ("contacts", json!({ "addresses": [{ "type": "tel", "target": "+491" }] })),
        (
            "transcribes",
            json!({ "reference_type": "call", "reference_id": "5e4a0680-804e-11ec-8477-2fea5968d85b" }),
        ),
    ] {
        let request = ann.request(reqwest::Method::POST, &format!("/v1.0/{route}"));
        let response = ann.send(request.header("Idempotency-Key", format!("rows-{route}")).json(&body)).await;
        assert!(response.status < 300, "{route}: {}", response.text);
    }
    // The name has no public address, so that a delivery waits for its next attempt.
    let webhook = json!({ "webhook_method": "POST", "webhook_uri": "https://localhost/hook" });
    ann.put("/v1.0/customer", webhook).await.ok();
    ann.put("/v1.0/customer", json!({ "email": "rows-ann-2@example.com" })).await.ok();
    client.post("/auth/password-forgot", json!({ "username": "rows-ann" })).await;
    client.idle().await;
    collect(&client, &mut found);
    let ann = client.login("rows-ann", PASSWORD).await;
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    client.idle().await;
    collect(&client, &mut found);
    client.advance(31 * 86_400).await;
    client.idle().await;
    collect(&client, &mut found);
    serde_json::to_string_pretty(&found).unwrap() + "\n"
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_rows_have_the_attributes_of_earlier_releases() {
    let expected = std::fs::read_to_string(FILE).unwrap();
    assert_eq!(stored_attributes().await, expected, "see the top of stored_attributes.rs");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "rewrites stored_attributes.json"]
async fn write_the_stored_attributes() {
    std::fs::write(FILE, stored_attributes().await).unwrap();
}
