//! Names that a row holds alone.

use custodian_domain::kinds::{CONTACTS, EXTENSIONS, NUMBERS, TRANSCRIPTIONS, TRUNKS};
use custodian_tests::{Client, PASSWORD};
use futures::future::join_all;
use serde_json::json;

use crate::values::{an_id, make, on_plan, place};

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_want_one_number_one_gets_it_whoever_they_are() {
    let client = Client::start().await;
    let (_, ann) = on_plan(&client, "ann", "unlimited").await;
    let (_, bob) = on_plan(&client, "bob", "unlimited").await;
    let asked = (0..16).map(|n| {
        let caller = if n % 2 == 0 { ann.clone() } else { bob.clone() };
        async move { caller.post("/v1.0/numbers", json!({ "number": "+15551234567" })).await }
    });
    let answers = join_all(asked).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    let refused = answers.iter().filter(|answer| answer.status != 200);
    refused.for_each(|answer| assert_eq!(answer.refusal(), (409, "NUMBER_ALREADY_EXISTS".into())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_free_again_when_its_row_or_its_account_is_gone() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    let number = json!({ "number": "+15551234567" });
    let row = make(&ann, &NUMBERS, number.clone()).await;
    ann.delete(&place(&NUMBERS, &row)).await.ok();
    make(&bob, &NUMBERS, number.clone()).await;
    // At once, even before the cascade has come to it.
    let service = client.service().clone();
    let still = service.hold_still().await;
    let wipe = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    bob.post("/auth/unregister", wipe).await.ok();
    let row = make(&ann, &NUMBERS, number.clone()).await;
    drop(still);
    client.idle().await;
    assert_eq!(ann.get(&place(&NUMBERS, &row)).await.ok(), row, "and the cascade takes nothing of hers");
    assert_eq!(ann.post("/v1.0/numbers", number).await.status, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn domains_are_the_platforms_and_extensions_and_addresses_the_accounts() {
    let client = Client::start().await;
    let (_, ann) = on_plan(&client, "ann", "unlimited").await;
    let (_, bob) = on_plan(&client, "bob", "unlimited").await;
    make(&ann, &TRUNKS, json!({ "domain_name": "sip.example.com" })).await;
    let taken = bob.post("/v1.0/trunks", json!({ "domain_name": "SIP.example.com" })).await;
    assert_eq!(taken.refusal(), (409, "DOMAIN_ALREADY_EXISTS".into()));
    make(&bob, &TRUNKS, json!({})).await;
    make(&bob, &TRUNKS, json!({})).await;

    make(&ann, &EXTENSIONS, json!({ "extension": "100" })).await;
    make(&bob, &EXTENSIONS, json!({ "extension": "100" })).await;
    let taken = ann.post("/v1.0/extensions", json!({ "extension": "100" })).await;
    assert_eq!(taken.refusal(), (409, "EXTENSION_ALREADY_EXISTS".into()));

    let address = |target: &str| json!({ "addresses": [{ "type": "tel", "target": target }] });
    let first = make(&ann, &CONTACTS, address("+1")).await;
    let second = make(&ann, &CONTACTS, address("+2")).await;
    make(&bob, &CONTACTS, address("+1")).await;
    let taken = ann.put(&place(&CONTACTS, &second), address("+1")).await;
    assert_eq!(taken.refusal(), (409, "ADDRESS_ALREADY_EXISTS".into()));
    // What a contact gives up is free, and what it keeps stays its own, with its id.
    let both = json!({ "addresses": [{ "type": "tel", "target": "+1" }, { "type": "tel", "target": "+3" }] });
    let changed = ann.put(&place(&CONTACTS, &first), both).await.ok();
    assert_eq!(changed["addresses"][0]["id"], first["addresses"][0]["id"]);
    ann.put(&place(&CONTACTS, &first), json!({ "addresses": [] })).await.ok();
    ann.put(&place(&CONTACTS, &second), address("+1")).await.ok();
    make(&ann, &CONTACTS, address("+3")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_being_transcribed_is_not_transcribed_twice_at_once() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let call = json!({ "reference_type": "call", "reference_id": an_id(1), "language": "en-US" });
    let row = make(&ann, &TRANSCRIPTIONS, call.clone()).await;
    assert_eq!(row["status"], "progressing");
    let again = ann.post("/v1.0/transcribes", call.clone()).await;
    assert_eq!(again.refusal(), (409, "TRANSCRIBE_ALREADY_PROGRESSING".into()));
    let stop = format!("{}/stop", place(&TRANSCRIPTIONS, &row));
    let stopped = ann.post(&stop, json!({})).await.ok();
    assert_eq!(stopped["status"], "done");
    assert_eq!(ann.post(&stop, json!({})).await.ok(), stopped, "stopping again changes nothing");
    make(&ann, &TRANSCRIPTIONS, call).await;
    let renamed = ann.put(&place(&TRANSCRIPTIONS, &row), json!({ "name": "a call" })).await.ok();
    assert_eq!((&renamed["name"], &renamed["status"]), (&json!("a call"), &json!("done")));
}
