//! The specification's answers, to the letter: only ids, times and the address, which it hides, are the test's own.

use custodian_domain::Timestamp;
use custodian_tests::{Answer, Client};
use serde_json::{Value, json};

use crate::{FIELDS, NO_ID, assert_time};

const MONTH: i64 = 30 * 86_400 * 1_000_000;
const EMAIL: &str = "contact@acme-corp.com";

/// The customer that most examples show, as the specification writes it.
const ACME: &str = r#"{
    "id": "5e4a0680-804e-11ec-8477-2fea5968d85b",
    "name": "Acme Corporation",
    "detail": "Enterprise customer account",
    "email": "contact@acme-corp.com",
    "phone_number": "+15551234567",
    "address": "123 Main St, San Francisco, CA 94105",
    "webhook_method": "POST",
    "webhook_uri": "https://webhooks.acme-corp.com/voipbin",
    "billing_account_id": "a1b2c3d4-5678-90ab-cdef-1234567890ab",
    "email_verified": true,
    "status": "active",
    "tm_deletion_scheduled": null,
    "tm_create": "2024-01-15T10:30:00Z",
    "tm_update": "2024-06-20T14:22:35Z",
    "tm_delete": null
}"#;

/// The customer that the example of creation shows.
const TEST: &str = r#"{
    "id": "ff424526-f65d-483f-bc36-3b2357c6c6a9",
    "name": "Test Company",
    "detail": "Test customer account",
    "email": "contact@acme-corp.com",
    "phone_number": "",
    "address": "",
    "webhook_method": "POST",
    "webhook_uri": "https://webhooks.test-company.com/voipbin",
    "billing_account_id": "00000000-0000-0000-0000-000000000000",
    "email_verified": false,
    "status": "initial",
    "tm_deletion_scheduled": null,
    "tm_create": "2024-03-10T15:57:08Z",
    "tm_update": "2024-03-10T15:57:08Z",
    "tm_delete": null
}"#;

/// What is shown of a customer that was deleted immediately.
const GONE: &str = r#"{
    "id": "5e4a0680-804e-11ec-8477-2fea5968d85b",
    "name": "",
    "detail": "",
    "email": "",
    "phone_number": "",
    "address": "",
    "webhook_method": "",
    "webhook_uri": "",
    "billing_account_id": "00000000-0000-0000-0000-000000000000",
    "email_verified": false,
    "status": "deleted",
    "tm_deletion_scheduled": null,
    "tm_create": "2024-01-15T10:30:00Z",
    "tm_update": "2024-06-20T14:25:00Z",
    "tm_delete": "2024-06-20T14:25:00Z"
}"#;

fn example(text: &str, changes: Value) -> Value {
    let mut example: Value = serde_json::from_str(text).unwrap();
    for (field, value) in changes.as_object().unwrap() {
        example[field] = value.clone();
    }
    example
}

/// An example with the ids and times of an answer in their places: null stays null, none stays none.
fn with_own(example: &Value, answer: &Value) -> Value {
    let mut expected = example.clone();
    for field in FIELDS.iter().filter(|field| field.starts_with("tm_") || field.ends_with("id")) {
        let (shown, own) = (&example[*field], &answer[*field]);
        if !shown.is_null() && shown != NO_ID && own.is_string() && own != NO_ID {
            expected[*field] = own.clone();
        }
    }
    expected
}

/// The answer's bytes are the example's: the same fields, values and order, and nothing else.
#[track_caller]
fn assert_is(answer: &Answer, example: &Value) -> Value {
    let shown = answer.ok();
    assert_eq!(answer.text, with_own(example, &shown).to_string());
    assert_eq!(answer.headers["content-type"], "application/json");
    for field in FIELDS.iter().filter(|field| field.starts_with("tm_")) {
        shown[*field].as_str().into_iter().for_each(assert_time);
    }
    shown
}

#[track_caller]
fn micros(time: &Value) -> i64 {
    Timestamp::parse(time.as_str().unwrap()).unwrap().micros()
}

/// Opens an account with an example's profile; answers the answer.
async fn open(operator: &Client, username: &str, example: &Value) -> Answer {
    let mut body = example.clone();
    body["username"] = json!(username);
    body["password"] = json!("yourPassword");
    operator.post("/v1.0/customers", body).await
}

async fn verified(client: &Client) -> (String, Client) {
    let created = open(&client.operator().await, "acme", &example(ACME, json!({}))).await.ok();
    let token = client.mailed_token(EMAIL).await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    (created["id"].as_str().unwrap().to_owned(), client.login("acme", "yourPassword").await)
}

#[tokio::test(flavor = "multi_thread")]
async fn create_and_delete_answer_as_the_tutorial_shows() {
    let client = Client::start().await;
    let operator = client.operator().await;
    let answer = open(&operator, "test1", &example(TEST, json!({}))).await;
    let created = assert_is(&answer, &example(TEST, json!({})));
    assert_eq!(created["tm_update"], created["tm_create"]);

    let path = format!("/v1.0/customers/{}?token={}", created["id"].as_str().unwrap(), operator.token());
    let shown = example(TEST, json!({ "status": "deleted", "tm_delete": "2024-03-10T15:59:08Z" }));
    let deleted = assert_is(&client.delete(&path).await, &shown);
    assert_eq!((&deleted["id"], &deleted["tm_update"]), (&created["id"], &created["tm_update"]));
    assert!(micros(&deleted["tm_delete"]) > micros(&created["tm_create"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn list_detail_and_the_own_customer_answer_as_the_tutorial_shows() {
    let client = Client::start().await;
    let (id, acme) = verified(&client).await;
    let operator = client.operator().await;
    let shown = example(ACME, json!({}));
    let detail = client.get(&format!("/v1.0/customers/{id}?token={}", operator.token())).await;
    let customer = assert_is(&detail, &shown);
    assert_eq!(customer["id"], id);
    assert_ne!(customer["billing_account_id"], NO_ID);
    let own = client.get(&format!("/v1.0/customer?token={}", acme.token())).await;
    assert_eq!(own.text, detail.text, "the owner reads the same bytes as the operator");

    let list = client.get(&format!("/v1.0/customers?page_size=1&token={}", operator.token())).await;
    let token = list.ok()["next_page_token"].as_str().unwrap().to_owned();
    assert!(!token.is_empty(), "the platform's own customer is on the next page");
    assert_eq!(list.text, format!(r#"{{"result":[{}],"next_page_token":"{token}"}}"#, detail.text));
}

#[tokio::test(flavor = "multi_thread")]
async fn unregister_cancel_and_immediate_deletion_answer_as_the_tutorial_shows() {
    let client = Client::start().await;
    let (id, acme) = verified(&client).await;
    let before = acme.get("/v1.0/customer").await.ok();
    let answer = acme.post("/auth/unregister", json!({ "password": "yourPassword" })).await;
    let changes = json!({ "status": "frozen", "tm_deletion_scheduled": "2024-07-20T14:22:35Z" });
    let frozen = assert_is(&answer, &example(ACME, changes));
    let (asked, due) = (micros(&frozen["tm_update"]), micros(&frozen["tm_deletion_scheduled"]));
    assert!((0..1_000_000).contains(&(due - asked - MONTH)), "thirty days, up to the next whole second");
    assert_eq!(due % 1_000_000, 0);
    let jobs = client.get("/_local/schedules").await.ok();
    assert_eq!(jobs["result"][0]["due"], frozen["tm_deletion_scheduled"], "the instant of the purge itself");

    let acme = client.login("acme", "yourPassword").await;
    let recovered = assert_is(&acme.delete("/auth/unregister").await, &example(ACME, json!({})));
    for field in ["id", "billing_account_id", "tm_create"] {
        assert_eq!(recovered[field], before[field], "{field}");
    }

    let body = json!({ "password": "yourPassword", "confirmation_phrase": "DELETE", "immediate": true });
    let gone = assert_is(&acme.post("/auth/unregister", body).await, &example(GONE, json!({})));
    assert_eq!((&gone["id"], &gone["tm_create"]), (&json!(id), &before["tm_create"]));
    assert_eq!(gone["tm_update"], gone["tm_delete"]);
    let stored = client.operator().await.get(&format!("/v1.0/customers/{id}")).await;
    assert_is(&stored, &example(GONE, json!({})));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_customer_that_an_operator_deletes_is_shown_without_its_deadline() {
    let client = Client::start().await;
    let (id, acme) = verified(&client).await;
    let frozen = acme.post("/auth/unregister", json!({ "password": "yourPassword" })).await.ok();
    let deleted = client.operator().await.delete(&format!("/v1.0/customers/{id}")).await;
    let shown = example(ACME, json!({ "status": "deleted", "tm_delete": "2024-06-20T14:25:00Z" }));
    let deleted = assert_is(&deleted, &shown);
    assert_eq!(deleted["tm_update"], frozen["tm_update"]);
    client.idle().await;
    assert_eq!(
        client.get("/_local/schedules").await.ok()["result"],
        json!([]),
        "and the purge is called off"
    );
}
