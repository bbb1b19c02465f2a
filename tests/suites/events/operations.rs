//! What runs for an account ends when it stops, and does not start again by itself.

use std::sync::Arc;

use custodian_engine::Fate;
use custodian_tests::{Client, Script, Tables};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{events, program, types};

async fn transcribe(ann: &Client, reference: u128) -> String {
    let body =
        json!({ "reference_type": "call", "reference_id": Uuid::from_u128(reference), "language": "en-US" });
    let made = ann.post("/v1.0/transcribes", body).await.ok();
    assert_eq!(made["status"], "progressing");
    format!("/v1.0/transcribes/{}", made["id"].as_str().unwrap())
}

async fn freeze(client: &Client, id: &str) {
    client.operator().await.post(&format!("/v1.0/customers/{id}/freeze"), json!({})).await.ok();
}

async fn recover(client: &Client, id: &str) {
    client.operator().await.post(&format!("/v1.0/customers/{id}/recover"), json!({})).await.ok();
}

async fn status(ann: &Client, path: &str) -> Value {
    ann.get(path).await.ok()["status"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_freeze_ends_what_runs_and_tells_the_call_plane_and_recovery_starts_nothing_again() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let ann = program(&ann).await;
    let (running, ended) = (transcribe(&ann, 1).await, transcribe(&ann, 2).await);
    ann.post(&format!("{ended}/stop"), json!({})).await.ok();
    let (_, bob) = client.tenant("bob").await;
    let others = transcribe(&bob, 1).await;
    let ended_before = ann.get(&ended).await.ok();
    let before = events(&client, &id).await.len();

    freeze(&client, &id).await;
    let told = events(&client, &id).await.split_off(before);
    let mut kinds = types(&told);
    kinds.sort_unstable();
    assert_eq!(kinds, ["customer_frozen", "operations_terminate", "transcribe_updated"]);
    let of = |kind: &str| told.iter().find(|event| event["type"] == kind).unwrap();
    assert_eq!(of("operations_terminate")["version"], of("customer_frozen")["version"]);
    assert_eq!(of("operations_terminate")["status"], "frozen");
    assert_eq!(of("transcribe_updated")["changed"], json!(["status"]));

    recover(&client, &id).await;
    let told = events(&client, &id).await.split_off(before + 3);
    assert_eq!(types(&told), ["customer_recovered"]);
    assert_eq!(status(&ann, &running).await, "done");
    assert_eq!(ann.get(&ended).await.ok(), ended_before, "what had ended is as it was");
    assert_eq!(status(&bob, &others).await, "progressing", "what others run goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn news_of_a_freeze_that_come_after_the_recovery_do_nothing() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let ann = program(&ann).await;
    let running = transcribe(&ann, 1).await;
    let before = events(&client, &id).await.len();
    let service = client.service().clone();
    let still = service.hold_still().await;
    freeze(&client, &id).await;
    recover(&client, &id).await;
    drop(still);
    let told = events(&client, &id).await.split_off(before);
    assert_eq!(types(&told), ["customer_frozen", "customer_recovered"]);
    assert_eq!(status(&ann, &running).await, "progressing");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_runs_ends_however_much_it_is() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    // Of nothing in particular, so that copies of the row take no name from each other.
    transcribe(&ann, 0).await;
    let tables = Tables(client.engine().clone());
    let row = tables.query("transcriptions", "customer_id", &id).remove(0);
    let copy = |number: u128| {
        let mut copy = row.clone();
        copy["id"]["S"] = json!(Uuid::from_u128(number));
        copy
    };
    tables.insert("transcriptions", &(1..=230).map(copy).collect::<Vec<_>>());
    freeze(&client, &id).await;
    // However many attempts that takes.
    client.advance(3600).await;
    let rows = tables.query("transcriptions", "customer_id", &id);
    let running = rows.iter().filter(|row| row.to_string().contains("progressing")).count();
    assert_eq!((rows.len(), running), (231, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_call_plane_hears_of_a_freeze_whatever_keeps_transcriptions_from_ending() {
    let script = Arc::new(Script::default());
    let client = Client::start_with(&[], Arc::clone(&script) as _).await;
    let (id, ann) = client.tenant("ann").await;
    let ann = program(&ann).await;
    let running = transcribe(&ann, 1).await;
    client.idle().await;
    script.set(|_, body| if body.to_string().contains("transcriptions") { Fate::Lose } else { Fate::Pass });
    freeze(&client, &id).await;
    let told = events(&client, &id).await;
    let ends = told.iter().filter(|event| event["type"] == "operations_terminate").count();
    assert_eq!(ends, 1, "{:?}", types(&told));
    script.clear();
    client.advance(3600).await;
    recover(&client, &id).await;
    assert_eq!(status(&ann, &running).await, "done", "and what was left is done later");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_an_account_is_told_to_the_call_plane_as_well() {
    let client = Client::start().await;
    let (id, _) = client.tenant("ann").await;
    client.operator().await.delete(&format!("/v1.0/customers/{id}")).await.ok();
    let told = events(&client, &id).await;
    let end = told.iter().find(|event| event["type"] == "operations_terminate").expect("it was told");
    assert_eq!(end["status"], "deleted");
}
