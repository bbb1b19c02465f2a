//! Limits of attempts: each to the number, by name and by the address that the gateway saw.

use std::sync::Arc;

use custodian_fn_auth_email_verify::EmailVerify;
use custodian_http::{Route, serve};
use custodian_tests::gateway::event;
use custodian_tests::{Answer, Bench, Client, Counter, PASSWORD, Tables};
use serde_json::{Value, json};

/// Lets the open window of a kind stand at `n` attempts, the last of which is over.
fn stand_at(tables: &Tables, kind: &str, n: u32) {
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
fn closed(answer: &Answer) {
    assert_eq!(answer.refusal(), (429, "RATE_LIMIT_EXCEEDED".into()));
    let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_limit_lets_its_number_through_and_not_one_more() {
    let client = Client::start().await;
    let tables = Tables(client.engine().clone());
    let login = json!({ "username": "nobody", "password": "a wrong password" });
    let signup = json!({ "email": "nobody@example.com", "accepted_tos": true });
    let forgot = json!({ "username": "nobody" });
    let verify = json!({ "token": "0".repeat(64) });
    let reset = json!({ "token": "0".repeat(64), "password": PASSWORD });
    let limits = [
        ("/auth/login", &login, 401, "password-name", 10),
        ("/auth/login", &login, 401, "password-address", 300),
        ("/auth/signup", &signup, 200, "signup-email", 10),
        ("/auth/signup", &signup, 200, "signup-address", 1000),
        ("/auth/password-forgot", &forgot, 200, "forgot-name", 10),
        ("/auth/password-forgot", &forgot, 200, "forgot-address", 1000),
        ("/auth/email-verify", &verify, 400, "token-address", 300),
        ("/auth/password-reset", &reset, 400, "token-address", 300),
    ];
    for (path, body, status, kind, most) in limits {
        let send = async || client.post(path, body.clone()).await;
        assert_eq!(send().await.status, status, "{path}: the first");
        stand_at(&tables, kind, most - 1);
        assert_eq!(send().await.status, status, "{path}: number {most} by {kind}");
        stand_at(&tables, kind, most);
        closed(&send().await);
        client.advance(901).await;
        assert_eq!(send().await.status, status, "{path}: a quarter of an hour later");
        client.advance(901).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_came_too_often_is_told_so_by_a_page() {
    let client = Client::start().await;
    let request = || {
        let request = client.request(reqwest::Method::POST, "/auth/email-verify");
        let form = format!("token={}", "0".repeat(64));
        request.header("content-type", "application/x-www-form-urlencoded").body(form)
    };
    client.send(request()).await;
    stand_at(&Tables(client.engine().clone()), "token-address", 300);
    let answer = client.send(request()).await;
    assert_eq!(answer.status, 429);
    assert!(answer.text.contains("Too many attempts") && answer.headers.contains_key("retry-after"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_password_counts_against_the_address_too() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let me = ann.get("/v1.0/me").await.ok();
    let path = format!("/v1.0/agents/{}/password", me["id"].as_str().unwrap());
    let change = json!({ "password": PASSWORD, "current_password": "a wrong password" });
    let tables = Tables(client.engine().clone());
    let leave = json!({ "password": "a wrong password" });
    let forbidden = (403, "INVALID_PASSWORD".to_owned());
    assert_eq!(ann.post("/auth/unregister", leave.clone()).await.refusal(), forbidden);
    stand_at(&tables, "password-address", 298);
    assert_eq!(ann.put(&path, change.clone()).await.refusal(), forbidden);
    assert_eq!(ann.post("/auth/unregister", leave.clone()).await.refusal(), forbidden);
    stand_at(&tables, "password-address", 300);
    closed(&client.post("/auth/login", json!({ "username": "bob", "password": PASSWORD })).await);
    stand_at(&tables, "password-address", 300);
    closed(&ann.put(&path, change).await);
    stand_at(&tables, "password-address", 300);
    closed(&ann.post("/auth/unregister", leave).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_is_asked_alike_for_who_has_just_logged_in_and_for_nobody() {
    let counter = Arc::new(Counter::default());
    let client = Client::start_watched(Arc::clone(&counter) as _).await;
    client.tenant("ann").await;
    client.idle().await;
    let service = client.service().clone();
    let _still = service.hold_still().await;
    client.login("ann", PASSWORD).await;
    let mut asked = Vec::new();
    for name in ["ann", "nobody"] {
        let rows = Tables(client.engine().clone()).scan("throttle");
        assert!(rows.is_empty() || name == "nobody", "a success leaves nothing: {rows:?}");
        counter.take();
        let body = json!({ "username": name, "password": "a wrong password" });
        assert_eq!(client.post("/auth/login", body).await.status, 401);
        let mut operations = counter.take();
        operations.sort_unstable();
        asked.push(operations);
        // The window of the address would be open for the second one.
        client.engine().call("DeleteItem", &address_window(&client)).unwrap();
    }
    assert_eq!(asked[0], asked[1]);
}

fn address_window(client: &Client) -> Value {
    let rows = Tables(client.engine().clone()).scan("throttle");
    let is_address = |row: &&Value| row["id"]["S"].as_str().unwrap().starts_with("password-address#");
    let id = rows.iter().find(is_address).expect("a window of the address")["id"].clone();
    json!({ "TableName": "custodian-throttle", "Key": { "id": id } })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_is_what_the_gateway_saw_and_never_what_a_header_says() {
    let bench = Bench::default();
    let send = async |source: &str, said: &str| {
        let headers = json!({
            "x-forwarded-for": said, "forwarded": format!("for={said}"), "x-real-ip": said,
            "cf-connecting-ip": said, "true-client-ip": said,
        });
        let body = json!({ "token": "0".repeat(64) });
        let event = event(&Route::new("POST", "/auth/email-verify"), source, &headers, &body);
        serve(&EmailVerify, &*bench.cx, event).await.status().as_u16()
    };
    let (ours, theirs) = ("192.0.2.1", "198.51.100.7");
    assert_eq!(send(ours, theirs).await, 400);
    stand_at(&bench.tables, "token-address", 300);
    assert_eq!(send(ours, theirs).await, 429, "a header is no way out of a limit");
    assert_eq!(send(theirs, ours).await, 400, "and none to use up somebody else's");
}
