//! Values that only a newer version knows stay in their rows. Choices of kinds and scopes of keys among them are shown, and such a
//! scope permits nothing.

use custodian_domain::kinds::{Field, FieldType, Kind};
use custodian_tests::{Client, Tables};
use reqwest::Method;
use serde_json::{Value, json};

use crate::newer_rows::id;
use crate::sample_values::{create, full_body, kinds, row_path};

/// Sets an attribute of a customer, or of the rows of a customer that have the attribute.
fn store(tables: &Tables, table: &str, owner: &str, name: &str, value: &Value) {
    let hash = if table == "customers" { "id" } else { "customer_id" };
    let mut rows = tables.query(table, hash, owner);
    rows.retain(|row| table == "customers" || row.get(name).is_some());
    rows.iter_mut().for_each(|row| row[name] = value.clone());
    assert!(!rows.is_empty(), "{table} has rows with {name}");
    tables.insert(table, &rows);
}

fn choice(kind: &Kind) -> Option<&'static Field> {
    kind.fields.iter().find(|field| matches!(field.field_type, FieldType::Choice { .. }))
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_only_a_newer_version_knows_are_carried() {
    let client = Client::start().await;
    let (customer, owner) = client.tenant("values").await;
    let key = owner.post("/v1.0/accesskeys", json!({ "scopes": ["tags"] })).await.ok();
    let mut owned = Vec::new();
    for kind in kinds().filter(|kind| choice(kind).is_some()) {
        owned.push((kind, create(&owner, kind, full_body(kind, 1, true).into()).await));
    }
    let hook = json!({ "webhook_uri": "https://nowhere.invalid/hook", "email": "next@values.example" });
    owner.put("/v1.0/customer", hook).await.ok();
    owner.post("/v1.0/tags", json!({ "name": "a" })).await.ok();
    client.advance(1).await;
    let tables = Tables(client.engine().clone());
    let paused = client.service().pause_background_work().await;
    let maker = json!({ "M": { "type": { "S": "robot" }, "serial": { "N": "7" } } });
    let requester = json!({ "M": {
        "address": { "S": "next@values.example" }, "ends": { "N": "9999999999999999" },
        "asked_by": { "M": { "who": { "S": "robot" }, "serial": { "N": "7" } } },
    } });
    let mut stored = vec![
        ("customers", "plan", json!({ "S": "galactic" })),
        ("customers", "pending_email", requester),
        ("agents", "permission", json!({ "N": "288" })),
        ("agents", "created_by", maker.clone()),
        ("accesskeys", "created_by", maker),
        ("accesskeys", "scopes", json!({ "L": [{ "S": "tags" }, { "S": "teleports" }] })),
        ("webhooks", "type", json!({ "S": "planet_created" })),
    ];
    stored.extend(owned.iter().filter_map(|(kind, _)| {
        choice(kind).map(|field| (kind.table, field.name, json!({ "S": "hologram" })))
    }));
    for (table, name, value) in &stored {
        store(&tables, table, &customer, name, value);
    }
    drop(paused);

    let account = format!("/v1.0/customers/{customer}");
    let agents = owner.get("/v1.0/agents").await.rows();
    let agent = agents.iter().find(|agent| agent["username"] == "values").unwrap();
    let limited = client.with_token(key["token"].as_str().unwrap());
    limited.get("/v1.0/tags").await.ok();
    assert_eq!(limited.get("/v1.0/flows").await.status, 403, "an unknown scope permits nothing");
    owner.get("/v1.0/customer/usage").await.ok();
    owner.get("/v1.0/customer/webhook/deliveries").await.ok();
    owner.put("/v1.0/customer", json!({ "name": "changed" })).await.ok();
    owner.put(&format!("/v1.0/agents/{}", id(agent)), json!({ "detail": "changed" })).await.ok();
    // The API description does not list these values, so the responses are not compared with it.
    let put = |path: String, body: Value| owner.request(Method::PUT, &path).json(&body).send();
    let response = put(format!("/v1.0/accesskeys/{}", id(&key)), json!({ "name": "changed" })).await.unwrap();
    assert!(response.text().await.unwrap().contains("teleports"));
    for (kind, row) in &owned {
        let name = kind.fields.iter().find(|field| {
            field.is_writable(false) && !field.encrypted && matches!(field.field_type, FieldType::Text { .. })
        });
        let body = name.map_or_else(|| json!({}), |field| json!({ field.name: "changed" }));
        let response = put(row_path(kind, row), body).await.unwrap();
        assert_eq!(response.status().as_u16(), 200, "{}", kind.route);
        assert!(response.text().await.unwrap().contains("hologram"), "{}", kind.route);
    }
    let platform = client.platform_admin().await;
    platform.post(&format!("{account}/freeze"), json!({})).await.ok();
    platform.post(&format!("{account}/recover"), json!({})).await.ok();
    // A freeze cancels a pending address.
    for (table, name, value) in stored.iter().filter(|(_, name, _)| *name != "pending_email") {
        let hash = if *table == "customers" { "id" } else { "customer_id" };
        let rows = tables.query(table, hash, &customer);
        assert!(rows.iter().any(|row| row.get(*name) == Some(value)), "{table} lost {name}: {rows:?}");
    }
}
