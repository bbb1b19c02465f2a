//! Idempotency records of this release can be found and decrypted only with the platform's secret and the caller's key together.

use custodian_auth::encryption::Encryption;
use custodian_tests::stored_secrets::platform_hasher;
use custodian_tests::{Client, Response, Tables};
use reqwest::Method;
use serde_json::{Value, json};

const WEAK_KEY: &str = "order-42";
const BODY: &str = r#"{"name":"ci"}"#;

async fn create_key(client: &Client) -> Response {
    let request = client.request(Method::POST, "/v1.0/accesskeys").header("idempotency-key", WEAK_KEY);
    client.send(request.header("content-type", "application/json").body(BODY)).await
}

/// The service, its tables, an account's id, its administrator, and the text from which the product derives the keys of the
/// administrator's idempotency records, together with a secret.
async fn start() -> (Client, Tables, String, Client, String) {
    let client = Client::start().await;
    let (customer, ann) = client.tenant("ann").await;
    let agent = ann.get("/v1.0/me").await.ok()["id"].as_str().unwrap().to_owned();
    let tables = Tables(client.engine().clone());
    (client, tables, customer, ann, format!("agent {agent} POST /v1.0/accesskeys "))
}

fn only_record(tables: &Tables, customer: &str) -> Value {
    let rows = tables.query("idempotency", "customer_id", customer);
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows[0].clone()
}

/// The keys of a record as this revision derives them, with the platform's secret.
fn keyed(tables: &Tables, owner: &str) -> Encryption {
    Encryption::new(owner, &platform_hasher(tables).hash("idempotency", WEAK_KEY))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guessed_idempotency_key_decrypts_no_record_without_the_platforms_secret() {
    let (_client, tables, customer, ann, owner) = start().await;
    let created = create_key(&ann).await.ok();
    assert_eq!(create_key(&ann).await.ok(), created, "the repeated request gets the first response");
    let record = only_record(&tables, &customer);
    let ciphertext = record["answer"]["B"].as_str().unwrap();
    let with_secret = keyed(&tables, &owner);
    assert_eq!(record["key"]["S"], with_secret.record_key(), "the test derives the product's key");
    let plain = String::from_utf8(with_secret.decrypt(ciphertext).unwrap()).unwrap();
    assert!(plain.contains(&created["token"].as_str().unwrap()[11..]));

    let guessed = Encryption::new(&owner, WEAK_KEY);
    assert_eq!(guessed.decrypt(ciphertext), None);
    assert_ne!(record["key"]["S"], guessed.record_key(), "the guess cannot even be confirmed");
    assert_ne!(record["body_mac"]["S"], guessed.mac(BODY.as_bytes()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_an_earlier_revision_answered_gets_its_response_and_no_second_effect() {
    let (client, tables, customer, ann, owner) = start().await;
    let created = create_key(&ann).await.ok();
    // The record as an earlier release wrote it: without the platform's secret.
    let (now, before) = (keyed(&tables, &owner), Encryption::new(&owner, WEAK_KEY));
    let mut record = only_record(&tables, &customer);
    let plain = now.decrypt(record["answer"]["B"].as_str().unwrap()).unwrap();
    let key = json!({ "customer_id": record["customer_id"], "key": record["key"] });
    tables.call("DeleteItem", &json!({ "TableName": "custodian-idempotency", "Key": key }));
    record["key"] = json!({ "S": before.record_key() });
    record["body_mac"] = json!({ "S": before.mac(BODY.as_bytes()) });
    record["answer"] = json!({ "S": before.encrypt(&plain, [7; 12]).unwrap() });
    tables.insert("idempotency", &[record]);

    assert_eq!(create_key(&ann).await.ok(), created);
    let other = ann.request(Method::POST, "/v1.0/accesskeys").header("idempotency-key", WEAK_KEY);
    let other = ann.send(other.json(&json!({ "name": "other" }))).await;
    assert_eq!(other.refusal(), (409, "IDEMPOTENCY_KEY_REUSED".into()));
    client.advance(86_300).await;
    assert_eq!(create_key(&ann).await.ok(), created);
    client.advance(101).await;
    assert_ne!(create_key(&ann).await.ok()["id"], created["id"], "a record counts for a day");
}
