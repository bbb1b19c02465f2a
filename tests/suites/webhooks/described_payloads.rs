//! Payloads match the section `webhooks` of the API description.

use custodian_tests::PASSWORD;
use jsonschema::Draft;
use serde_json::{Value, json};

use crate::{Receiver, account_with_webhook, send_test_webhook, start};

/// The reasons why a payload does not match the description of its event.
fn mismatches(document: &Value, payload: &Value) -> Vec<String> {
    let event_type = payload["type"].as_str().unwrap();
    let body =
        &document["webhooks"][event_type]["post"]["requestBody"]["content"]["application/json"]["schema"];
    assert!(body.is_object(), "{event_type} is not described");
    let schema = json!({ "$ref": body["$ref"], "components": document["components"] });
    let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
    let validator = options.build(&schema).unwrap();
    validator
        .iter_errors(payload)
        .map(|error| format!("{event_type}{}: {error}", error.instance_path()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn payloads_match_the_descriptions_of_their_events() {
    let document = custodian_openapi::describe();
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let tag = ann.post("/v1.0/tags", json!({ "name": "vip" })).await.ok();
    ann.post("/v1.0/flows", json!({ "actions": [{ "type": "talk" }] })).await.ok();
    ann.post("/v1.0/extensions", json!({ "extension": "100", "password": "dial tone" })).await.ok();
    ann.post("/v1.0/accesskeys", json!({ "name": "ci" })).await.ok();
    ann.post("/v1.0/agents", json!({ "username": "bob@example.com", "password": PASSWORD })).await.ok();
    ann.put("/v1.0/customer", json!({ "name": "Acme" })).await.ok();
    send_test_webhook(&ann).await;
    client.idle().await;
    ann.delete(&format!("/v1.0/tags/{}", tag["id"].as_str().unwrap())).await.ok();
    let body = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    ann.post("/auth/unregister", body).await.ok();
    client.idle().await;
    let payloads: Vec<Value> = receiver.take().iter().map(super::Received::json).collect();
    assert!(payloads.len() >= 9, "{payloads:?}");
    let found: Vec<_> = payloads.iter().flat_map(|payload| mismatches(&document, payload)).collect();
    assert_eq!(found, [""; 0]);
    let mut wrong = payloads[0].clone();
    wrong["version"] = json!("1");
    assert!(!mismatches(&document, &wrong).is_empty());
}
