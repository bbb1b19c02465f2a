//! Requests with an `Idempotency-Key` whose process crashes or hangs, and stored responses about deleted accounts.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use custodian_engine::{Fault, RequestObserver};
use custodian_tests::{Client, PASSWORD, Response, ScriptedFaults, Tables};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Notify;

async fn post(client: &Client, path: &str, body: &Value) -> Response {
    client.send(client.request(Method::POST, path).header("idempotency-key", "1").json(body)).await
}

async fn create_tag(client: &Client, name: &str) -> Response {
    post(client, "/v1.0/tags", &json!({ "name": name })).await
}

async fn count_tags(client: &Client) -> usize {
    client.get("/v1.0/tags").await.ok()["result"].as_array().unwrap().len()
}

/// Simulates a process that crashes just before its first call of this operation on this table.
fn crash_at(script: &ScriptedFaults, operation: &'static str, table: &'static str) {
    let mut crashed = false;
    script.set(move |called, body| {
        crashed |= called == operation && body.to_string().contains(table);
        if crashed { Fault::LoseRequest } else { Fault::None }
    });
}

#[track_caller]
fn assert_in_use(response: &Response, max_wait: u64) {
    assert_eq!(response.refusal(), (409, "IDEMPOTENCY_KEY_IN_USE".into()));
    let wait: u64 = response.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=max_wait).contains(&wait), "{wait}");
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_crashed_before_its_write_can_be_repeated_after_thirty_seconds() {
    let script = Arc::new(ScriptedFaults::default());
    let client = Client::start_observed(Arc::clone(&script) as _).await;
    let (_, ann) = client.tenant("ann").await;
    let service = client.service().clone();
    let paused = service.pause_background_work().await;
    crash_at(&script, "TransactWriteItems", "custodian-tags");
    assert_eq!(create_tag(&ann, "vip").await.status, 503);
    script.clear();
    drop(paused);
    assert_in_use(&create_tag(&ann, "vip").await, 30);
    client.advance(29).await;
    assert_in_use(&create_tag(&ann, "vip").await, 1);
    let other = create_tag(&ann, "another").await;
    assert_eq!(other.refusal(), (409, "IDEMPOTENCY_KEY_REUSED".into()));
    client.advance(2).await;
    let created = create_tag(&ann, "vip").await.ok();
    assert_eq!(create_tag(&ann, "vip").await.ok(), created);
    assert_eq!(count_tags(&ann).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_crashed_after_its_write_is_not_run_again_and_its_response_is_lost() {
    let script = Arc::new(ScriptedFaults::default());
    let client = Client::start_observed(Arc::clone(&script) as _).await;
    let (_, ann) = client.tenant("ann").await;
    let service = client.service().clone();
    let paused = service.pause_background_work().await;
    crash_at(&script, "UpdateItem", "custodian-idempotency");
    // The crashed process returns no response.
    drop(create_tag(&ann, "vip").await);
    script.clear();
    drop(paused);
    assert_in_use(&create_tag(&ann, "vip").await, 30);
    client.advance(31).await;
    assert_eq!(create_tag(&ann, "vip").await.refusal(), (409, "IDEMPOTENT_ANSWER_LOST".into()));
    assert_eq!(create_tag(&ann, "another").await.refusal(), (409, "IDEMPOTENCY_KEY_REUSED".into()));
    assert_eq!(count_tags(&ann).await, 1);
}

/// Blocks the first transaction that writes a tag until it is released.
struct BlockedTransaction {
    reached: AtomicBool,
    arrived: Notify,
    release: Mutex<Receiver<()>>,
}

impl BlockedTransaction {
    fn new() -> (Arc<Self>, Sender<()>) {
        let (sender, release) = channel();
        (
            Arc::new(Self {
                reached: AtomicBool::new(false),
                arrived: Notify::new(),
                release: Mutex::new(release),
            }),
            sender,
        )
    }
}

impl RequestObserver for BlockedTransaction {
    fn on_request(&self, operation: &str, body: &Value) -> Fault {
        let is_tag_write = operation == "TransactWriteItems" && body.to_string().contains("custodian-tags");
        if is_tag_write && !self.reached.swap(true, Ordering::SeqCst) {
            self.arrived.notify_one();
            tokio::task::block_in_place(|| self.release.lock().unwrap().recv()).unwrap();
        }
        Fault::None
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_whose_lease_was_taken_over_writes_nothing_when_it_resumes() {
    let (blocked, release) = BlockedTransaction::new();
    let client = Client::start_observed(Arc::clone(&blocked) as _).await;
    let (_, ann) = client.tenant("ann").await;
    let slow = ann.clone();
    let first = tokio::spawn(async move { create_tag(&slow, "vip").await });
    blocked.arrived.notified().await;
    client.advance(31).await;
    let second = create_tag(&ann, "vip").await.ok();
    release.send(()).unwrap();
    assert_in_use(&first.await.unwrap(), 1);
    assert_eq!(count_tags(&ann).await, 1);
    assert_eq!(create_tag(&ann, "vip").await.ok(), second, "the second request's response is stored");
}

/// Invariant I6: no personal data is left.
#[tokio::test(flavor = "multi_thread")]
async fn responses_stored_for_a_platform_admin_are_deleted_with_the_account_they_describe() {
    let client = Client::start().await;
    let platform_admin = client.platform_admin().await;
    let body = json!({
        "username": "ann", "password": PASSWORD, "email": "ann@example.com", "name": "Ann Secret",
        "phone_number": "+491701234567", "address": "1 Main Street",
    });
    let created = post(&platform_admin, "/v1.0/customers", &body).await.ok();
    let id = created["id"].as_str().unwrap().to_owned();
    let freeze_path = format!("/v1.0/customers/{id}/freeze");
    let token = client.mailed_token("ann@example.com").await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    let frozen = post(&platform_admin, &freeze_path, &json!({})).await.ok();
    // While the account exists, repeating either request returns its first response.
    assert_eq!(post(&platform_admin, "/v1.0/customers", &body).await.ok(), created);
    assert_eq!(post(&platform_admin, &freeze_path, &json!({})).await.ok(), frozen);
    let tables = Tables(client.engine().clone());
    let stored_responses = |rows: Vec<Value>| rows.iter().filter(|row| row.get("answer").is_some()).count();
    assert_eq!(stored_responses(tables.query("idempotency", "customer_id", &id)), 2);

    platform_admin.delete(&format!("/v1.0/customers/{id}")).await.ok();
    client.idle().await;
    assert_eq!(
        stored_responses(tables.scan("idempotency")),
        0,
        "the stored responses are deleted with the account"
    );
    for (path, body) in [("/v1.0/customers", &body), (&freeze_path, &json!({}))] {
        let again = post(&platform_admin, path, body).await;
        assert_eq!(again.refusal(), (409, "IDEMPOTENT_ANSWER_LOST".into()));
        assert_eq!(
            again.json()["error"]["details"],
            json!([{ "customer_id": id }]),
            "only the account's id is left"
        );
    }
    let listed = platform_admin.get("/v1.0/customers").await.ok();
    assert_eq!(
        listed["result"].as_array().unwrap().len(),
        1,
        "no second account is created: only the platform's own one is listed"
    );
}
