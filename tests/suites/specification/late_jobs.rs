//! Deadlines apply and names become free on time, even if background work is late.
//!
//! Moving the clock also runs the jobs. To delay that work, these tests make database requests fail for a while.

use std::sync::Arc;

use custodian_engine::Fault;
use custodian_tests::tables::PREFIX;
use custodian_tests::{CASCADE_TABLES, Client, PASSWORD, ScriptedFaults, Tables};
use serde_json::{Value, json};

const WEEK: u64 = 7 * 86_400;
const MONTH: u64 = 30 * 86_400;

async fn start() -> (Client, Arc<ScriptedFaults>) {
    let script = Arc::new(ScriptedFaults::default());
    (Client::start_observed(Arc::clone(&script) as _).await, script)
}

/// Moves the clock while every transaction fails, so that no account expires or is purged.
async fn advance_with_failing_jobs(client: &Client, script: &ScriptedFaults, seconds: u64) {
    script
        .set(|operation, _| if operation == "TransactWriteItems" { Fault::LoseRequest } else { Fault::None });
    client.post("/_local/clock", json!({ "advance_seconds": seconds })).await;
    script.clear();
}

/// Keeps cascades from finding rows to delete.
fn block_cascades(script: &ScriptedFaults) {
    let tables: Vec<_> = CASCADE_TABLES.iter().map(|table| format!("{PREFIX}{table}")).collect();
    script.set(move |operation, body| {
        let of_cascade = tables.iter().any(|table| body["TableName"] == table.as_str());
        if operation == "Query" && of_cascade { Fault::LoseRequest } else { Fault::None }
    });
}

async fn status(client: &Client, id: &str) -> Value {
    client.platform_admin().await.get(&format!("/v1.0/customers/{id}")).await.ok()["status"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn verification_after_the_window_is_refused_even_if_the_expiry_job_is_late() {
    let (client, script) = start().await;
    let id = client.open_account("ann").await;
    let token = client.mailed_token("ann@example.com").await;
    advance_with_failing_jobs(&client, &script, WEEK + 5).await;
    let service = client.service().clone();
    let paused = service.pause_background_work().await;
    assert_eq!(status(&client, &id).await, "initial", "the job has failed");
    for _ in 0..2 {
        let late = client.post("/auth/email-verify", json!({ "token": token })).await;
        assert_eq!(late.refusal(), (409, "VERIFICATION_WINDOW_ENDED".into()));
    }
    assert_eq!(status(&client, &id).await, "initial", "a refused verification changes nothing");
    drop(paused);
    client.advance(3600).await;
    assert_eq!(status(&client, &id).await, "expired", "the late job has run");
    let unknown = client.post("/auth/email-verify", json!({ "token": token })).await;
    assert_ne!(unknown.status, 200, "the link stays invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn verification_just_before_the_window_ends_succeeds() {
    let client = Client::start().await;
    let id = client.open_account("ann").await;
    let token = client.mailed_token("ann@example.com").await;
    client.advance(WEEK - 120).await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    client.advance(600).await;
    assert_eq!(status(&client, &id).await, "active");
    assert_eq!(client.get("/_local/schedules").await.ok()["result"], json!([]));
}

/// Invariant I2: the row decides; a job only triggers the decision.
#[tokio::test(flavor = "multi_thread")]
async fn recovery_after_the_deadline_is_refused_even_if_the_purge_is_late() {
    let (client, script) = start().await;
    let (id, ann) = client.tenant("ann").await;
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    advance_with_failing_jobs(&client, &script, MONTH + 5).await;
    let service = client.service().clone();
    let paused = service.pause_background_work().await;
    let (ann, platform_admin) = (client.login("ann", PASSWORD).await, client.platform_admin().await);
    let before = ann.get("/v1.0/customer").await.ok();
    assert_eq!(before["status"], "frozen", "the job has failed");
    let grace_period_ended = (409, "GRACE_PERIOD_ENDED".to_owned());
    assert_eq!(ann.delete("/auth/unregister").await.refusal(), grace_period_ended);
    let by_platform_admin = platform_admin.post(&format!("/v1.0/customers/{id}/recover"), json!({})).await;
    assert_eq!(by_platform_admin.refusal(), grace_period_ended, "also for a platform admin");
    assert_eq!(ann.get("/v1.0/customer").await.ok(), before);
    drop(paused);
    client.advance(3600).await;
    assert_eq!(status(&client, &id).await, "deleted", "the late job has run");
}

/// Creates an account with the names of a deleted or expired account whose cascade has not run, then runs the
/// cascade.
async fn assert_names_are_free(client: &Client, script: &ScriptedFaults, first: &str, expected_status: &str) {
    assert_eq!(status(client, first).await, expected_status);
    assert_ne!(Tables(client.engine().clone()).remaining_rows(first), [], "the cascade has not run");
    let old = client.post("/auth/login", json!({ "username": "ann", "password": PASSWORD })).await;
    assert_eq!(old.refusal(), (401, "INVALID_CREDENTIALS".into()));
    let second = client.open_account("Ann").await;
    assert_ne!(first, second);
    script.clear();
    client.advance(3600).await;
    let ann = client.login("ann", PASSWORD).await;
    assert_eq!(
        ann.get("/v1.0/customer").await.ok()["id"],
        second,
        "the late cascade deleted no row of the new account"
    );
    for body in [
        json!({ "username": "ANN", "password": PASSWORD, "email": "free@example.com" }),
        json!({ "username": "free", "password": PASSWORD, "email": "ANN@example.com" }),
    ] {
        assert_eq!(client.platform_admin().await.post("/v1.0/customers", body).await.status, 409);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_free_once_an_account_has_expired_before_its_cascade() {
    let (client, script) = start().await;
    let first = client.open_account("ann").await;
    client.idle().await;
    block_cascades(&script);
    client.advance(WEEK + 2).await;
    assert_names_are_free(&client, &script, &first, "expired").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_free_once_an_account_was_purged_before_its_cascade() {
    let (client, script) = start().await;
    let (first, ann) = client.tenant("ann").await;
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    client.idle().await;
    block_cascades(&script);
    client.advance(MONTH + 2).await;
    assert_names_are_free(&client, &script, &first, "deleted").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_were_never_mailed_are_invalid() {
    let client = Client::start().await;
    let id = client.open_account("ann").await;
    let token = client.mailed_token("ann@example.com").await;
    let (upper, short) = (token.to_uppercase(), token[..63].to_owned());
    for unknown in [&*"0".repeat(64), &short, &format!("{token}0"), &upper, "x", "ü", "../.."] {
        if unknown != token {
            let response = client.post("/auth/email-verify", json!({ "token": unknown })).await;
            assert_eq!(response.refusal(), (400, "INVALID_TOKEN".into()), "{unknown}");
        }
    }
    for wrong in [json!({}), json!({ "token": null }), json!({ "token": 7 }), json!({ "token": "" })] {
        let response = client.post("/auth/email-verify", wrong.clone()).await;
        assert_eq!(response.refusal(), (400, "INVALID_ARGUMENT".into()), "{wrong}");
        assert_eq!(response.json()["error"]["details"][0]["field"], "token");
    }
    assert_eq!(status(&client, &id).await, "initial");
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
}
