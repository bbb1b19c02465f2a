//! The specification's responses, byte for byte. Only white space, ids, times and the e-mail address differ. The specification
//! masks the address.

use custodian_domain::Timestamp;
use custodian_tests::{Client, Response};
use serde_json::{Value, json};

use crate::{FIELDS, NO_ID, assert_time};

const MONTH: i64 = 30 * 86_400 * 1_000_000;
const EMAIL: &str = "contact@acme-corp.com";

/// The customer in most of the specification's examples.
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

/// The customer in the specification's example of creating one.
const TEST_COMPANY: &str = r#"{
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

/// A customer that was deleted immediately.
const DELETED: &str = r#"{
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

/// An example with a response's ids and times. A null or nil value stays as it is.
fn with_ids_and_times_of(example: &Value, response: &Value) -> Value {
    let mut expected = example.clone();
    for field in FIELDS.iter().filter(|field| field.starts_with("tm_") || field.ends_with("id")) {
        let (shown, own) = (&example[*field], &response[*field]);
        if !shown.is_null() && shown != NO_ID && own.is_string() && own != NO_ID {
            expected[*field] = own.clone();
        }
    }
    expected
}

/// Asserts that the response equals the example byte for byte, with the response's ids and times.
#[track_caller]
fn assert_equals(response: &Response, example: &Value) -> Value {
    let shown = response.ok();
    assert_eq!(response.text, with_ids_and_times_of(example, &shown).to_string());
    assert_eq!(response.headers["content-type"], "application/json");
    for field in FIELDS.iter().filter(|field| field.starts_with("tm_")) {
        shown[*field].as_str().into_iter().for_each(assert_time);
    }
    shown
}

#[track_caller]
fn micros(time: &Value) -> i64 {
    Timestamp::parse(time.as_str().unwrap()).unwrap().micros()
}

/// Creates an account with an example's profile.
async fn create_account(platform_admin: &Client, username: &str, example: &Value) -> Response {
    let mut body = example.clone();
    body["username"] = json!(username);
    body["password"] = json!("yourPassword");
    platform_admin.post("/v1.0/customers", body).await
}

async fn verified(client: &Client) -> (String, Client) {
    let created =
        create_account(&client.platform_admin().await, "acme", &example(ACME, json!({}))).await.ok();
    let token = client.mailed_token(EMAIL).await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    (created["id"].as_str().unwrap().to_owned(), client.login("acme", "yourPassword").await)
}

#[tokio::test(flavor = "multi_thread")]
async fn create_and_delete_respond_as_the_tutorial_shows() {
    let client = Client::start().await;
    let platform_admin = client.platform_admin().await;
    let response = create_account(&platform_admin, "test1", &example(TEST_COMPANY, json!({}))).await;
    let created = assert_equals(&response, &example(TEST_COMPANY, json!({})));
    assert_eq!(created["tm_update"], created["tm_create"]);

    let path =
        format!("/v1.0/customers/{}?token={}", created["id"].as_str().unwrap(), platform_admin.token());
    let shown = example(TEST_COMPANY, json!({ "status": "deleted", "tm_delete": "2024-03-10T15:59:08Z" }));
    let deleted = assert_equals(&client.delete(&path).await, &shown);
    assert_eq!((&deleted["id"], &deleted["tm_update"]), (&created["id"], &created["tm_update"]));
    assert!(micros(&deleted["tm_delete"]) > micros(&created["tm_create"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn list_detail_and_the_own_customer_respond_as_the_tutorial_shows() {
    let client = Client::start().await;
    let (id, acme) = verified(&client).await;
    let platform_admin = client.platform_admin().await;
    let shown = example(ACME, json!({}));
    let detail = client.get(&format!("/v1.0/customers/{id}?token={}", platform_admin.token())).await;
    let customer = assert_equals(&detail, &shown);
    assert_eq!(customer["id"], id);
    assert_ne!(customer["billing_account_id"], NO_ID);
    let own = client.get(&format!("/v1.0/customer?token={}", acme.token())).await;
    assert_eq!(own.text, detail.text, "the owner reads the same bytes as the platform admin");

    let list = client.get(&format!("/v1.0/customers?page_size=1&token={}", platform_admin.token())).await;
    let token = list.ok()["next_page_token"].as_str().unwrap().to_owned();
    assert!(!token.is_empty(), "the platform's own customer is on the next page");
    assert_eq!(list.text, format!(r#"{{"result":[{}],"next_page_token":"{token}"}}"#, detail.text));
}

#[tokio::test(flavor = "multi_thread")]
async fn unregister_cancel_and_immediate_deletion_respond_as_the_tutorial_shows() {
    let client = Client::start().await;
    let (id, acme) = verified(&client).await;
    let before = acme.get("/v1.0/customer").await.ok();
    let response = acme.post("/auth/unregister", json!({ "password": "yourPassword" })).await;
    let changes = json!({ "status": "frozen", "tm_deletion_scheduled": "2024-07-20T14:22:35Z" });
    let frozen = assert_equals(&response, &example(ACME, changes));
    let (requested, due) = (micros(&frozen["tm_update"]), micros(&frozen["tm_deletion_scheduled"]));
    assert!((0..1_000_000).contains(&(due - requested - MONTH)), "thirty days, rounded up to a whole second");
    assert_eq!(due % 1_000_000, 0);
    let jobs = client.get("/_local/schedules").await.ok();
    assert_eq!(jobs["result"][0]["due"], frozen["tm_deletion_scheduled"], "the time of the purge job");

    let acme = client.login("acme", "yourPassword").await;
    let recovered = assert_equals(&acme.delete("/auth/unregister").await, &example(ACME, json!({})));
    for field in ["id", "billing_account_id", "tm_create"] {
        assert_eq!(recovered[field], before[field], "{field}");
    }

    let body = json!({ "password": "yourPassword", "confirmation_phrase": "DELETE", "immediate": true });
    let deleted = assert_equals(&acme.post("/auth/unregister", body).await, &example(DELETED, json!({})));
    assert_eq!((&deleted["id"], &deleted["tm_create"]), (&json!(id), &before["tm_create"]));
    assert_eq!(deleted["tm_update"], deleted["tm_delete"]);
    let stored = client.platform_admin().await.get(&format!("/v1.0/customers/{id}")).await;
    assert_equals(&stored, &example(DELETED, json!({})));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_customer_deleted_by_a_platform_admin_is_returned_without_its_deadline() {
    let client = Client::start().await;
    let (id, acme) = verified(&client).await;
    let frozen = acme.post("/auth/unregister", json!({ "password": "yourPassword" })).await.ok();
    let deleted = client.platform_admin().await.delete(&format!("/v1.0/customers/{id}")).await;
    let shown = example(ACME, json!({ "status": "deleted", "tm_delete": "2024-06-20T14:25:00Z" }));
    let deleted = assert_equals(&deleted, &shown);
    assert_eq!(deleted["tm_update"], frozen["tm_update"]);
    client.idle().await;
    assert_eq!(client.get("/_local/schedules").await.ok()["result"], json!([]), "the purge job is cancelled");
}
