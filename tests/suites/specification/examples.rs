//! Each example of the specification: its request, and its answer.

use custodian_tests::{Client, PASSWORD};
use serde_json::{Value, json};

use crate::{FIELDS, NO_ID, assert_time};

/// The body with which the specification opens an account.
fn opening() -> Value {
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

/// The account that the specification's answers show.
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

/// Opens an account as an operator and verifies it; answers its id and its admin.
async fn verified(client: &Client, opening: Value) -> (String, Client) {
    let created = client.operator().await.post("/v1.0/customers", opening.clone()).await.ok();
    let token = client.mailed_token(opening["email"].as_str().unwrap()).await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    let (name, password) = (opening["username"].as_str().unwrap(), opening["password"].as_str().unwrap());
    (created["id"].as_str().unwrap().to_owned(), client.login(name, password).await)
}

/// A customer has exactly the fields of the specification, in its order; ids and times have their forms.
#[track_caller]
fn assert_shape(text: &str, customer: &Value) {
    let keys: Vec<_> = customer.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, FIELDS);
    let places: Vec<_> = FIELDS.iter().map(|field| text.find(&format!("\"{field}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "the order of the fields in {text}");
    for time in ["tm_create", "tm_update", "tm_delete", "tm_deletion_scheduled"] {
        customer[time].as_str().into_iter().for_each(assert_time);
    }
}

/// Compares everything but ids and times.
#[track_caller]
fn assert_says(customer: &Value, expected: Value) {
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&customer[field], value, "{field}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn creating_a_customer() {
    let client = Client::start().await;
    let operator = client.operator().await;
    let path = format!("/v1.0/customers?token={}", operator.token());
    let answer = client.post(&path, opening()).await;
    let created = answer.ok();
    assert_shape(&answer.text, &created);
    assert_says(
        &created,
        json!({
            "name": "Test Company", "detail": "Test customer account", "email": "test@test-company.com",
            "phone_number": "", "address": "", "webhook_method": "POST",
            "webhook_uri": "https://webhooks.test-company.com/voipbin", "billing_account_id": NO_ID,
            "email_verified": false, "status": "initial", "tm_deletion_scheduled": null, "tm_delete": null,
        }),
    );
    assert_eq!(created["tm_update"], created["tm_create"]);
    assert!(!answer.text.contains("ee5f3d14"), "the password is never shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_customers_and_one_customer() {
    let client = Client::start().await;
    let (id, _) = verified(&client, acme()).await;
    let operator = client.operator().await;
    let answer = client.get(&format!("/v1.0/customers/{id}?token={}", operator.token())).await;
    let detail = answer.ok();
    assert_shape(&answer.text, &detail);
    assert_says(
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

    let answer = client.get(&format!("/v1.0/customers?token={}", operator.token())).await;
    let list = answer.ok();
    let keys: Vec<_> = list.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["result", "next_page_token"]);
    assert_eq!(list["result"][0], detail, "the newest comes first, and a list shows what the detail shows");
    assert_eq!(list["next_page_token"], "");
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_and_changing_the_own_customer() {
    let client = Client::start().await;
    let (_, acme) = verified(&client, acme()).await;
    let answer = client.get(&format!("/v1.0/customer?token={}", acme.token())).await;
    let before = answer.ok();
    assert_shape(&answer.text, &before);
    let path = format!("/v1.0/customer?token={}", acme.token());
    let change = json!({ "name": "Acme Corporation Inc.", "detail": "Updated enterprise account" });
    let answer = client.put(&path, change).await;
    let after = answer.ok();
    assert_shape(&answer.text, &after);
    let mut expected = before;
    expected["name"] = json!("Acme Corporation Inc.");
    expected["detail"] = json!("Updated enterprise account");
    expected["tm_update"] = after["tm_update"].clone();
    assert_eq!(after, expected, "what was not named is unchanged");
    assert_eq!(client.get(&path).await.ok(), after);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_a_customer_shows_it_for_the_last_time() {
    let client = Client::start().await;
    let operator = client.operator().await;
    let created = operator.post("/v1.0/customers", opening()).await.ok();
    let path = format!("/v1.0/customers/{}?token={}", created["id"].as_str().unwrap(), operator.token());
    let answer = client.delete(&path).await;
    let deleted = answer.ok();
    assert_shape(&answer.text, &deleted);
    let mut expected = created.clone();
    expected["status"] = json!("deleted");
    expected["tm_delete"] = deleted["tm_delete"].clone();
    assert_eq!(deleted, expected);
    assert!(deleted["tm_delete"].is_string());

    let stored = client.get(&path).await.ok();
    assert_gone(&stored, created["id"].as_str().unwrap());
    assert_eq!(client.delete(&path).await.ok(), stored, "to repeat it is a success, and shows what is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn unregistering_freezes_for_thirty_days() {
    let client = Client::start().await;
    let (_, acme) = verified(&client, acme()).await;
    let before = acme.get("/v1.0/customer").await.ok();
    let answer = acme.post("/auth/unregister", json!({ "password": PASSWORD })).await;
    let frozen = answer.ok();
    assert_shape(&answer.text, &frozen);
    let mut expected = before;
    expected["status"] = json!("frozen");
    expected["tm_update"] = frozen["tm_update"].clone();
    expected["tm_deletion_scheduled"] = frozen["tm_deletion_scheduled"].clone();
    assert_eq!(frozen, expected);

    let deadline = frozen["tm_deletion_scheduled"].as_str().unwrap();
    assert_eq!(deadline.len(), "2024-07-20T14:22:35Z".len(), "a whole second");
    let again = client.login("acme", PASSWORD).await;
    let repeated = again.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    assert_eq!(repeated, frozen, "freezing again moves no deadline");
    let recovered = again.delete("/auth/unregister").await;
    assert_shape(&recovered.text, &recovered.ok());
    assert_says(
        &recovered.ok(),
        json!({ "status": "active", "tm_deletion_scheduled": null, "tm_delete": null }),
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn unregistering_immediately_leaves_nothing_of_a_person() {
    let client = Client::start().await;
    let (id, acme) = verified(&client, acme()).await;
    let body = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    let answer = acme.post("/auth/unregister", body).await;
    let deleted = answer.ok();
    assert_shape(&answer.text, &deleted);
    assert_gone(&deleted, &id);
    assert_eq!(deleted["tm_update"], deleted["tm_delete"]);
}

/// What the specification shows of an account that is gone.
#[track_caller]
fn assert_gone(customer: &Value, id: &str) {
    assert_says(
        customer,
        json!({
            "id": id, "name": "", "detail": "", "email": "", "phone_number": "", "address": "", "webhook_method": "",
            "webhook_uri": "", "billing_account_id": NO_ID, "email_verified": false, "status": "deleted",
            "tm_deletion_scheduled": null,
        }),
    );
}
