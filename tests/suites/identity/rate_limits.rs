//! Rate limits, by name and by the client IP address that the gateway reports.

use std::sync::Arc;
use std::time::Duration;

use custodian_app::ports::{DeferredRequest, QueuedRequest};
use custodian_domain::Cause;
use custodian_engine::Fault;
use custodian_event_sources::EventHandler;
use custodian_fn_auth_email_verify::EmailVerify;
use custodian_fn_requests::HandleRequest;
use custodian_http::{Route, serve};
use custodian_tests::gateway::event;
use custodian_tests::{Client, OperationRecorder, PASSWORD, Response, ScriptedFaults, Tables, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::html_pages::post_form;

/// Sets a window's counter to `n` attempts, and moves the last one back so that it no longer counts as running.
pub(crate) fn set_attempts(tables: &Tables, kind: &str, n: u32) {
    let is_of_kind = |row: &Value| row["id"]["S"].as_str().unwrap().starts_with(&format!("{kind}#"));
    let rows: Vec<_> = tables.scan("throttle").into_iter().filter(is_of_kind).collect();
    assert_eq!(rows.len(), 1, "one window of {kind}");
    let mut row = rows[0].clone();
    let last: i64 = row["last"]["N"].as_str().unwrap().parse().unwrap();
    row["last"]["N"] = json!((last - 10_000_000).to_string());
    row["n"]["N"] = json!(n.to_string());
    tables.insert("throttle", &[row]);
}

#[track_caller]
fn assert_limited(response: &Response) {
    assert_eq!(response.refusal(), (429, "RATE_LIMIT_EXCEEDED".into()));
    let wait: u64 = response.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rate_limits_of_routes_without_a_sign_in_allow_exactly_their_number_of_attempts() {
    let client = Client::start().await;
    let tables = Tables(client.engine().clone());
    let login = json!({ "username": "nobody", "password": "a wrong password" });
    let signup = json!({ "email": "nobody@example.com", "accepted_tos": true });
    let forgot = json!({ "username": "nobody" });
    let verify = json!({ "token": "0".repeat(64) });
    let reset = json!({ "token": "0".repeat(64), "password": PASSWORD });
    let limits = [
        ("/auth/login", &login, 401, "password-name", 100),
        ("/auth/login", &login, 401, "password-address", 300),
        ("/auth/signup", &signup, 200, "signup-email", 10),
        ("/auth/signup", &signup, 200, "signup-network", 20),
        ("/auth/password-forgot", &forgot, 200, "forgot-name", 10),
        ("/auth/password-forgot", &forgot, 200, "forgot-network", 100),
        ("/auth/email-verify", &verify, 400, "token-address", 300),
        ("/auth/password-reset", &reset, 400, "token-address", 300),
    ];
    for (path, body, status, kind, max) in limits {
        let send = async || client.post(path, body.clone()).await;
        assert_eq!(send().await.status, status, "{path}: first attempt");
        set_attempts(&tables, kind, max - 1);
        assert_eq!(send().await.status, status, "{path}: attempt {max} of {kind}");
        set_attempts(&tables, kind, max);
        assert_limited(&send().await);
        client.advance(901).await;
        assert_eq!(send().await.status, status, "{path}: fifteen minutes later");
        client.advance(901).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_form_gets_an_html_page() {
    let client = Client::start().await;
    let request = || {
        let request = client.request(reqwest::Method::POST, "/auth/email-verify");
        let form = format!("token={}", "0".repeat(64));
        request.header("content-type", "application/x-www-form-urlencoded").body(form)
    };
    client.send(request()).await;
    set_attempts(&Tables(client.engine().clone()), "token-address", 300);
    let response = client.send(request()).await;
    assert_eq!(response.status, 429);
    assert!(response.text.contains("Too many attempts") && response.headers.contains_key("retry-after"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_password_counts_against_the_client_address() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let me = ann.get("/v1.0/me").await.ok();
    let path = format!("/v1.0/agents/{}/password", me["id"].as_str().unwrap());
    let change = json!({ "password": PASSWORD, "current_password": "a wrong password" });
    let tables = Tables(client.engine().clone());
    let unregister = json!({ "password": "a wrong password" });
    let forbidden = (403, "INVALID_PASSWORD".to_owned());
    assert_eq!(ann.post("/auth/unregister", unregister.clone()).await.refusal(), forbidden);
    set_attempts(&tables, "password-address", 298);
    assert_eq!(ann.put(&path, change.clone()).await.refusal(), forbidden);
    assert_eq!(ann.post("/auth/unregister", unregister.clone()).await.refusal(), forbidden);
    set_attempts(&tables, "password-address", 300);
    assert_limited(&client.post("/auth/login", json!({ "username": "bob", "password": PASSWORD })).await);
    set_attempts(&tables, "password-address", 300);
    assert_limited(&ann.put(&path, change).await);
    set_attempts(&tables, "password-address", 300);
    assert_limited(&ann.post("/auth/unregister", unregister).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_for_a_known_and_an_unknown_name_makes_the_same_database_requests() {
    let recorder = Arc::new(OperationRecorder::default());
    let client = Client::start_observed(Arc::clone(&recorder) as _).await;
    client.tenant("ann").await;
    client.idle().await;
    let service = client.service().clone();
    let _paused = service.pause_background_work().await;
    client.login("ann", PASSWORD).await;
    let mut requests = Vec::new();
    for name in ["ann", "nobody"] {
        let rows = Tables(client.engine().clone()).scan("throttle");
        assert!(rows.is_empty() || name == "nobody", "a successful login leaves no window: {rows:?}");
        recorder.take();
        let body = json!({ "username": name, "password": "a wrong password" });
        assert_eq!(client.post("/auth/login", body).await.status, 401);
        let mut operations = recorder.take();
        operations.sort_unstable();
        requests.push(operations);
        // Removes the window of the client IP address, so that both logins start without one.
        client.engine().call("DeleteItem", &address_window(&client)).unwrap();
    }
    assert_eq!(requests[0], requests[1]);
}

fn address_window(client: &Client) -> Value {
    let rows = Tables(client.engine().clone()).scan("throttle");
    let is_address = |row: &&Value| row["id"]["S"].as_str().unwrap().starts_with("password-address#");
    let id = rows.iter().find(is_address).expect("a window of the client address")["id"].clone();
    json!({ "TableName": "custodian-throttle", "Key": { "id": id } })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_address_comes_from_the_gateway_and_never_from_a_header() {
    let app = TestApp::default();
    let send = async |source: &str, claimed: &str| {
        let headers = json!({
            "x-forwarded-for": claimed, "forwarded": format!("for={claimed}"), "x-real-ip": claimed,
            "cf-connecting-ip": claimed, "true-client-ip": claimed,
        });
        let body = json!({ "token": "0".repeat(64) });
        let event = event(&Route::new("POST", "/auth/email-verify"), source, &headers, &body);
        serve(&EmailVerify, &*app.cx, event).await.status().as_u16()
    };
    let (client, other) = ("192.0.2.1", "198.51.100.7");
    assert_eq!(send(client, other).await, 400);
    set_attempts(&app.tables, "token-address", 300);
    assert_eq!(send(client, other).await, 429, "a header does not evade a limit");
    assert_eq!(send(other, client).await, 400, "a header does not use up another address's limit");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_whose_token_cannot_be_read_counts_as_no_attempt() {
    let script = Arc::new(ScriptedFaults::default());
    let client = Client::start_observed(Arc::clone(&script) as _).await;
    client.idle().await;
    let mut reads = 0;
    // The second read is to find out whether the token was used.
    script.set(move |operation, body| {
        let reads_token = operation == "GetItem" && body["TableName"] == "custodian-tokens";
        reads += usize::from(reads_token);
        if reads_token && reads > 1 { Fault::LoseRequest } else { Fault::None }
    });
    let form = format!("token={}&password=a+new+password", "0".repeat(64));
    assert_eq!(post_form(&client, "/auth/password-reset", form).await.status, 503);
    script.clear();
    let windows = Tables(client.engine().clone()).scan("throttle");
    let is_of_token = |row: &&Value| row["id"]["S"].as_str().unwrap().starts_with("token-address#");
    assert_eq!(windows.iter().find(is_of_token), None, "the attempt was released");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_strangers_together_cause_a_limited_number_of_mails_an_hour() {
    let mut app = TestApp::default();
    Arc::get_mut(&mut app.cx).unwrap().settings.mails_per_hour = 2;
    let names = ["ann", "bob", "cay"];
    for name in names {
        app.active_account(name).await;
    }
    let forget = async |name: &str, id: u128| {
        let cause = Cause { id: Uuid::from_u128(id), ..app.cause() };
        let request = DeferredRequest::ForgotPassword { username: name.to_owned() };
        let queued = QueuedRequest { cause, request };
        HandleRequest.handle(&app.cx, queued, app.invocation_deadline()).await.unwrap();
        app.cx.services.state().mails.len()
    };
    let mut sent = Vec::new();
    for (name, id) in names.into_iter().zip(1..) {
        sent.push(forget(name, id).await);
    }
    assert_eq!(sent, [1, 2, 2]);
    assert_eq!((app.metrics.of("MailsDropped").sum, app.metrics.of("MailBudgetSpent").sum), (1, 1));
    app.clock.advance(Duration::from_secs(3600));
    assert_eq!(forget("cay", 4).await, 3, "in the next hour");
}
