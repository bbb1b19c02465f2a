//! Each example of the specification: its request and its response.

use custodian_tests::{Client, PASSWORD, micros};
use serde_json::{Value, json};

use crate::{FIELDS, NO_ID, assert_time};

/// The body with which the specification creates an account.
fn test_company() -> Value {
    json!({
        "username": "test1",
        "password": "ee5f3d14-5ac6-11ed-808e-6f7d676a444b",
        "name": "Test Company",
        "detail": "Test customer account",
        "email": "test@test-company.com",
        "webhook_method": "POST",
        "webhook_uri": "https://webhooks.test-company.com/voipbin",
    })
}

/// The account that most of the specification's responses show.
fn acme() -> Value {
    json!({
        "username": "acme", "password": PASSWORD,
        "name": "Acme Corporation",
        "detail": "Enterprise customer account",
        "email": "contact@acme-corp.com",
        "phone_number": "+15551234567",
        "address": "123 Main St, San Francisco, CA 94105",
        "webhook_method": "POST",
        "webhook_uri": "https://webhooks.acme-corp.com/voipbin",
    })
}

/// Creates an account as a platform admin and verifies it. Returns its id and its admin.
async fn verified(client: &Client, body: Value) -> (String, Client) {
    let created = client.platform_admin().await.post("/v1.0/customers", body.clone()).await.ok();
    let token = client.mailed_token(body["email"].as_str().unwrap()).await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    let (name, password) = (body["username"].as_str().unwrap(), body["password"].as_str().unwrap());
    (created["id"].as_str().unwrap().to_owned(), client.login(name, password).await)
}

/// Asserts that a customer has exactly the specification's fields, in that order, and that times have the specified format.
#[track_caller]
fn assert_fields(text: &str, customer: &Value) {
    let keys: Vec<_> = customer.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, FIELDS);
    let places: Vec<_> = FIELDS.iter().map(|field| text.find(&format!("\"{field}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "the order of the fields in {text}");
    for time in ["tm_create", "tm_update", "tm_delete", "tm_deletion_scheduled"] {
        customer[time].as_str().into_iter().for_each(assert_time);
    }
}

/// Asserts that a customer has these values.
#[track_caller]
fn assert_values(customer: &Value, expected: Value) {
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&customer[field], value, "{field}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn creating_a_customer_returns_the_specified_fields() {
    let client = Client::start().await;
    let platform_admin = client.platform_admin().await;
    let path = format!("/v1.0/customers?token={}", platform_admin.token());
    let response = client.post(&path, test_company()).await;
    let created = response.ok();
    assert_fields(&response.text, &created);
    assert_values(
        &created,
        json!({
            "name": "Test Company", "detail": "Test customer account", "email": "test@test-company.com",
            "phone_number": "", "address": "", "webhook_method": "POST",
            "webhook_uri": "https://webhooks.test-company.com/voipbin", "billing_account_id": NO_ID,
            "email_verified": false, "status": "initial", "tm_deletion_scheduled": null, "tm_delete": null,
        }),
    );
    assert_eq!(created["tm_update"], created["tm_create"]);
    assert!(!response.text.contains("ee5f3d14"), "the password is never shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn listing_and_reading_customers_return_the_specified_fields() {
    let client = Client::start().await;
    let (id, _) = verified(&client, acme()).await;
    let platform_admin = client.platform_admin().await;
    let response = client.get(&format!("/v1.0/customers/{id}?token={}", platform_admin.token())).await;
    let detail = response.ok();
    assert_fields(&response.text, &detail);
    assert_values(
        &detail,
        json!({
            "id": id, "name": "Acme Corporation", "detail": "Enterprise customer account",
            "email": "contact@acme-corp.com", "phone_number": "+15551234567",
            "address": "123 Main St, San Francisco, CA 94105", "webhook_method": "POST",
            "webhook_uri": "https://webhooks.acme-corp.com/voipbin", "email_verified": true, "status": "active",
            "tm_deletion_scheduled": null, "tm_delete": null,
        }),
    );
    assert_ne!(detail["billing_account_id"], NO_ID);

    let response = client.get(&format!("/v1.0/customers?token={}", platform_admin.token())).await;
    let list = response.ok();
    let keys: Vec<_> = list.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["result", "next_page_token"]);
    assert_eq!(list["result"][0], detail, "newest first, with the same fields as the single customer");
    assert_eq!(list["next_page_token"], "");
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_and_changing_the_own_customer_return_the_specified_fields() {
    let client = Client::start().await;
    let (_, acme) = verified(&client, acme()).await;
    let response = client.get(&format!("/v1.0/customer?token={}", acme.token())).await;
    let before = response.ok();
    assert_fields(&response.text, &before);
    let path = format!("/v1.0/customer?token={}", acme.token());
    let change = json!({ "name": "Acme Corporation Inc.", "detail": "Updated enterprise account" });
    let response = client.put(&path, change).await;
    let after = response.ok();
    assert_fields(&response.text, &after);
    let mut expected = before;
    expected["name"] = json!("Acme Corporation Inc.");
    expected["detail"] = json!("Updated enterprise account");
    expected["tm_update"] = after["tm_update"].clone();
    assert_eq!(after, expected, "other fields are unchanged");
    assert_eq!(client.get(&path).await.ok(), after);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_a_customer_returns_its_profile_for_the_last_time() {
    let client = Client::start().await;
    let platform_admin = client.platform_admin().await;
    let created = platform_admin.post("/v1.0/customers", test_company()).await.ok();
    let path =
        format!("/v1.0/customers/{}?token={}", created["id"].as_str().unwrap(), platform_admin.token());
    let response = client.delete(&path).await;
    let deleted = response.ok();
    assert_fields(&response.text, &deleted);
    let mut expected = created.clone();
    expected["status"] = json!("deleted");
    expected["tm_delete"] = deleted["tm_delete"].clone();
    assert_eq!(deleted, expected);
    assert!(deleted["tm_delete"].is_string());

    let stored = client.get(&path).await.ok();
    assert_deleted(&stored, created["id"].as_str().unwrap());
    assert_eq!(
        client.delete(&path).await.ok(),
        stored,
        "repeating a deletion succeeds and returns the anonymised row"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unregistering_freezes_for_thirty_days() {
    let client = Client::start().await;
    let (_, acme) = verified(&client, acme()).await;
    let before = acme.get("/v1.0/customer").await.ok();
    let response = acme.post("/auth/unregister", json!({ "password": PASSWORD })).await;
    let frozen = response.ok();
    assert_fields(&response.text, &frozen);
    let mut expected = before;
    expected["status"] = json!("frozen");
    expected["tm_update"] = frozen["tm_update"].clone();
    expected["tm_deletion_scheduled"] = frozen["tm_deletion_scheduled"].clone();
    assert_eq!(frozen, expected);

    let deadline = frozen["tm_deletion_scheduled"].as_str().unwrap();
    assert_eq!(deadline.len(), "2024-07-20T14:22:35Z".len(), "the deadline is a whole second");
    let grace = micros(&frozen["tm_deletion_scheduled"]) - micros(&frozen["tm_update"]);
    assert!((0..1_000_000).contains(&(grace - 30 * 86_400 * 1_000_000)), "{grace} us");
    let again = client.login("acme", PASSWORD).await;
    let repeated = again.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    assert_eq!(repeated, frozen, "freezing again does not move the deadline");
    let recovered = again.delete("/auth/unregister").await;
    assert_fields(&recovered.text, &recovered.ok());
    assert_values(
        &recovered.ok(),
        json!({ "status": "active", "tm_deletion_scheduled": null, "tm_delete": null }),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_immediate_deletion_returns_no_personal_data() {
    let client = Client::start().await;
    let (id, acme) = verified(&client, acme()).await;
    let body = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    let response = acme.post("/auth/unregister", body).await;
    let deleted = response.ok();
    assert_fields(&response.text, &deleted);
    assert_deleted(&deleted, &id);
    assert_eq!(deleted["tm_update"], deleted["tm_delete"]);
}

/// Asserts that a deleted account has the values that the specification shows: nothing of its profile is left.
#[track_caller]
fn assert_deleted(customer: &Value, id: &str) {
    assert_values(
        customer,
        json!({
            "id": id, "name": "", "detail": "", "email": "", "phone_number": "", "address": "", "webhook_method": "",
            "webhook_uri": "", "billing_account_id": NO_ID, "email_verified": false, "status": "deleted",
            "tm_deletion_scheduled": null,
        }),
    );
}
