//! Refusals that cost little: they come at once, before passwords are hashed, and those of a rate limit say when to come again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use custodian_app::agent_credentials::set_password;
use custodian_app::password::{look_up, reset, send_reset};
use custodian_app::ports::ReadAgents;
use custodian_app::rate_limits::{Quota, TOKEN_BY_CLIENT_IP};
use custodian_app::throttle::reserve;
use custodian_app::{Entropy, Failure, agents};
use custodian_domain::agent_fields::NewAgent;
use custodian_domain::lifecycle::Command;
use custodian_domain::{Agent, Cause, Initiator, Principal, Reason, Secret};
use custodian_tests::{Client, OperationRecorder, PASSWORD, Response, Tables, TestApp};
use futures::future::join_all;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::rate_limits::set_attempts;

async fn login(client: &Client, password: &str) -> Response {
    client.post("/auth/login", json!({ "username": "ann", "password": password })).await
}

fn agent(name: &str) -> Value {
    json!({ "username": name, "password": PASSWORD, "permission": 16 })
}

fn tables(client: &Client) -> Tables {
    Tables(client.engine().clone())
}

#[track_caller]
fn assert_limited(response: &Response, limit: &str, policy: &str) {
    assert_eq!(response.refusal(), (429, "RATE_LIMIT_EXCEEDED".into()));
    let header = |name: &str| response.headers[name].to_str().unwrap().to_owned();
    assert_eq!((header("ratelimit-limit"), header("ratelimit-policy")), (limit.into(), policy.into()));
    assert_eq!(header("ratelimit-remaining"), "0");
    assert_eq!(header("ratelimit-reset"), header("retry-after"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_full_of_failed_attempts_refuses_the_next_one_at_once() {
    let recorder = Arc::new(OperationRecorder::default());
    let client = Client::start_observed(Arc::clone(&recorder) as _).await;
    client.tenant("ann").await;
    for _ in 0..10 {
        assert_eq!(login(&client, "a wrong password").await.status, 401);
    }
    client.idle().await;
    let service = client.service().clone();
    let _paused = service.pause_background_work().await;
    recorder.take();
    assert_limited(&login(&client, PASSWORD).await, "10", "10;w=900");
    let operations = recorder.take();
    let reservations = operations.iter().filter(|operation| *operation == "PutItem").count();
    // The limits of the name and of the client IP address, and both once more, because Ann signed in from this network before.
    assert_eq!(reservations, 4, "no attempt to reserve is repeated: {operations:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn at_most_ten_of_many_concurrent_wrong_passwords_are_checked() {
    let client = Client::start().await;
    client.tenant("ann").await;
    let responses = join_all((0..20).map(|_| login(&client, "a wrong password"))).await;
    let checked = responses.iter().filter(|response| response.status == 401).count();
    assert!((1..=10).contains(&checked), "{checked} passwords were checked");
    assert!(responses.iter().all(|response| response.status != 200));
    let rows = tables(&client).scan("throttle");
    let window = rows.iter().find(|row| row["id"]["S"].as_str().unwrap().starts_with("password-name#"));
    let window = window.expect("a window of the name");
    assert_eq!(window["failed"]["N"], json!(checked.to_string()), "{window}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_taken_username_and_a_full_plan_are_refused_before_a_transaction() {
    let recorder = Arc::new(OperationRecorder::default());
    let client = Client::start_observed(Arc::clone(&recorder) as _).await;
    let (_, ann) = client.tenant("ann").await;
    client.tenant("bob").await;
    client.idle().await;
    let service = client.service().clone();
    let _paused = service.pause_background_work().await;
    recorder.take();
    for taken in ["bob", "bob@example.com", "ann"] {
        assert_eq!(
            ann.post("/v1.0/agents", agent(taken)).await.refusal(),
            (409, "AGENT_ALREADY_EXISTS".into())
        );
    }
    let operations = recorder.take();
    assert!(!operations.iter().any(|operation| operation == "TransactWriteItems"), "{operations:?}");
    for number in 0..4 {
        ann.post("/v1.0/agents", agent(&format!("agent{number}"))).await.ok();
    }
    recorder.take();
    let full = ann.post("/v1.0/agents", agent("another")).await;
    assert_eq!(full.refusal(), (429, "RESOURCE_LIMIT_EXCEEDED".into()));
    assert!(!full.headers.keys().any(|name| name.as_str().starts_with("ratelimit") || name == "retry-after"));
    let operations = recorder.take();
    assert!(!operations.iter().any(|operation| operation == "TransactWriteItems"), "{operations:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_300_passwords_hashed_in_an_hour() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let bob = ann.post("/v1.0/agents", agent("bob")).await.ok();
    let password = format!("/v1.0/agents/{}/password", bob["id"].as_str().unwrap());
    let change = || ann.put(&password, json!({ "password": "another password" }));
    change().await.ok();
    set_attempts(&tables(&client), "hash-account", 299);
    change().await.ok();
    assert_limited(&change().await, "300", "300;w=3600");
    assert_limited(&ann.post("/v1.0/agents", agent("cy")).await, "300", "300;w=3600");
    client.advance(3601).await;
    ann.post("/v1.0/agents", agent("cy")).await.ok();
}

/// Counts the uses of randomness. Every hash needs a random salt.
struct CountedEntropy {
    entropy: Arc<dyn Entropy>,
    uses: AtomicUsize,
}

impl Entropy for CountedEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        self.uses.fetch_add(1, Ordering::SeqCst);
        self.entropy.fill(bytes);
    }
}

/// An app that counts how often random bytes are drawn.
fn counting_app() -> (TestApp, Arc<CountedEntropy>) {
    let mut app = TestApp::default();
    let entropy = Arc::clone(&app.cx.providers.entropy);
    let counted = Arc::new(CountedEntropy { entropy, uses: AtomicUsize::new(0) });
    Arc::get_mut(&mut app.cx).unwrap().providers.entropy = Arc::clone(&counted) as _;
    (app, counted)
}

/// The owner of a new account, and another agent of it.
async fn owner_and_agent(app: &TestApp, username: &str) -> (Principal, Agent) {
    let account = app.active_account("ann").await;
    let rows = app.cx.store.agents(account, None, 10).await.unwrap().rows;
    let owner = Principal::agent(rows.into_iter().find(|agent| !agent.guest).unwrap());
    let new = NewAgent::read(agent(username).as_object().unwrap()).unwrap();
    let agent = agents::create(&app.cx, account, &owner, new).await.unwrap();
    (owner, agent)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_refused_tokens_count_and_not_failures_of_the_service() {
    let app = TestApp::default();
    let quota = || [Quota::new(TOKEN_BY_CLIENT_IP, "192.0.2.1")];
    let attempt = async |failure: Failure| {
        let reservation = reserve(&app.cx, &quota()).await?;
        reservation.settle(&app.cx, &Err::<(), _>(failure)).await;
        Ok::<_, Failure>(())
    };
    for _ in 0..400 {
        attempt(Failure::unavailable("a table", "interrupted")).await.unwrap();
    }
    let mut permitted = 0;
    while attempt(Reason::InvalidToken.into()).await.is_ok() {
        permitted += 1;
    }
    assert_eq!(permitted, 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_after_the_window_has_ended_keeps_the_failure_in_the_next_one() {
    let app = TestApp::default();
    let quota = || [Quota::new(TOKEN_BY_CLIENT_IP, "192.0.2.1")];
    let early = reserve(&app.cx, &quota()).await.unwrap();
    app.clock.advance(Duration::from_secs(86_400));
    reserve(&app.cx, &quota()).await.unwrap().fail(&app.cx).await;
    early.release(&app.cx).await;
    let windows = app.tables.scan("throttle");
    assert_eq!((windows.len(), &windows[0]["failed"]["N"]), (1, &json!("1")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_link_that_does_not_work_any_more_is_refused_before_the_hash() {
    let (app, counted) = counting_app();
    let (owner, bob) = owner_and_agent(&app, "bob").await;
    send_reset(&app.cx, "bob", app.cause()).await.unwrap();
    let stale = app.newest_token();
    let password = Secret::new("another password");
    set_password(&app.cx, &owner, bob, password, None, "192.0.2.1").await.unwrap();
    counted.uses.store(0, Ordering::SeqCst);
    let refused = reset(&app.cx, &stale, Secret::new("a third password")).await.unwrap_err();
    assert!(refused.is(Reason::InvalidToken), "{refused}");
    assert_eq!(counted.uses.load(Ordering::SeqCst), 0, "no hash got a salt");
    // A link that works needs a hash.
    send_reset(&app.cx, "bob", Cause { id: Uuid::from_u128(1), ..app.cause() }).await.unwrap();
    counted.uses.store(0, Ordering::SeqCst);
    reset(&app.cx, &app.newest_token(), Secret::new("a third password")).await.unwrap();
    assert!(counted.uses.load(Ordering::SeqCst) > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_link_ends_with_the_account_before_its_rows_are_deleted() {
    let (app, counted) = counting_app();
    let (_, bob) = owner_and_agent(&app, "bob@example.com").await;
    send_reset(&app.cx, "bob@example.com", app.cause()).await.unwrap();
    let link = app.newest_token();
    assert!(look_up(&app.cx, &link).await.is_ok());
    app.change(bob.customer_id, Command::Delete(Initiator::Owner)).await;
    counted.uses.store(0, Ordering::SeqCst);
    let page = look_up(&app.cx, &link).await.unwrap_err();
    assert!(page.is(Reason::InvalidToken), "{page}");
    let refused = reset(&app.cx, &link, Secret::new("another password")).await.unwrap_err();
    assert!(refused.is(Reason::InvalidToken), "{refused}");
    assert_eq!(counted.uses.load(Ordering::SeqCst), 0, "no hash got a salt");
}
