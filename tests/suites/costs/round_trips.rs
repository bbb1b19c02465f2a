//! Database round trips of a warm request to each measured endpoint, and the usage of the request and its background work.

use std::sync::Arc;

use axum::Router;
use custodian_tests::database_metrics::{DatabaseMetrics, DatabaseUsage};
use custodian_tests::{Client, PASSWORD, Response};
use serde_json::json;
use tokio::net::TcpListener;

/// The usage of a request until its response, and of the background work after it.
pub(crate) struct EndpointCost {
    pub(crate) endpoint: &'static str,
    /// The expected number of round trips.
    expected: usize,
    pub(crate) usage: DatabaseUsage,
    pub(crate) background: DatabaseUsage,
    /// The number of events that the request caused.
    pub(crate) events: usize,
}

/// A service whose database requests are measured.
struct MeasuredService {
    client: Client,
    metrics: Arc<DatabaseMetrics>,
    endpoints: Vec<EndpointCost>,
}

impl MeasuredService {
    async fn start() -> Self {
        let metrics = Arc::new(DatabaseMetrics::default());
        let client = Client::start_with(&["--allow-loopback-webhooks"], Arc::clone(&metrics) as _).await;
        Self { client, metrics, endpoints: Vec::new() }
    }

    /// The usage since the last call.
    fn take(&self) -> DatabaseUsage {
        self.metrics.take()
    }

    /// Records the usage of a request, which must succeed.
    async fn measure(
        &mut self,
        endpoint: &'static str,
        expected: usize,
        response: impl Future<Output = Response>,
    ) -> Response {
        self.client.idle().await;
        let service = self.client.service().clone();
        let paused = service.pause_background_work().await;
        let event_count = || service.published_events().unwrap().len();
        let (before, _) = (event_count(), self.take());
        self.metrics.count_rounds(true);
        let response = response.await;
        self.metrics.count_rounds(false);
        let usage = self.take();
        assert!(response.status < 400, "{endpoint}: {}", response.text);
        drop(paused);
        self.client.idle().await;
        let (background, events) = (self.take(), event_count() - before);
        self.endpoints.push(EndpointCost { endpoint, expected, usage, background, events });
        response
    }
}

/// The URL of a receiver that accepts every webhook.
async fn receive_webhooks() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(|| async {})).await });
    url
}

/// Sends one request to each endpoint that `docs/costs.md` lists, and measures it.
pub(crate) async fn measure_endpoints() -> Vec<EndpointCost> {
    let mut service = MeasuredService::start().await;
    let client = service.client.clone();
    let (id, tenant) = client.tenant("ada").await;
    let (_, leaver) = client.tenant("bea").await;
    let platform_admin = client.platform_admin().await;
    let account = format!("/v1.0/customers/{id}");
    let tag = tenant.post("/v1.0/tags", json!({ "name": "a" })).await.ok();
    let tag = format!("/v1.0/tags/{}", tag["id"].as_str().unwrap());

    service.measure("GET /ping", 0, client.get("/ping")).await;
    service.measure("GET /account", 0, client.get("/account")).await;
    service.measure("GET /v1.0/customer", 1, tenant.get("/v1.0/customer")).await;
    service.measure("GET /v1.0/customers/{id}", 1, platform_admin.get(&account)).await;
    service.measure("GET /v1.0/tags/{id}", 1, tenant.get(&tag)).await;
    service.measure("GET /v1.0/tags", 2, tenant.get("/v1.0/tags")).await;
    // Three rounds: authenticate, query the three statuses concurrently, read the rows.
    service.measure("GET /v1.0/customers", 3, platform_admin.get("/v1.0/customers")).await;
    service.measure("POST /v1.0/tags", 2, tenant.post("/v1.0/tags", json!({ "name": "b" }))).await;
    let (_, receiver) = client.tenant("dee").await;
    receiver.put("/v1.0/customer", json!({ "webhook_uri": receive_webhooks().await })).await.ok();
    let created = receiver.post("/v1.0/tags", json!({ "name": "b" }));
    service.measure("POST /v1.0/tags, with a webhook", 2, created).await;
    service.measure("PUT /v1.0/tags/{id}", 2, tenant.put(&tag, json!({ "name": "c" }))).await;
    service.measure("DELETE /v1.0/tags/{id}", 2, tenant.delete(&tag)).await;
    let flow =
        service.measure("POST /v1.0/flows", 2, tenant.post("/v1.0/flows", json!({ "name": "menu" }))).await;
    // The reference and the unique name need no additional round trip. But the name tells something about other accounts, so the limit
    // of taken names is read first.
    let number = json!({ "number": "+15551234567", "call_flow_id": flow.json()["id"] });
    let number = service.measure("POST /v1.0/numbers", 3, tenant.post("/v1.0/numbers", number)).await;
    let number = format!("/v1.0/numbers/{}", number.json()["id"].as_str().unwrap());
    service.measure("PUT /v1.0/numbers/{id}", 2, tenant.put(&number, json!({ "name": "main" }))).await;
    service.measure("DELETE /v1.0/numbers/{id}", 2, tenant.delete(&number)).await;
    // A part of a row costs as much as the row. A lookup authenticates, reads the name and then the row.
    let queue = tenant.post("/v1.0/queues", json!({})).await.ok();
    let tags = format!("/v1.0/queues/{}/tag_ids", queue["id"].as_str().unwrap());
    let no_tags = tenant.put(&tags, json!({ "tag_ids": [] }));
    service.measure("PUT /v1.0/queues/{id}/tag_ids", 2, no_tags).await;
    let contact = tenant.post("/v1.0/contacts", json!({})).await.json();
    let addresses = format!("/v1.0/contacts/{}/addresses", contact["id"].as_str().unwrap());
    let address = tenant.post(&addresses, json!({ "type": "tel", "target": "+15551234567" }));
    service.measure("POST /v1.0/contacts/{id}/addresses", 2, address).await;
    let lookup = tenant.get("/v1.0/contacts/lookup?phone=%2B15551234567");
    service.measure("GET /v1.0/contacts/lookup", 3, lookup).await;
    service.measure("GET /v1.0/customer/usage", 2, tenant.get("/v1.0/customer/usage")).await;
    service.measure("GET /v1.0/customer/audit", 2, tenant.get("/v1.0/customer/audit")).await;
    let audit = format!("{account}/audit");
    service.measure("GET /v1.0/customers/{id}/audit", 2, platform_admin.get(&audit)).await;
    // Authenticates; reads which export was the last one; counts the request; writes.
    let export = "/v1.0/customer/export";
    let started = service.measure("POST /v1.0/customer/export", 4, tenant.post(export, json!({}))).await;
    let export = format!("{export}/{}", started.json()["id"].as_str().unwrap());
    service.measure("GET /v1.0/customer/export/{id}", 2, tenant.get(&export)).await;
    let file = format!("{export}/file");
    service.measure("GET /v1.0/customer/export/{id}/file", 3, tenant.get(&file)).await;
    service.measure("GET /v1.0/billing_account", 2, tenant.get("/v1.0/billing_account")).await;
    let plan = format!("{account}/plan");
    service
        .measure("PUT /v1.0/customers/{id}/plan", 3, platform_admin.put(&plan, json!({ "plan": "basic" })))
        .await;
    let balance = format!("{account}/balance");
    let credit = platform_admin.post(&balance, json!({ "balance_credit": 1 }));
    service.measure("POST /v1.0/customers/{id}/balance", 3, credit).await;
    let hold = format!("{account}/hold");
    let held = platform_admin.put(&hold, json!({ "reason": "court order" }));
    service.measure("PUT /v1.0/customers/{id}/hold", 2, held).await;
    service.measure("GET /v1.0/customers/{id}/hold", 1, platform_admin.get(&hold)).await;
    service.measure("DELETE /v1.0/customers/{id}/hold", 2, platform_admin.delete(&hold)).await;
    let brake = "/v1.0/platform/deletions";
    service.measure("GET /v1.0/platform/deletions", 3, platform_admin.get(brake)).await;
    service.measure("GET /.well-known/jwks.json", 1, platform_admin.get("/.well-known/jwks.json")).await;
    // Authenticates; reads the platform's account and the brake; scans the table; reads the account of its rows, the ledger and the
    // brake. Each further account takes more.
    let restore = platform_admin.post("/v1.0/platform/restore", json!({ "table": "exports" }));
    service.measure("POST /v1.0/platform/restore", 7, restore).await;
    service.measure("PUT /v1.0/customer", 2, tenant.put("/v1.0/customer", json!({ "name": "d" }))).await;
    service
        .measure("PUT /v1.0/customers/{id}", 2, platform_admin.put(&account, json!({ "name": "e" })))
        .await;
    let key = service.measure("POST /v1.0/accesskeys", 2, tenant.post("/v1.0/accesskeys", json!({}))).await;
    let key = format!("/v1.0/accesskeys/{}", key.json()["id"].as_str().unwrap());
    // Authenticates; reads the change count of the keys; lists the keys to delete with this one; writes.
    service.measure("DELETE /v1.0/accesskeys/{id}", 4, tenant.delete(&key)).await;
    let agent = json!({ "username": "ada-2", "password": PASSWORD, "permission": 0x20 });
    let agent = tenant.post("/v1.0/agents", agent).await.ok();
    let agent = format!("/v1.0/agents/{}", agent["id"].as_str().unwrap());
    let permission = format!("{agent}/permission");
    let demotion = tenant.put(&permission, json!({ "permission": 0x40 }));
    service.measure("PUT /v1.0/agents/{id}/permission (demotes an admin)", 4, demotion).await;
    service.measure("DELETE /v1.0/agents/{id}", 4, tenant.delete(&agent)).await;
    let change = "/v1.0/customer/email_change";
    // Authenticates; reads who holds the address and counts the request; writes.
    service
        .measure(
            "PUT /v1.0/customer (email)",
            3,
            tenant.put("/v1.0/customer", json!({ "email": "f@example.com" })),
        )
        .await;
    service.measure("GET /v1.0/customer/email_change", 1, tenant.get(change)).await;
    service.measure("DELETE /v1.0/customer/email_change", 2, tenant.delete(change)).await;
    let body = json!({ "username": "cleo", "password": PASSWORD, "email": "cleo@example.com" });
    service.measure("POST /v1.0/customers", 2, platform_admin.post("/v1.0/customers", body)).await;
    let sign_up = json!({ "email": "cy@example.com", "accepted_tos": true, "name": "Cy" });
    service.measure("POST /auth/signup", 1, client.post("/auth/signup", sign_up)).await;
    let token = client.mailed_token("cy@example.com").await;
    let verification = client.post("/auth/email-verify", json!({ "token": token }));
    // Six rounds: reserve the attempt, read the token, the account, and the holders of
    // the names with the agents; commit, and release the attempt.
    service.measure("POST /auth/email-verify", 6, verification).await;
    let login = json!({ "username": "ada", "password": PASSWORD });
    // Three rounds: find the name and make two throttle reservations, read the agent, release both reservations.
    service.measure("POST /auth/login", 3, client.post("/auth/login", login)).await;
    // Two rounds: authenticate, and count the rows of all tables concurrently.
    let dry_run = json!({ "dry_run": true });
    service.measure("POST /auth/unregister, dry run", 2, tenant.post("/auth/unregister", dry_run)).await;
    let request = json!({ "password": PASSWORD });
    // The throttle's reservation needs its own round, because the agent is known only after authentication. The reservation
    // is released during the write. The link to the deletion is stored last, so a request that fails leaves none.
    service.measure("POST /auth/unregister", 4, tenant.post("/auth/unregister", request)).await;
    let frozen = client.login("ada", PASSWORD).await;
    service.measure("DELETE /auth/unregister", 2, frozen.delete("/auth/unregister")).await;
    let (freeze, recover) = (format!("{account}/freeze"), format!("{account}/recover"));
    service.measure("POST /v1.0/customers/{id}/freeze", 2, platform_admin.post(&freeze, json!({}))).await;
    service.measure("POST /v1.0/customers/{id}/recover", 2, platform_admin.post(&recover, json!({}))).await;
    service.measure("DELETE /v1.0/customers/{id}", 2, platform_admin.delete(&account)).await;
    let immediate = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    service.measure("POST /auth/unregister, immediate", 4, leaver.post("/auth/unregister", immediate)).await;
    service.endpoints
}

#[tokio::test(flavor = "multi_thread")]
async fn every_measured_endpoint_makes_the_expected_number_of_round_trips() {
    let endpoints = measure_endpoints().await;
    for EndpointCost { endpoint, expected, usage, .. } in &endpoints {
        assert_eq!(usage.rounds, *expected, "{endpoint}: {usage:?}");
    }
}
