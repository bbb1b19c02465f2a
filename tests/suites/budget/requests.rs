//! How often a warm request goes to the database, endpoint by endpoint, and what that and its consequences use: the price
//! of every promise, and its limit.

use std::sync::Arc;

use custodian_tests::meter::{Meter, Used};
use custodian_tests::{Answer, Client, PASSWORD};
use serde_json::json;

/// What a request used until its answer, and what it has set going used after that.
pub(crate) struct Line {
    pub(crate) endpoint: &'static str,
    /// How many rounds of operations it may take.
    limit: usize,
    pub(crate) used: Used,
    pub(crate) after: Used,
    /// How many events it was told by.
    pub(crate) events: usize,
}

/// A service at which every request is metered.
struct Metered {
    client: Client,
    meter: Arc<Meter>,
    lines: Vec<Line>,
}

impl Metered {
    async fn start() -> Self {
        let meter = Arc::new(Meter::default());
        let client = Client::start_watched(Arc::clone(&meter) as _).await;
        Self { client, meter, lines: Vec::new() }
    }

    /// What was used since the last time.
    fn take(&self) -> Used {
        self.meter.take()
    }

    /// Notes what a request uses, which must be a success.
    async fn read(
        &mut self,
        endpoint: &'static str,
        limit: usize,
        answer: impl Future<Output = Answer>,
    ) -> Answer {
        self.client.idle().await;
        let service = self.client.service().clone();
        let still = service.hold_still().await;
        let told = || service.published().unwrap().len();
        let (before, _) = (told(), self.take());
        self.meter.tell_rounds(true);
        let answer = answer.await;
        self.meter.tell_rounds(false);
        let used = self.take();
        answer.ok();
        drop(still);
        self.client.idle().await;
        let (after, events) = (self.take(), told() - before);
        self.lines.push(Line { endpoint, limit, used, after, events });
        answer
    }
}

/// Makes a request to every endpoint whose budget is promised.
pub(crate) async fn measured() -> Vec<Line> {
    let mut m = Metered::start().await;
    let client = m.client.clone();
    let (id, tenant) = client.tenant("ada").await;
    let (_, leaver) = client.tenant("bea").await;
    let operator = client.operator().await;
    let account = format!("/v1.0/customers/{id}");
    let tag = tenant.post("/v1.0/tags", json!({ "name": "a" })).await.ok();
    let tag = format!("/v1.0/tags/{}", tag["id"].as_str().unwrap());

    m.read("GET /ping", 0, client.get("/ping")).await;
    m.read("GET /v1.0/customer", 1, tenant.get("/v1.0/customer")).await;
    m.read("GET /v1.0/customers/{id}", 1, operator.get(&account)).await;
    m.read("GET /v1.0/tags/{id}", 1, tenant.get(&tag)).await;
    m.read("GET /v1.0/tags", 2, tenant.get("/v1.0/tags")).await;
    // Who calls, one query for each of three statuses at once, the rows.
    m.read("GET /v1.0/customers", 3, operator.get("/v1.0/customers")).await;
    m.read("POST /v1.0/tags", 2, tenant.post("/v1.0/tags", json!({ "name": "b" }))).await;
    m.read("PUT /v1.0/tags/{id}", 2, tenant.put(&tag, json!({ "name": "c" }))).await;
    m.read("DELETE /v1.0/tags/{id}", 2, tenant.delete(&tag)).await;
    let flow = m.read("POST /v1.0/flows", 2, tenant.post("/v1.0/flows", json!({ "name": "menu" }))).await;
    // What it leads to and its own name cost no round trip of their own.
    let number = json!({ "number": "+15551234567", "call_flow_id": flow.json()["id"] });
    let number = m.read("POST /v1.0/numbers", 2, tenant.post("/v1.0/numbers", number)).await;
    let number = format!("/v1.0/numbers/{}", number.json()["id"].as_str().unwrap());
    m.read("PUT /v1.0/numbers/{id}", 2, tenant.put(&number, json!({ "name": "main" }))).await;
    m.read("DELETE /v1.0/numbers/{id}", 2, tenant.delete(&number)).await;
    m.read("GET /v1.0/customer/usage", 2, tenant.get("/v1.0/customer/usage")).await;
    m.read("GET /v1.0/billing_account", 2, tenant.get("/v1.0/billing_account")).await;
    let plan = format!("{account}/plan");
    m.read("PUT /v1.0/customers/{id}/plan", 3, operator.put(&plan, json!({ "plan": "basic" }))).await;
    let balance = format!("{account}/balance");
    let credit = operator.post(&balance, json!({ "balance_credit": 1 }));
    m.read("POST /v1.0/customers/{id}/balance", 3, credit).await;
    m.read("PUT /v1.0/customer", 2, tenant.put("/v1.0/customer", json!({ "name": "d" }))).await;
    m.read("PUT /v1.0/customers/{id}", 2, operator.put(&account, json!({ "name": "e" }))).await;
    let new = json!({ "username": "cleo", "password": PASSWORD, "email": "cleo@example.com" });
    m.read("POST /v1.0/customers", 2, operator.post("/v1.0/customers", new)).await;
    let login = json!({ "username": "ada", "password": PASSWORD });
    // Three rounds: whose name it is beside two reservations of the throttle, who that is, two reservations given back.
    m.read("POST /auth/login", 3, client.post("/auth/login", login)).await;
    let leaving = json!({ "password": PASSWORD });
    // The throttle's reservation is one of its own, since only who calls tells whose it is; it is returned beside the write.
    m.read("POST /auth/unregister", 3, tenant.post("/auth/unregister", leaving)).await;
    let frozen = client.login("ada", PASSWORD).await;
    m.read("DELETE /auth/unregister", 2, frozen.delete("/auth/unregister")).await;
    let (freeze, recover) = (format!("{account}/freeze"), format!("{account}/recover"));
    m.read("POST /v1.0/customers/{id}/freeze", 2, operator.post(&freeze, json!({}))).await;
    m.read("POST /v1.0/customers/{id}/recover", 2, operator.post(&recover, json!({}))).await;
    m.read("DELETE /v1.0/customers/{id}", 2, operator.delete(&account)).await;
    let at_once = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    m.read("POST /auth/unregister, immediate", 3, leaver.post("/auth/unregister", at_once)).await;
    m.lines
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_keep_to_their_round_trips() {
    let lines = measured().await;
    for Line { endpoint, limit, used, .. } in &lines {
        assert_eq!(used.rounds, *limit, "{endpoint}: {used:?}");
    }
}
