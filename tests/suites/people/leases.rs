//! What becomes of a request with an `Idempotency-Key` when whoever runs it dies, hangs, or answers about somebody else.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use custodian_engine::{Fate, Watch};
use custodian_tests::{Answer, Client, PASSWORD, Script, Tables};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Notify;

async fn post(client: &Client, path: &str, body: &Value) -> Answer {
    client.send(client.request(Method::POST, path).header("idempotency-key", "1").json(body)).await
}

async fn tag(client: &Client, name: &str) -> Answer {
    post(client, "/v1.0/tags", &json!({ "name": name })).await
}

async fn tags(client: &Client) -> usize {
    client.get("/v1.0/tags").await.ok()["result"].as_array().unwrap().len()
}

/// The process dies just before the first call that is one of these.
fn die_at(script: &Script, operation: &'static str, table: &'static str) {
    let mut dead = false;
    script.set(move |asked, body| {
        dead |= asked == operation && body.to_string().contains(table);
        if dead { Fate::Lose } else { Fate::Pass }
    });
}

#[track_caller]
fn in_use(answer: &Answer, longest: u64) {
    assert_eq!(answer.refusal(), (409, "IDEMPOTENCY_KEY_IN_USE".into()));
    let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=longest).contains(&wait), "{wait}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_died_before_its_effect_is_taken_over_after_thirty_seconds() {
    let script = Arc::new(Script::default());
    let client = Client::start_watched(Arc::clone(&script) as _).await;
    let (_, ann) = client.tenant("ann").await;
    let service = client.service().clone();
    let still = service.hold_still().await;
    die_at(&script, "TransactWriteItems", "custodian-tags");
    assert_eq!(tag(&ann, "vip").await.status, 503);
    script.clear();
    drop(still);
    in_use(&tag(&ann, "vip").await, 30);
    client.advance(29).await;
    in_use(&tag(&ann, "vip").await, 1);
    let other = tag(&ann, "another").await;
    assert_eq!(other.refusal(), (409, "IDEMPOTENCY_KEY_REUSED".into()));
    client.advance(2).await;
    let made = tag(&ann, "vip").await.ok();
    assert_eq!(tag(&ann, "vip").await.ok(), made);
    assert_eq!(tags(&ann).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_died_after_its_effect_has_it_once_and_its_answer_is_lost() {
    let script = Arc::new(Script::default());
    let client = Client::start_watched(Arc::clone(&script) as _).await;
    let (_, ann) = client.tenant("ann").await;
    let service = client.service().clone();
    let still = service.hold_still().await;
    die_at(&script, "UpdateItem", "custodian-idempotency");
    // Whoever asked never gets this.
    drop(tag(&ann, "vip").await);
    script.clear();
    drop(still);
    in_use(&tag(&ann, "vip").await, 30);
    client.advance(31).await;
    assert_eq!(tag(&ann, "vip").await.refusal(), (409, "IDEMPOTENT_ANSWER_LOST".into()));
    assert_eq!(tag(&ann, "another").await.refusal(), (409, "IDEMPOTENCY_KEY_REUSED".into()));
    assert_eq!(tags(&ann).await, 1);
}

/// Holds the first transaction that writes a tag, until it is let go.
struct Hold {
    met: AtomicBool,
    arrived: Notify,
    go: Mutex<Receiver<()>>,
}

impl Hold {
    fn new() -> (Arc<Self>, Sender<()>) {
        let (sender, go) = channel();
        (Arc::new(Self { met: AtomicBool::new(false), arrived: Notify::new(), go: Mutex::new(go) }), sender)
    }
}

impl Watch for Hold {
    fn request(&self, operation: &str, body: &Value) -> Fate {
        let wanted = operation == "TransactWriteItems" && body.to_string().contains("custodian-tags");
        if wanted && !self.met.swap(true, Ordering::SeqCst) {
            self.arrived.notify_one();
            tokio::task::block_in_place(|| self.go.lock().unwrap().recv()).unwrap();
        }
        Fate::Pass
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_that_was_taken_over_has_no_effect_when_it_wakes_up() {
    let (hold, go) = Hold::new();
    let client = Client::start_watched(Arc::clone(&hold) as _).await;
    let (_, ann) = client.tenant("ann").await;
    let slow = ann.clone();
    let first = tokio::spawn(async move { tag(&slow, "vip").await });
    hold.arrived.notified().await;
    client.advance(31).await;
    let second = tag(&ann, "vip").await.ok();
    go.send(()).unwrap();
    in_use(&first.await.unwrap(), 1);
    assert_eq!(tags(&ann).await, 1);
    assert_eq!(tag(&ann, "vip").await.ok(), second, "the answer is that of who took over");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_was_answered_goes_with_the_account_that_it_tells_of() {
    let client = Client::start().await;
    let operator = client.operator().await;
    let body = json!({
        "username": "ann", "password": PASSWORD, "email": "ann@example.com", "name": "Ann Secret",
        "phone_number": "+491701234567", "address": "1 Main Street",
    });
    let made = post(&operator, "/v1.0/customers", &body).await.ok();
    let id = made["id"].as_str().unwrap().to_owned();
    let frozen = format!("/v1.0/customers/{id}/freeze");
    let token = client.mailed_token("ann@example.com").await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    let froze = post(&operator, &frozen, &json!({})).await.ok();
    // While the account is there, both are answered as at first.
    assert_eq!(post(&operator, "/v1.0/customers", &body).await.ok(), made);
    assert_eq!(post(&operator, &frozen, &json!({})).await.ok(), froze);
    let tables = Tables(client.engine().clone());
    let with_answers = |rows: Vec<Value>| rows.iter().filter(|row| row.get("answer").is_some()).count();
    assert_eq!(with_answers(tables.query("idempotency", "customer_id", &id)), 2);

    operator.delete(&format!("/v1.0/customers/{id}")).await.ok();
    client.idle().await;
    assert_eq!(with_answers(tables.scan("idempotency")), 0, "what was told of the account is gone with it");
    for (path, body) in [("/v1.0/customers", &body), (&frozen, &json!({}))] {
        let again = post(&operator, path, body).await;
        assert_eq!(again.refusal(), (409, "IDEMPOTENT_ANSWER_LOST".into()));
        assert_eq!(again.json()["error"]["details"], json!([{ "customer_id": id }]), "what is left is which");
    }
    let open = operator.get("/v1.0/customers").await.ok();
    assert_eq!(open["result"].as_array().unwrap().len(), 1, "and no second account is opened");
}
