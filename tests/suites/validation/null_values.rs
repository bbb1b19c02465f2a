//! A field that is `null` is treated as absent. Go clients send `null` for an empty list.

use custodian_tests::{Client, PASSWORD};
use serde_json::{Value, json};

/// A row or an account without its `tm_update`.
fn without_update_time(mut row: Value) -> Value {
    row.as_object_mut().unwrap().retain(|name, _| name != "tm_update");
    row
}

fn path(collection: &str, row: &Value) -> String {
    format!("/v1.0/{collection}/{}", row["id"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn null_fields_get_defaults_at_creation_and_stay_unchanged_in_updates() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let agent = json!({
        "username": "bob", "password": PASSWORD, "name": null, "detail": null, "ring_method": null, "permission": null,
        "tag_ids": null, "addresses": null,
    });
    let agent = ann.post("/v1.0/agents", agent).await.ok();
    assert_eq!((&agent["name"], &agent["permission"]), (&json!("bob"), &json!(16)));
    assert_eq!((&agent["tag_ids"], &agent["addresses"]), (&json!([]), &json!([])));
    let address = json!({ "type": "tel", "target": "+1", "target_name": null, "name": null, "detail": null });
    ann.put(&format!("{}/addresses", path("agents", &agent)), json!({ "addresses": [address] })).await.ok();
    let key = json!({ "name": null, "detail": null, "expire": null, "scopes": null });
    let key = ann.post("/v1.0/accesskeys", key).await.ok();
    assert_eq!((&key["name"], &key["scopes"]), (&json!(""), &json!([])));
    let null = json!({ "username": null, "name": null, "detail": null, "ring_method": null, "expire": null, "scopes": null });
    for path in [path("agents", &agent), path("accesskeys", &key)] {
        let before = ann.get(&path).await.ok();
        ann.put(&path, null.clone()).await.ok();
        assert_eq!(without_update_time(ann.get(&path).await.ok()), without_update_time(before), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn null_in_a_profile_changes_nothing() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let profile = json!({ "name": "Ann", "detail": "all of it", "phone_number": "+15551234567", "address": "1 Main St",
        "webhook_method": "PUT", "webhook_uri": "http://hooks.example.com/" });
    let before = ann.put("/v1.0/customer", profile).await.ok();
    let null = json!({ "name": null, "detail": null, "email": null, "phone_number": null, "address": null,
        "webhook_method": null, "webhook_uri": null });
    let platform_admin = client.platform_admin().await;
    assert_eq!(ann.put("/v1.0/customer", null.clone()).await.ok(), before);
    assert_eq!(platform_admin.put(&format!("/v1.0/customers/{id}"), null).await.ok(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn null_counts_as_absent_in_holds_freezes_balances_and_deletions() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let platform_admin = client.platform_admin().await;
    let account = format!("/v1.0/customers/{id}");
    let balance = json!({ "balance_credit": null, "balance_token": 5 });
    assert_eq!(platform_admin.post(&format!("{account}/balance"), balance).await.ok()["balance_token"], 105);
    let hold =
        json!({ "reason": "court order", "reference": null, "until": null, "reason_is_visible": null });
    assert_eq!(platform_admin.put(&format!("{account}/hold"), hold).await.ok()["until"], Value::Null);
    platform_admin.delete(&format!("{account}/hold")).await.ok();
    let unregister =
        json!({ "password": PASSWORD, "confirmation_phrase": null, "immediate": null, "dry_run": null });
    assert_eq!(ann.post("/auth/unregister", unregister).await.ok()["status"], "frozen");
    let freeze = json!({ "tm_deletion_scheduled": null });
    assert_eq!(platform_admin.post(&format!("{account}/freeze"), freeze).await.ok()["status"], "frozen");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_required_field_that_is_null_is_missing() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let platform_admin = client.platform_admin().await;
    let agent = path("agents", &ann.get("/v1.0/me").await.ok());
    let account = format!("/v1.0/customers/{id}");
    for (response, field) in [
        (ann.put(&format!("{agent}/tag_ids"), json!({ "tag_ids": null })).await, "tag_ids"),
        (ann.put(&format!("{agent}/addresses"), json!({ "addresses": null })).await, "addresses"),
        (ann.put(&format!("{agent}/status"), json!({ "status": null })).await, "status"),
        (ann.put(&format!("{agent}/permission"), json!({ "permission": null })).await, "permission"),
        (ann.post("/v1.0/numbers", json!({ "number": null })).await, "number"),
        (client.post("/auth/login", json!({ "username": "ann", "password": null })).await, "password"),
        (
            client.post("/auth/signup", json!({ "email": "a@b.c", "accepted_tos": null })).await,
            "accepted_tos",
        ),
        (platform_admin.put(&format!("{account}/plan"), json!({ "plan": null })).await, "plan"),
        (
            platform_admin.post(&format!("{account}/balance"), json!({ "balance_token": null })).await,
            "balance_credit",
        ),
    ] {
        assert_eq!(response.refusal(), (400, "INVALID_ARGUMENT".into()), "{field}");
        assert_eq!(response.json()["error"]["details"][0]["field"], field);
    }
}
