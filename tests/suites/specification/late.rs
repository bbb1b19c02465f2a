//! What is true although the work behind it is late: deadlines hold, and names are free.
//!
//! The clock moves jobs along with it, so lateness is made by a database that refuses that work for a while.

use std::sync::Arc;

use custodian_engine::Fate;
use custodian_tests::tables::PREFIX;
use custodian_tests::{Client, EMPTIED, PASSWORD, Script, Tables};
use serde_json::{Value, json};

const WEEK: u64 = 7 * 86_400;
const MONTH: u64 = 30 * 86_400;

async fn start() -> (Client, Arc<Script>) {
    let script = Arc::new(Script::default());
    (Client::start_watched(Arc::clone(&script) as _).await, script)
}

/// Moves the clock while no transaction succeeds, so that nothing expires and nothing is purged.
async fn advance_in_vain(client: &Client, script: &Script, seconds: u64) {
    script.set(|operation, _| if operation == "TransactWriteItems" { Fate::Lose } else { Fate::Pass });
    client.post("/_local/clock", json!({ "advance_seconds": seconds })).await;
    script.clear();
}

/// Keeps cascades from finding any row to remove.
fn hold_cascades(script: &Script) {
    let tables: Vec<_> = EMPTIED.iter().map(|table| format!("{PREFIX}{table}")).collect();
    script.set(move |operation, body| {
        let of_cascade = tables.iter().any(|table| body["TableName"] == table.as_str());
        if operation == "Query" && of_cascade { Fate::Lose } else { Fate::Pass }
    });
}

async fn status(client: &Client, id: &str) -> Value {
    client.operator().await.get(&format!("/v1.0/customers/{id}")).await.ok()["status"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn verification_after_the_window_is_refused_although_nothing_has_expired_yet() {
    let (client, script) = start().await;
    let id = client.open_account("ann").await;
    let token = client.mailed_token("ann@example.com").await;
    advance_in_vain(&client, &script, WEEK + 5).await;
    let service = client.service().clone();
    let still = service.hold_still().await;
    assert_eq!(status(&client, &id).await, "initial", "the job could not do its work");
    for _ in 0..2 {
        let late = client.post("/auth/email-verify", json!({ "token": token })).await;
        assert_eq!(late.refusal(), (409, "VERIFICATION_WINDOW_ENDED".into()));
    }
    assert_eq!(status(&client, &id).await, "initial", "a refused verification changes nothing");
    drop(still);
    client.advance(3600).await;
    assert_eq!(status(&client, &id).await, "expired", "what was late is made up for");
    let unknown = client.post("/auth/email-verify", json!({ "token": token })).await;
    assert_ne!(unknown.status, 200, "and the link stays useless");
}

#[tokio::test(flavor = "multi_thread")]
async fn verification_just_before_the_window_ends_counts() {
    let client = Client::start().await;
    let id = client.open_account("ann").await;
    let token = client.mailed_token("ann@example.com").await;
    client.advance(WEEK - 120).await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    client.advance(600).await;
    assert_eq!(status(&client, &id).await, "active");
    assert_eq!(client.get("/_local/schedules").await.ok()["result"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn recovery_after_the_deadline_is_refused_although_nothing_is_purged_yet() {
    let (client, script) = start().await;
    let (id, ann) = client.tenant("ann").await;
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    advance_in_vain(&client, &script, MONTH + 5).await;
    let service = client.service().clone();
    let still = service.hold_still().await;
    let (ann, operator) = (client.login("ann", PASSWORD).await, client.operator().await);
    let before = ann.get("/v1.0/customer").await.ok();
    assert_eq!(before["status"], "frozen", "the job could not do its work");
    let ended = (409, "GRACE_PERIOD_ENDED".to_owned());
    assert_eq!(ann.delete("/auth/unregister").await.refusal(), ended);
    let by_operator = operator.post(&format!("/v1.0/customers/{id}/recover"), json!({})).await;
    assert_eq!(by_operator.refusal(), ended, "for an operator too");
    assert_eq!(ann.get("/v1.0/customer").await.ok(), before);
    drop(still);
    client.advance(3600).await;
    assert_eq!(status(&client, &id).await, "deleted", "what was late is made up for");
}

/// Takes the names of an account that is gone but whose cascade stands still, then lets the cascade run.
async fn takes_over(client: &Client, script: &Script, first: &str, gone_as: &str) {
    assert_eq!(status(client, first).await, gone_as);
    assert_ne!(Tables(client.engine().clone()).left_of(first), [], "the cascade has not run");
    let old = client.post("/auth/login", json!({ "username": "ann", "password": PASSWORD })).await;
    assert_eq!(old.refusal(), (401, "INVALID_CREDENTIALS".into()));
    let second = client.open_account("Ann").await;
    assert_ne!(first, second);
    script.clear();
    client.advance(3600).await;
    let ann = client.login("ann", PASSWORD).await;
    assert_eq!(ann.get("/v1.0/customer").await.ok()["id"], second, "the late cascade took nothing from her");
    for body in [
        json!({ "username": "ANN", "password": PASSWORD, "email": "free@example.com" }),
        json!({ "username": "free", "password": PASSWORD, "email": "ANN@example.com" }),
    ] {
        assert_eq!(client.operator().await.post("/v1.0/customers", body).await.status, 409);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_free_once_an_account_has_expired_before_its_cascade() {
    let (client, script) = start().await;
    let first = client.open_account("ann").await;
    client.idle().await;
    hold_cascades(&script);
    client.advance(WEEK + 2).await;
    takes_over(&client, &script, &first, "expired").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_free_once_an_account_was_purged_before_its_cascade() {
    let (client, script) = start().await;
    let (first, ann) = client.tenant("ann").await;
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    client.idle().await;
    hold_cascades(&script);
    client.advance(MONTH + 2).await;
    takes_over(&client, &script, &first, "deleted").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_nobody_was_sent_are_unknown() {
    let client = Client::start().await;
    let id = client.open_account("ann").await;
    let token = client.mailed_token("ann@example.com").await;
    let (upper, short) = (token.to_uppercase(), token[..63].to_owned());
    for unknown in [&*"0".repeat(64), &short, &format!("{token}0"), &upper, "x", "ü", "../.."] {
        if unknown != token {
            let answer = client.post("/auth/email-verify", json!({ "token": unknown })).await;
            assert_eq!(answer.refusal(), (400, "INVALID_TOKEN".into()), "{unknown}");
        }
    }
    for wrong in [json!({}), json!({ "token": null }), json!({ "token": 7 }), json!({ "token": "" })] {
        let answer = client.post("/auth/email-verify", wrong.clone()).await;
        assert_eq!(answer.refusal(), (400, "INVALID_ARGUMENT".into()), "{wrong}");
        assert_eq!(answer.json()["error"]["details"][0]["field"], "token");
    }
    assert_eq!(status(&client, &id).await, "initial");
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
}
