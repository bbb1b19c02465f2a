//! Every route with which a platform admin can change an account, but the deletion, leaves an entry in the account's audit log.

use std::collections::BTreeSet;

use custodian_domain::kinds::{self, PartChange};
use custodian_http::{Audience, CredentialRule};
use custodian_local::deployed_routes;
use custodian_tests::{Client, PASSWORD, Tables};
use serde_json::{Value, json};

use crate::audited_acts::{AuditLog, delegate_of};

/// Routes without an entry. The first deletes the audit log with the account. There is only one routing method, so setting it
/// changes nothing. The others change no account.
const WITHOUT_ENTRY: [&str; 4] = [
    "DELETE /v1.0/customers/{id}",
    "PUT /v1.0/queues/{id}/routing_method",
    "PUT /v1.0/platform/deletions",
    "POST /v1.0/platform/restore",
];

/// The writes that an operator or a delegate may request.
fn writes_of_platform_admins() -> BTreeSet<String> {
    let writes = deployed_routes().into_iter().filter(|deployed| !deployed.route.is_read());
    let permitted = writes.filter(|deployed| match deployed.audience {
        Audience::Anyone => false,
        Audience::PlatformAdmin => true,
        Audience::Account { permits, .. } => {
            matches!(permits, CredentialRule::Any | CredentialRule::NoLimitedKeys)
        }
    });
    permitted.map(|deployed| deployed.route.to_string()).collect()
}

/// The requests of a test, and the routes that they covered.
struct Requests {
    log: AuditLog,
    covered: BTreeSet<String>,
}

impl Requests {
    /// Sends a request to the route, which must succeed and leave at least one entry by a platform admin. Returns the response.
    async fn send(&mut self, caller: &Client, route: &str, id: &str, body: Value) -> Value {
        self.send_to(caller, route, &[("{id}", id)], body).await
    }

    /// Like `send`, with a value for each parameter of the path.
    async fn send_to(
        &mut self,
        caller: &Client,
        route: &str,
        parameters: &[(&str, &str)],
        body: Value,
    ) -> Value {
        let (method, pattern) = route.split_once(' ').unwrap();
        let path =
            parameters.iter().fold(pattern.to_owned(), |path, (name, value)| path.replace(name, value));
        let request = caller.request(method.parse().unwrap(), &path).json(&body);
        let response = caller.send(request).await;
        assert!(response.status < 300, "{route}: {}", response.text);
        // The first delivery of a webhook creates the signing secret.
        let mut entries = self.log.unseen().await;
        entries.retain(|entry| entry["type"] != "webhook_secret_created");
        let by_platform_admin =
            |entry: &Value| ["operator", "delegate"].contains(&entry["who"]["type"].as_str().unwrap());
        assert!(!entries.is_empty() && entries.iter().all(by_platform_admin), "{route}: {entries:?}");
        self.covered.insert(route.to_owned());
        response.json()
    }
}

/// Changes each part of a row but the routing method. The routes of a list add its item before they change or remove it.
async fn change_parts(
    requests: &mut Requests,
    delegate: &Client,
    kind: &str,
    row: &str,
    tag: &str,
    flow: &str,
) {
    let Some(kind) = kinds::by_route(kind) else { return };
    let mut address = String::new();
    for part in kind.parts {
        let body = match part.change {
            PartChange::SetFields(["routing_method"]) => continue,
            PartChange::SetFields(["tag_ids"]) => json!({ "tag_ids": [tag] }),
            PartChange::SetFields(_) => json!({ "call_flow_id": flow }),
            PartChange::AddAddress => json!({ "type": "tel", "target": "+15551234567" }),
            PartChange::ChangeAddress => json!({ "target": "+15557654321" }),
            PartChange::AddTag => json!({ "tag_id": tag }),
            PartChange::RemoveAddress | PartChange::RemoveTag => json!({}),
        };
        let route = format!("{} /v1.0/{}/{{id}}/{}", part.method, kind.route, part.path);
        let items = [("{address_id}", address.as_str()), ("{tag_id}", tag)];
        let changed = requests.send_to(delegate, &route, &[("{id}", row), items[0], items[1]], body).await;
        if part.change == PartChange::AddAddress {
            address = id(&changed["addresses"][0]);
        }
    }
}

fn id(row: &Value) -> String {
    row["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_that_a_platform_admin_may_use_to_write_leaves_an_entry() {
    let client = Client::start().await;
    let (account, ann) = client.tenant("ann").await;
    let admin = client.platform_admin().await;
    let me = id(&ann.get("/v1.0/me").await.ok());
    let key = id(&ann.post("/v1.0/accesskeys", json!({})).await.ok());
    let bob = id(&ann.post("/v1.0/agents", json!({ "username": "bob", "password": PASSWORD })).await.ok());
    let billing = id(&ann.get("/v1.0/billing_account").await.ok());
    let mut requests = Requests { log: AuditLog::of(&client, &account).await, covered: BTreeSet::new() };

    // As an operator.
    for (route, body) in [
        ("PUT /v1.0/customers/{id}", json!({ "name": "Ann Inc." })),
        ("PUT /v1.0/customers/{id}/plan", json!({ "plan": "basic" })),
        ("POST /v1.0/customers/{id}/balance", json!({ "balance_credit": 1 })),
        ("POST /v1.0/customers/{id}/freeze", json!({})),
        ("POST /v1.0/customers/{id}/recover", json!({})),
        ("PUT /v1.0/customers/{id}/hold", json!({ "reason": "court order" })),
        ("DELETE /v1.0/customers/{id}/hold", json!({})),
    ] {
        requests.send(&admin, route, &account, body).await;
    }
    let delegation = json!({ "customer_id": account, "reason": "ticket 4711: cannot log in" });
    requests.send(&admin, "POST /auth/delegate", "", delegation).await;
    let new = json!({ "username": "cyd", "password": PASSWORD, "email": "cyd@example.com" });
    let opened = id(&admin.post("/v1.0/customers", new).await.ok());
    let log = admin.get(&format!("/v1.0/customers/{opened}/audit")).await.rows();
    assert_eq!(log[0]["who"]["type"], "operator");
    requests.covered.insert("POST /v1.0/customers".to_owned());

    // As a delegate.
    let delegate = delegate_of(&client, &account).await;
    requests.log.unseen().await;
    let tag = id(&requests.send(&delegate, "POST /v1.0/tags", "", json!({ "name": "vip" })).await);
    for (route, row, body) in [
        ("PUT /v1.0/customer", "", json!({ "webhook_uri": "https://hooks.example.com/ann" })),
        ("PUT /v1.0/accesskeys/{id}", key.as_str(), json!({ "name": "kept" })),
        ("DELETE /v1.0/accesskeys/{id}", &key, json!({})),
        ("PUT /v1.0/agents/{id}", &me, json!({ "name": "Ann" })),
        ("PUT /v1.0/agents/{id}/status", &me, json!({ "status": "busy" })),
        ("PUT /v1.0/agents/{id}/tag_ids", &me, json!({ "tag_ids": [tag] })),
        ("PUT /v1.0/agents/{id}/addresses", &me, json!({ "addresses": [] })),
        ("DELETE /v1.0/agents/{id}", &bob, json!({})),
        ("PUT /v1.0/billing_accounts/{id}", &billing, json!({ "name": "main" })),
        ("POST /v1.0/customer/export", "", json!({})),
    ] {
        requests.send(&delegate, route, row, body).await;
    }
    let flow = id(&requests.send(&delegate, "POST /v1.0/flows", "", json!({})).await);
    for route in writes_of_platform_admins() {
        let Some(kind) = route.strip_prefix("POST /v1.0/") else { continue };
        if kind.contains('/') || ["accesskeys", "agents", "customers"].contains(&kind) {
            continue;
        }
        let body = match kind {
            "numbers" => json!({ "number": "+15551234567" }),
            "extensions" => json!({ "extension": "100", "password": "dial tone" }),
            _ => json!({}),
        };
        let row = id(&requests.send(&delegate, &route, "", body).await);
        let change = json!({ (if kind == "contacts" { "company" } else { "name" }): "a" });
        requests.send(&delegate, &format!("PUT /v1.0/{kind}/{{id}}"), &row, change).await;
        if kind == "transcribes" {
            requests.send(&delegate, "POST /v1.0/transcribes/{id}/stop", &row, json!({})).await;
        }
        change_parts(&mut requests, &delegate, kind, &row, &tag, &flow).await;
        requests.send(&delegate, &format!("DELETE /v1.0/{kind}/{{id}}"), &row, json!({})).await;
    }
    // An account has one billing account today, so setting it changes nothing unless the row names another one.
    let tables = Tables(client.engine().clone());
    for (caller, route) in [
        (&delegate, "PUT /v1.0/customer/billing_account_id"),
        (&admin, "PUT /v1.0/customers/{id}/billing_account_id"),
    ] {
        let mut row = tables.query("customers", "id", &account).remove(0);
        row["billing_account_id"]["S"] = json!(tag);
        tables.insert("customers", &[row]);
        requests.send(caller, route, &account, json!({ "billing_account_id": billing })).await;
    }
    let sent = requests.send(&delegate, "POST /v1.0/customer/webhook/test", "", json!({})).await;
    client.idle().await;
    requests.log.unseen().await;
    let redeliver = "POST /v1.0/customer/webhook/deliveries/{id}/redeliver";
    requests.send(&delegate, redeliver, &id(&sent), json!({})).await;
    let endpoints = "/v1.0/customer/webhook/endpoints";
    let new = json!({ "webhook_uri": "https://hooks.example.com/other" });
    let endpoint = id(&requests.send(&delegate, &format!("POST {endpoints}"), "", new).await);
    for (route, body) in [
        (format!("PUT {endpoints}/{{id}}"), json!({ "event_types": ["tag_created"] })),
        (format!("POST {endpoints}/{{id}}/test"), json!({})),
        (format!("DELETE {endpoints}/{{id}}"), json!({})),
    ] {
        requests.send(&delegate, &route, &endpoint, body).await;
    }
    requests.send(&delegate, "POST /auth/logout", "", json!({})).await;

    // A delegate recovers an account that its owner has frozen.
    client.login("ann", PASSWORD).await.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    let delegate = delegate_of(&client, &account).await;
    requests.log.unseen().await;
    requests.send(&delegate, "DELETE /auth/unregister", "", json!({})).await;

    let missing: Vec<_> = writes_of_platform_admins()
        .into_iter()
        .filter(|route| !requests.covered.contains(route) && !WITHOUT_ENTRY.contains(&route.as_str()))
        .collect();
    assert_eq!(missing, [""; 0], "routes that this test does not cover");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_and_its_download_have_entries() {
    let client = Client::start().await;
    let (account, ann) = client.tenant("ann").await;
    let me = ann.get("/v1.0/me").await.ok()["id"].clone();
    let mut log = AuditLog::of(&client, &account).await;
    let export = ann.post("/v1.0/customer/export", json!({})).await.json();
    client.idle().await;
    let file = format!("/v1.0/customer/export/{}/file", id(&export));
    assert_eq!(ann.get(&file).await.status, 303);
    let entries = log.unseen().await;
    let types: Vec<_> = entries.iter().map(|entry| entry["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["export_started", "export_downloaded"]);
    for entry in &entries {
        assert_eq!(entry["who"], json!({ "type": "agent", "id": me }));
        assert_eq!(entry["ip_address"], "127.0.0.1");
        assert_eq!(entry["resource"], json!({ "type": "export", "id": export["id"] }));
    }
}
