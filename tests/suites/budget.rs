//! How often a warm request goes to the database, endpoint by endpoint: the price of every promise, and its limit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::sync::Arc;

use custodian_tests::{Client, Counter, PASSWORD};
use serde_json::json;

/// An endpoint, how many operations it may use, and what it used.
struct Line {
    endpoint: &'static str,
    limit: usize,
    operations: Vec<String>,
}

struct Meter {
    counter: Arc<Counter>,
    lines: Vec<Line>,
}

impl Meter {
    /// Notes what a request has used, which must have been a success.
    #[track_caller]
    fn read(&mut self, endpoint: &'static str, limit: usize, answer: &custodian_tests::Answer) {
        let operations = self.counter.take();
        answer.ok();
        self.lines.push(Line { endpoint, limit, operations });
    }

    fn table(&self) -> String {
        let mut table = String::from("| endpoint | round trips | operations |\n|---|---|---|\n");
        for Line { endpoint, operations, .. } in &self.lines {
            writeln!(table, "| {endpoint} | {} | {} |", operations.len(), operations.join(", ")).unwrap();
        }
        table
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the table is for people to read")]
async fn requests_keep_to_their_round_trips() {
    let counter = Arc::new(Counter::default());
    let client = Client::start_watched(Arc::clone(&counter) as _).await;
    let (id, tenant) = client.tenant("ada").await;
    let (other, leaver) = client.tenant("bea").await;
    let operator = client.operator().await;
    let account = format!("/v1.0/customers/{id}");
    let tag = tenant.post("/v1.0/tags", json!({ "name": "a" })).await.ok();
    let tag = format!("/v1.0/tags/{}", tag["id"].as_str().unwrap());
    client.idle().await;
    let service = client.service().clone();
    let _still = service.hold_still().await;
    counter.take();
    let mut meter = Meter { counter, lines: Vec::new() };

    meter.read("GET /ping", 0, &client.get("/ping").await);
    meter.read("GET /v1.0/customer", 1, &tenant.get("/v1.0/customer").await);
    meter.read("GET /v1.0/customers/{id}", 1, &operator.get(&account).await);
    meter.read("GET /v1.0/tags/{id}", 1, &tenant.get(&tag).await);
    meter.read("GET /v1.0/tags", 2, &tenant.get("/v1.0/tags").await);
    // Who calls, one query for each of three statuses at once, the rows.
    meter.read("GET /v1.0/customers", 5, &operator.get("/v1.0/customers").await);
    meter.read("POST /v1.0/tags", 2, &tenant.post("/v1.0/tags", json!({ "name": "b" })).await);
    meter.read("PUT /v1.0/tags/{id}", 2, &tenant.put(&tag, json!({ "name": "c" })).await);
    meter.read("DELETE /v1.0/tags/{id}", 2, &tenant.delete(&tag).await);
    let flow = tenant.post("/v1.0/flows", json!({ "name": "menu" })).await;
    meter.read("POST /v1.0/flows", 2, &flow);
    // What it leads to and its own name cost no round trip of their own.
    let number = json!({ "number": "+15551234567", "call_flow_id": flow.json()["id"] });
    let number = tenant.post("/v1.0/numbers", number).await;
    meter.read("POST /v1.0/numbers", 2, &number);
    let number = format!("/v1.0/numbers/{}", number.json()["id"].as_str().unwrap());
    meter.read("PUT /v1.0/numbers/{id}", 2, &tenant.put(&number, json!({ "name": "main" })).await);
    meter.read("DELETE /v1.0/numbers/{id}", 2, &tenant.delete(&number).await);
    meter.read("GET /v1.0/customer/usage", 2, &tenant.get("/v1.0/customer/usage").await);
    meter.read("GET /v1.0/billing_account", 2, &tenant.get("/v1.0/billing_account").await);
    let plan = operator.put(&format!("{account}/plan"), json!({ "plan": "basic" })).await;
    meter.read("PUT /v1.0/customers/{id}/plan", 3, &plan);
    let credit = operator.post(&format!("{account}/balance"), json!({ "balance_credit": 1 })).await;
    meter.read("POST /v1.0/customers/{id}/balance", 3, &credit);
    meter.read("PUT /v1.0/customer", 2, &tenant.put("/v1.0/customer", json!({ "name": "d" })).await);
    meter.read("PUT /v1.0/customers/{id}", 2, &operator.put(&account, json!({ "name": "e" })).await);
    let new = json!({ "username": "cleo", "password": PASSWORD, "email": "cleo@example.com" });
    meter.read("POST /v1.0/customers", 2, &operator.post("/v1.0/customers", new).await);
    let login = json!({ "username": "ada", "password": PASSWORD });
    // Three rounds: whose name it is beside two reservations of the throttle, who that is, two reservations given back.
    meter.read("POST /auth/login", 6, &client.post("/auth/login", login).await);
    let leaving = json!({ "password": PASSWORD });
    // Two, and the throttle's reservation with its return.
    meter.read("POST /auth/unregister", 4, &tenant.post("/auth/unregister", leaving).await);
    let frozen = client.login("ada", PASSWORD).await;
    meter.counter.take();
    meter.read("DELETE /auth/unregister", 2, &frozen.delete("/auth/unregister").await);
    meter.read(
        "POST /v1.0/customers/{id}/freeze",
        2,
        &operator.post(&format!("{account}/freeze"), json!({})).await,
    );
    meter.read(
        "POST /v1.0/customers/{id}/recover",
        2,
        &operator.post(&format!("{account}/recover"), json!({})).await,
    );
    meter.read("DELETE /v1.0/customers/{id}", 2, &operator.delete(&account).await);
    let at_once = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    meter.read("POST /auth/unregister, immediate", 4, &leaver.post("/auth/unregister", at_once).await);
    assert_ne!(id, other);

    let table = meter.table();
    println!("{table}");
    for Line { endpoint, limit, operations } in &meter.lines {
        assert_eq!(operations.len(), *limit, "{endpoint}: {operations:?}\n{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_costs_the_same_however_many_accounts_there_are() {
    let counter = Arc::new(Counter::default());
    let client = Client::start_watched(Arc::clone(&counter) as _).await;
    let operator = client.operator().await;
    for n in 0..7 {
        client.open_account(&format!("customer{n}")).await;
    }
    client.idle().await;
    let service = client.service().clone();
    let _still = service.hold_still().await;
    counter.take();
    let mut token = String::new();
    let mut seen = 0;
    loop {
        let page = operator.get(&format!("/v1.0/customers?page_size=3&page_token={token}")).await.ok();
        seen += page["result"].as_array().unwrap().len();
        let operations = counter.take();
        assert!(operations.len() <= 5, "{operations:?}");
        token = page["next_page_token"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, 8);
}
