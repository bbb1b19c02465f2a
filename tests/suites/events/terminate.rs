//! Running operations end when their account is frozen or deleted, and are not restarted.

use std::sync::Arc;

use custodian_engine::Fault;
use custodian_tests::{Client, ScriptedFaults, Tables, event_types};
use serde_json::{Value, json};
use uuid::Uuid;

async fn start_transcription(ann: &Client, reference: u128) -> String {
    let body =
        json!({ "reference_type": "call", "reference_id": Uuid::from_u128(reference), "language": "en-US" });
    let created = ann.post("/v1.0/transcribes", body).await.ok();
    assert_eq!(created["status"], "progressing");
    format!("/v1.0/transcribes/{}", created["id"].as_str().unwrap())
}

async fn freeze(client: &Client, id: &str) {
    client.platform_admin().await.post(&format!("/v1.0/customers/{id}/freeze"), json!({})).await.ok();
}

async fn recover(client: &Client, id: &str) {
    client.platform_admin().await.post(&format!("/v1.0/customers/{id}/recover"), json!({})).await.ok();
}

async fn status(ann: &Client, path: &str) -> Value {
    ann.get(path).await.ok()["status"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_freeze_ends_running_operations_and_a_recovery_restarts_none() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let ann = ann.with_access_key().await;
    let (running, stopped) = (start_transcription(&ann, 1).await, start_transcription(&ann, 2).await);
    ann.post(&format!("{stopped}/stop"), json!({})).await.ok();
    let (_, bob) = client.tenant("bob").await;
    let others = start_transcription(&bob, 1).await;
    let ended_before = ann.get(&stopped).await.ok();
    let before = client.published_events(&id).await.len();

    freeze(&client, &id).await;
    let published = client.published_events(&id).await.split_off(before);
    let mut types = event_types(&published);
    types.sort_unstable();
    assert_eq!(types, ["customer_frozen", "operations_terminate", "transcribe_updated"]);
    let find = |kind: &str| published.iter().find(|event| event["type"] == kind).unwrap();
    assert_eq!(find("operations_terminate")["version"], find("customer_frozen")["version"]);
    assert_eq!(find("operations_terminate")["status"], "frozen");
    assert_eq!(find("transcribe_updated")["changed"], json!(["status"]));

    recover(&client, &id).await;
    let published = client.published_events(&id).await.split_off(before + 3);
    assert_eq!(event_types(&published), ["customer_recovered"]);
    assert_eq!(status(&ann, &running).await, "done");
    assert_eq!(ann.get(&stopped).await.ok(), ended_before, "an operation that had ended is unchanged");
    assert_eq!(status(&bob, &others).await, "progressing", "operations of other accounts continue");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_freeze_event_that_arrives_after_the_recovery_ends_nothing() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let ann = ann.with_access_key().await;
    let running = start_transcription(&ann, 1).await;
    let before = client.published_events(&id).await.len();
    let service = client.service().clone();
    let paused = service.pause_background_work().await;
    freeze(&client, &id).await;
    recover(&client, &id).await;
    drop(paused);
    let published = client.published_events(&id).await.split_off(before);
    assert_eq!(event_types(&published), ["customer_frozen", "customer_recovered"]);
    assert_eq!(status(&ann, &running).await, "progressing");
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_running_operations_end() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    // The nil UUID stands for no reference, so the transcription and its copies have no unique name.
    start_transcription(&ann, 0).await;
    let tables = Tables(client.engine().clone());
    let row = tables.query("transcriptions", "customer_id", &id).remove(0);
    let copy = |number: u128| {
        let mut copy = row.clone();
        copy["id"]["S"] = json!(Uuid::from_u128(number));
        copy
    };
    tables.insert("transcriptions", &(1..=230).map(copy).collect::<Vec<_>>());
    freeze(&client, &id).await;
    // The clock moves past all retries.
    client.advance(3600).await;
    let rows = tables.query("transcriptions", "customer_id", &id);
    let running = rows.iter().filter(|row| row.to_string().contains("progressing")).count();
    assert_eq!((rows.len(), running), (231, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_terminate_event_is_published_even_if_transcriptions_cannot_be_ended() {
    let script = Arc::new(ScriptedFaults::default());
    let client = Client::start_with(&[], Arc::clone(&script) as _).await;
    let (id, ann) = client.tenant("ann").await;
    let ann = ann.with_access_key().await;
    let running = start_transcription(&ann, 1).await;
    client.idle().await;
    script.set(
        |_, body| if body.to_string().contains("transcriptions") { Fault::LoseRequest } else { Fault::None },
    );
    freeze(&client, &id).await;
    let published = client.published_events(&id).await;
    let terminate_events = published.iter().filter(|event| event["type"] == "operations_terminate").count();
    assert_eq!(terminate_events, 1, "{:?}", event_types(&published));
    script.clear();
    client.advance(3600).await;
    recover(&client, &id).await;
    assert_eq!(status(&ann, &running).await, "done", "the remaining operations end later");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deletion_of_an_account_publishes_a_terminate_event() {
    let client = Client::start().await;
    let (id, _) = client.tenant("ann").await;
    client.platform_admin().await.delete(&format!("/v1.0/customers/{id}")).await.ok();
    let published = client.published_events(&id).await;
    let event = published
        .iter()
        .find(|event| event["type"] == "operations_terminate")
        .expect("the event was published");
    assert_eq!(event["status"], "deleted");
}
