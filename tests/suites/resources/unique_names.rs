//! Unique names: their scope, contention for them, and when they become free.

use custodian_domain::kinds::{CONTACTS, EXTENSIONS, NUMBERS, TRANSCRIPTIONS, TRUNKS};
use custodian_tests::{Client, PASSWORD};
use futures::future::join_all;
use serde_json::json;

use crate::sample_values::{create, row_path, sample_id, tenant_on_plan};

#[tokio::test(flavor = "multi_thread")]
async fn only_one_of_concurrent_requests_for_a_number_succeeds_across_accounts() {
    let client = Client::start().await;
    let (_, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let (_, bob) = tenant_on_plan(&client, "bob", "unlimited").await;
    let requests = (0..16).map(|n| {
        let caller = if n % 2 == 0 { ann.clone() } else { bob.clone() };
        async move { caller.post("/v1.0/numbers", json!({ "number": "+15551234567" })).await }
    });
    let responses = join_all(requests).await;
    assert_eq!(responses.iter().filter(|response| response.status == 200).count(), 1);
    let refused = responses.iter().filter(|response| response.status != 200);
    refused.for_each(|response| assert_eq!(response.refusal(), (409, "NUMBER_ALREADY_EXISTS".into())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_free_again_when_its_row_or_account_is_deleted() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    let number = json!({ "number": "+15551234567" });
    let row = create(&ann, &NUMBERS, number.clone()).await;
    ann.delete(&row_path(&NUMBERS, &row)).await.ok();
    create(&bob, &NUMBERS, number.clone()).await;
    // The number is free at once, before the cascade deletes its identifier.
    let service = client.service().clone();
    let paused = service.pause_background_work().await;
    let request = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    bob.post("/auth/unregister", request).await.ok();
    let row = create(&ann, &NUMBERS, number.clone()).await;
    drop(paused);
    client.idle().await;
    assert_eq!(
        ann.get(&row_path(&NUMBERS, &row)).await.ok(),
        row,
        "the cascade deletes nothing of the new holder"
    );
    assert_eq!(ann.post("/v1.0/numbers", number).await.status, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn domains_are_unique_on_the_platform_and_extensions_and_addresses_in_an_account() {
    let client = Client::start().await;
    let (_, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let (_, bob) = tenant_on_plan(&client, "bob", "unlimited").await;
    create(&ann, &TRUNKS, json!({ "domain_name": "sip.example.com" })).await;
    let taken = bob.post("/v1.0/trunks", json!({ "domain_name": "SIP.example.com" })).await;
    assert_eq!(taken.refusal(), (409, "DOMAIN_ALREADY_EXISTS".into()));
    create(&bob, &TRUNKS, json!({})).await;
    create(&bob, &TRUNKS, json!({})).await;

    create(&ann, &EXTENSIONS, json!({ "extension": "100", "password": "dial tone" })).await;
    create(&bob, &EXTENSIONS, json!({ "extension": "100", "password": "dial tone" })).await;
    let taken = ann.post("/v1.0/extensions", json!({ "extension": "100", "password": "dial tone" })).await;
    assert_eq!(taken.refusal(), (409, "EXTENSION_ALREADY_EXISTS".into()));

    let address = |target: &str| json!({ "addresses": [{ "type": "tel", "target": target }] });
    let first = create(&ann, &CONTACTS, address("+1")).await;
    let second = create(&ann, &CONTACTS, address("+2")).await;
    create(&bob, &CONTACTS, address("+1")).await;
    let taken = ann.put(&row_path(&CONTACTS, &second), address("+1")).await;
    assert_eq!(taken.refusal(), (409, "ADDRESS_ALREADY_EXISTS".into()));
    // A removed address is free. A kept address keeps its id.
    let both = json!({ "addresses": [{ "type": "tel", "target": "+1" }, { "type": "tel", "target": "+3" }] });
    let changed = ann.put(&row_path(&CONTACTS, &first), both).await.ok();
    assert_eq!(changed["addresses"][0]["id"], first["addresses"][0]["id"]);
    ann.put(&row_path(&CONTACTS, &first), json!({ "addresses": [] })).await.ok();
    ann.put(&row_path(&CONTACTS, &second), address("+1")).await.ok();
    create(&ann, &CONTACTS, address("+3")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_is_transcribed_once_at_a_time() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let call = json!({ "reference_type": "call", "reference_id": sample_id(1), "language": "en-US" });
    let row = create(&ann, &TRANSCRIPTIONS, call.clone()).await;
    assert_eq!(row["status"], "progressing");
    let again = ann.post("/v1.0/transcribes", call.clone()).await;
    assert_eq!(again.refusal(), (409, "TRANSCRIBE_ALREADY_PROGRESSING".into()));
    let stop = format!("{}/stop", row_path(&TRANSCRIPTIONS, &row));
    let stopped = ann.post(&stop, json!({})).await.ok();
    assert_eq!(stopped["status"], "done");
    assert_eq!(ann.post(&stop, json!({})).await.ok(), stopped, "stopping again changes nothing");
    create(&ann, &TRANSCRIPTIONS, call).await;
    let renamed = ann.put(&row_path(&TRANSCRIPTIONS, &row), json!({ "name": "a call" })).await.ok();
    assert_eq!((&renamed["name"], &renamed["status"]), (&json!("a call"), &json!("done")));
}
