//! Functions of two versions write the same rows during a release. What the newer version stored in a row that stays in use
//! survives the commands of this version.

use std::collections::{BTreeMap, BTreeSet};

use custodian_domain::kinds::ALL;
use custodian_tests::{Client, PASSWORD, Tables};
use reqwest::Method;
use serde_json::{Value, json};

use crate::sample_values::{create, full_body, kinds, row_path, tenant_on_plan};

/// The attributes that a newer version might add to a row, with values of several types.
fn newer_attributes(number: usize) -> Value {
    json!({
        "x_text": { "S": format!("text {number}") },
        "x_number": { "N": number.to_string() },
        "x_bytes": { "B": "AAEC" },
        "x_set": { "SS": ["a", "b"] },
        "x_map": { "M": { "deep": { "L": [{ "B": "AAEC" }, { "NULL": true }, { "N": "1.5" }] } } },
    })
}

/// The attributes that identify a row in every table.
fn key(row: &Value) -> String {
    ["customer_id", "id", "key"].map(|name| row[name]["S"].as_str().unwrap_or_default()).join("|")
}

/// Every row of a newer version, and the tables in which this version has changed some since.
struct NewerRows {
    client: Client,
    tables: Tables,
    rows: BTreeMap<(String, String), (Value, Value)>,
    changed: BTreeSet<String>,
}

impl NewerRows {
    fn new(client: &Client) -> Self {
        let tables = Tables(client.engine().clone());
        Self { client: client.clone(), tables, rows: BTreeMap::new(), changed: BTreeSet::new() }
    }

    /// Adds newer attributes to every row that has none yet.
    async fn extend(&mut self) {
        self.client.idle().await;
        let _paused = self.client.service().pause_background_work().await;
        for table in self.tables.names() {
            for mut row in self.tables.scan(&table) {
                if row.get("x_text").is_none() {
                    let added = newer_attributes(self.rows.len());
                    row.as_object_mut().unwrap().extend(added.as_object().unwrap().clone());
                    self.tables.insert(&table, std::slice::from_ref(&row));
                    self.rows.insert((table.clone(), key(&row)), (row, added));
                }
            }
        }
    }

    /// Fails if a row lost a newer attribute. Rows that were deleted are ignored. Then adds newer attributes to new rows.
    async fn check(&mut self, command: &str) {
        self.client.idle().await;
        for table in self.tables.names() {
            for row in self.tables.scan(&table) {
                let Some((seen, added)) = self.rows.get_mut(&(table.clone(), key(&row))) else { continue };
                for (name, value) in added.as_object().unwrap() {
                    assert_eq!(row.get(name), Some(value), "{command} lost {name} of {table}: {row}");
                }
                if *seen != row {
                    self.changed.insert(table.clone());
                    *seen = row;
                }
            }
        }
        self.extend().await;
    }
}

pub(crate) fn id(row: &Value) -> String {
    row["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn attributes_of_a_newer_version_survive_commands() {
    let client = Client::start().await;
    let (customer, owner) = tenant_on_plan(&client, "newer", "basic").await;
    let platform = client.platform_admin().await;
    let mut rows = NewerRows::new(&client);
    let mut owned = Vec::new();
    for kind in kinds() {
        owned.push((kind, create(&owner, kind, full_body(kind, 1, true).into()).await));
    }
    let agent = json!({ "username": "second@newer.example", "password": PASSWORD, "permission": 32 });
    let agent = format!("/v1.0/agents/{}", id(&owner.post("/v1.0/agents", agent).await.ok()));
    let access_key = owner.post("/v1.0/accesskeys", json!({ "name": "a" })).await.ok();
    let access_key = format!("/v1.0/accesskeys/{}", id(&access_key));
    let hook = json!({ "webhook_uri": "https://nowhere.invalid/hook", "webhook_method": "POST" });
    owner.put("/v1.0/customer", hook).await.ok();
    client.open_account("unverified").await;
    rows.extend().await;

    for (kind, row) in &owned {
        let path = row_path(kind, row);
        owner.put(&path, full_body(kind, 2, false).into()).await.ok();
        rows.check(&format!("PUT {path}")).await;
    }
    let tag = &owned.iter().find(|(kind, _)| kind.table == "tags").unwrap().1["id"];
    let account = format!("/v1.0/customers/{customer}");
    let billing = owner.get("/v1.0/billing_accounts").await.rows();
    let billing_path = format!("/v1.0/billing_accounts/{}", id(&billing[0]));
    let puts = [
        (&owner, agent.clone(), json!({ "name": "Second" })),
        (&owner, format!("{agent}/permission"), json!({ "permission": 64 })),
        (&owner, format!("{agent}/password"), json!({ "password": "another long password" })),
        (&owner, format!("{agent}/tag_ids"), json!({ "tag_ids": [tag] })),
        (&owner, format!("{agent}/status"), json!({ "status": "busy" })),
        (&owner, format!("{agent}/addresses"), json!({ "addresses": [] })),
        (&owner, access_key, json!({ "name": "b" })),
        (&owner, billing_path, json!({ "name": "main" })),
        (&owner, "/v1.0/customer".to_owned(), json!({ "name": "Newer", "email": "next@newer.example" })),
        (&platform, account.clone(), json!({ "detail": "by the operator" })),
        (&platform, format!("{account}/plan"), json!({ "plan": "professional" })),
    ];
    for (caller, path, body) in puts {
        caller.put(&path, body).await.ok();
        rows.check(&format!("PUT {path}")).await;
    }
    let verification = client.mailed_token("unverified@example.com").await;
    let token = client.mailed_token("next@newer.example").await;
    let posts = [
        (&client, "/auth/email-verify", json!({ "token": verification })),
        (&client, "/auth/email-verify", json!({ "token": token })),
        (&client, "/auth/password-forgot", json!({ "username": "next@newer.example" })),
        (&client, "/auth/password-forgot", json!({ "username": "next@newer.example" })),
        (&owner, "/v1.0/customer/webhook/test", json!({})),
        (&owner, "/v1.0/customer/webhook/rotate", json!({})),
        (&platform, &*format!("{account}/balance"), json!({ "balance_credit": 5 })),
        (&platform, &*format!("{account}/freeze"), json!({})),
        (&platform, &*format!("{account}/recover"), json!({})),
    ];
    for (caller, path, body) in posts {
        let request = caller.request(Method::POST, path).header("Idempotency-Key", path).json(&body);
        let response = caller.send(request).await;
        assert!([200, 201].contains(&response.status), "{path}: {}", response.text);
        rows.check(&format!("POST {path}")).await;
    }
    let token = client.mailed_token("next@newer.example").await;
    let reset = json!({ "token": token, "password": "a third long password" });
    client.post("/auth/password-reset", reset).await.ok();
    rows.check("a password reset").await;
    // Later attempts of the deliveries change their rows, and those of the endpoint that fails.
    client.advance(3600).await;
    rows.check("later attempts").await;

    let changed: BTreeSet<_> = rows.changed.iter().map(String::as_str).collect();
    let others =
        ["accesskeys", "agents", "customers", "identifiers", "throttle", "tokens", "usage", "webhooks"];
    let expected: BTreeSet<_> = ALL.iter().map(|kind| kind.table).chain(others).collect();
    assert!(expected.is_subset(&changed), "no command changed {:?}", expected.difference(&changed));

    platform.delete(&account).await.ok();
    let stored = rows.tables.customer(&customer);
    assert!(
        stored.get("x_text").is_none(),
        "anonymising drops attributes that this release does not know: {stored}"
    );
}
