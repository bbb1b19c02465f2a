//! A hold stops every way in which an account can end. Its release ends the account at once if the deadline has passed, or
//! `reconcile` does so later.

use custodian_app::hold::{place_hold, release_hold};
use custodian_app::request_conditions::{RequestConditions, with_conditions};
use custodian_domain::{AgentId, Customer, Hold, Status};
use custodian_tests::{Client, Interruption, PASSWORD, TestApp};
use futures::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::concurrent_requests::assert_one_history;

const DAY: u64 = 86_400;

/// An account on hold, a client without a credential, and the platform admin.
struct Held {
    client: Client,
    operator: Client,
    id: String,
}

impl Held {
    async fn new() -> Self {
        let client = Client::start().await;
        let (id, _) = client.tenant("ann").await;
        let held = Self { operator: client.platform_admin().await, client, id };
        held.place(json!({ "reason": "court order 4711", "reference": "A-1" })).await;
        held
    }

    fn path(&self, suffix: &str) -> String {
        format!("/v1.0/customers/{}{suffix}", self.id)
    }

    async fn place(&self, body: Value) -> Value {
        self.operator.put(&self.path("/hold"), body).await.ok()
    }

    async fn status(&self) -> String {
        // The session of the platform admin may expire when the clock moves.
        let operator = self.client.platform_admin().await;
        operator.get(&self.path("")).await.ok()["status"].as_str().unwrap().to_owned()
    }

    async fn owner(&self) -> Client {
        self.client.login("ann", PASSWORD).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_delete_an_account_on_hold() {
    let held = Held::new().await;
    let immediate = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    let owner = held.owner().await;
    for refused in
        [owner.post("/auth/unregister", immediate).await, held.operator.delete(&held.path("")).await]
    {
        assert_eq!(refused.refusal(), (409, "ACCOUNT_HELD".into()));
    }
    assert_eq!(held.status().await, "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_account_on_hold_outlives_its_deadline_and_can_still_be_recovered() {
    let held = Held::new().await;
    held.owner().await.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    held.client.advance(40 * DAY).await;
    assert_eq!(held.status().await, "frozen", "neither the job nor reconcile purges it");
    held.owner().await.delete("/auth/unregister").await.ok();
    assert_eq!(held.status().await, "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_release_of_a_hold_purges_an_overdue_account() {
    let held = Held::new().await;
    held.owner().await.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    held.client.advance(40 * DAY).await;
    let operator = held.client.platform_admin().await;
    let released = operator.delete(&held.path("/hold")).await.ok();
    assert_eq!(released["reason"], "court order 4711");
    assert_eq!(held.status().await, "deleted");
    assert_eq!(operator.delete(&held.path("/hold")).await.refusal(), (404, "HOLD_NOT_FOUND".into()));
}

/// A frozen account on hold whose grace period is over.
async fn overdue(app: &TestApp) -> Customer {
    let id = app.active_account("ann").await;
    let frozen = app.change(id, app.freeze_command()).await;
    app.clock.set(frozen.due().unwrap());
    let body = json!({ "reason": "court order" });
    let hold = Hold::read(body.as_object().unwrap(), AgentId(Uuid::nil()), app.cx.now()).unwrap();
    place_hold(&app.cx, frozen, hold).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_succeeds_even_if_the_purge_fails_or_hangs_and_reconcile_purges_the_account_later() {
    for interruption in [Interruption::CrashBefore, Interruption::Hang] {
        let app = TestApp::default();
        let held = overdue(&app).await;
        let id = held.id;
        app.fault_injector.interrupt(1, interruption);
        assert_eq!(release_hold(&app.cx, held).await.unwrap().reason, "court order");
        app.fault_injector.reset();
        assert_eq!(app.customer(id).await.status(), Status::Frozen);
        app.reconcile().await.unwrap();
        assert_eq!(app.customer(id).await.status(), Status::Deleted);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_if_match_of_a_release_does_not_apply_to_the_purge() {
    let app = TestApp::default();
    let held = overdue(&app).await;
    let (id, tables) = (held.id, app.tables.clone());
    let _expected = app.fault_injector.before_call(1, move || {
        let mut row = tables.customer(&id.to_string());
        row["version"]["N"] = json!("100");
        tables.insert("customers", &[row]);
    });
    let if_match = RequestConditions { if_match: true, ..RequestConditions::default() };
    with_conditions(if_match, release_hold(&app.cx, held)).await.unwrap();
    assert_eq!(app.customer(id).await.status(), Status::Deleted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_with_an_end_ends_by_itself() {
    let held = Held::new().await;
    let frozen = held.owner().await.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    let due = custodian_domain::Timestamp::parse(frozen["tm_deletion_scheduled"].as_str().unwrap()).unwrap();
    let until = due.plus(std::time::Duration::from_secs(5 * DAY)).to_rfc3339();
    held.place(json!({ "reason": "court order", "until": until })).await;
    held.client.advance(32 * DAY).await;
    assert_eq!(held.status().await, "frozen");
    held.client.advance(4 * DAY).await;
    assert_eq!(held.status().await, "deleted", "reconcile purges it when the hold is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_has_ended_is_not_shown() {
    let held = Held::new().await;
    let customer = held.operator.get(&held.path("")).await.ok();
    assert!(customer["hold"].is_object(), "{customer}");
    let now = custodian_domain::Timestamp::parse(customer["tm_update"].as_str().unwrap()).unwrap();
    let until = now.plus(std::time::Duration::from_secs(DAY)).to_rfc3339();
    held.place(json!({ "reason": "court order", "until": until })).await;
    held.client.advance(DAY).await;
    let operator = held.client.platform_admin().await;
    assert_eq!(operator.get(&held.path("")).await.ok().get("hold"), None);
    assert_eq!(held.owner().await.get("/v1.0/customer").await.ok().get("hold"), None);
    assert_eq!(operator.get(&held.path("/hold")).await.refusal(), (404, "HOLD_NOT_FOUND".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unverified_account_on_hold_does_not_expire_and_keeps_its_address() {
    let client = Client::start().await;
    let id = client.open_account("ann").await;
    let operator = client.platform_admin().await;
    operator.put(&format!("/v1.0/customers/{id}/hold"), json!({ "reason": "court order" })).await.ok();
    client.advance(8 * DAY).await;
    let operator = client.platform_admin().await;
    let path = format!("/v1.0/customers/{id}");
    assert_eq!(operator.get(&path).await.ok()["status"], "initial");
    let rival = json!({ "username": "ann@example.com", "password": PASSWORD, "email": "ann@example.com" });
    assert_eq!(operator.post("/v1.0/customers", rival).await.status, 409, "its names are not free");
    operator.delete(&format!("{path}/hold")).await.ok();
    assert_eq!(operator.get(&path).await.ok()["status"], "expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_sees_the_hold_and_its_reason_only_if_the_operator_discloses_it() {
    let held = Held::new().await;
    let hold = held.owner().await.get("/v1.0/customer").await.ok()["hold"].clone();
    assert_eq!(hold["until"], Value::Null);
    assert!(hold.get("reason").is_none() && hold.get("reference").is_none(), "{hold}");
    held.place(json!({ "reason": "unpaid bills", "reason_is_visible": true, "reference": "B-2" })).await;
    let hold = held.owner().await.get("/v1.0/customer").await.ok()["hold"].clone();
    assert_eq!((&hold["reason"], &hold["reference"]), (&json!("unpaid bills"), &json!("B-2")));
    let shown = held.operator.get(&held.path("/hold")).await.ok();
    assert_eq!(shown["reason"], "unpaid bills", "a second hold replaces the first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_pauses_a_cascade_and_its_release_resumes_it() {
    let client = Client::start().await;
    let (id, admin) = client.tenant("ann").await;
    for number in 0..20 {
        admin.post("/v1.0/tags", json!({ "name": format!("tag {number}") })).await.ok();
    }
    let operator = client.platform_admin().await;
    let paused = client.service().pause_background_work().await;
    operator.delete(&format!("/v1.0/customers/{id}")).await.ok();
    operator.put(&format!("/v1.0/customers/{id}/hold"), json!({ "reason": "wrong account?" })).await.ok();
    drop(paused);
    client.idle().await;
    let deletion = format!("/v1.0/customers/{id}/deletion");
    let tags = |progress: &Value| {
        let tables = progress["tables"].as_array().unwrap();
        tables.iter().find(|table| table["name"] == "tags").unwrap()["deleted"].clone()
    };
    let progress = operator.get(&deletion).await.ok();
    assert_eq!((&progress["state"], tags(&progress)), (&json!("held"), json!(0)));
    client.advance(3600).await;
    let progress = operator.get(&deletion).await.ok();
    assert_eq!(
        (&progress["state"], tags(&progress)),
        (&json!("held"), json!(0)),
        "reconcile does not resume it"
    );
    operator.delete(&format!("/v1.0/customers/{id}/hold")).await.ok();
    client.idle().await;
    let progress = operator.get(&deletion).await.ok();
    assert_eq!((&progress["state"], tags(&progress)), (&json!("deleted"), json!(20)));
    let refused = operator.put(&format!("/v1.0/customers/{id}/hold"), json!({ "reason": "too late" })).await;
    assert_eq!(refused.refusal(), (409, "STATE_INVALID".into()), "nothing is left to hold");
}

/// Invariant I1: one way to change status.
#[tokio::test(flavor = "multi_thread")]
async fn holds_against_deletions_and_recoveries_make_one_legal_history() {
    let client = Client::start().await;
    for round in 0..4 {
        let name = format!("ann{round}");
        let (id, admin) = client.tenant(&name).await;
        let operator = client.platform_admin().await;
        if round % 2 == 0 {
            operator.post(&format!("/v1.0/customers/{id}/freeze"), json!({})).await.ok();
        }
        let path = format!("/v1.0/customers/{id}");
        let calls = (0..32).map(|number| {
            let (operator, admin, path) = (operator.clone(), admin.clone(), path.clone());
            async move {
                match number % 4 {
                    0 => operator.put(&format!("{path}/hold"), json!({ "reason": "court order" })).await,
                    1 => operator.delete(&path).await,
                    2 => operator.post(&format!("{path}/recover"), json!({})).await,
                    _ => admin.put("/v1.0/customer", json!({ "detail": format!("call {number}") })).await,
                }
            }
        });
        let responses = join_all(calls).await;
        let deleted = responses.iter().skip(1).step_by(4).any(|response| response.status == 200);
        let held = responses.iter().step_by(4).any(|response| response.status == 200);
        let status = operator.get(&path).await.ok()["status"].clone();
        assert_eq!(status == "deleted", deleted, "{status}");
        client.idle().await;
        assert_eq!(assert_one_history(&client, &id).await, status);
        if !deleted {
            assert!(held);
            assert_eq!(operator.delete(&path).await.refusal(), (409, "ACCOUNT_HELD".into()));
        }
    }
}
