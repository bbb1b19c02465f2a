//! Operators and anyone who has the link see how far a deletion is.

use custodian_tests::{Client, PASSWORD};
use serde_json::{Value, json};

const DAY: u64 = 86_400;

/// Unregisters, and returns the path of the link to the state of the deletion.
async fn unregister(admin: &Client, body: Value) -> String {
    let response = admin.post("/auth/unregister", body).await;
    response.ok();
    response.status_link()
}

fn immediate() -> Value {
    json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_an_unregistration_leads_from_the_request_to_the_receipt() {
    let client = Client::start().await;
    let (id, admin) = client.tenant("ann").await;
    admin.post("/v1.0/tags", json!({ "name": "vip" })).await.ok();
    let link = unregister(&admin, json!({ "password": PASSWORD })).await;
    let requested = client.get(&link).await;
    assert!(requested.headers.contains_key("retry-after"));
    let requested = requested.ok();
    assert_eq!((&requested["id"], &requested["state"]), (&json!(id), &json!("requested")));
    let table = |progress: &Value, name: &str| {
        let tables = progress["tables"].as_array().unwrap();
        tables.iter().find(|table| table["name"] == name).unwrap().clone()
    };
    assert_eq!(table(&requested, "tags")["remaining"], 1);
    assert_eq!(table(&requested, "agents")["remaining"], 2, "the administrator and the guest agent");
    client.advance(30 * DAY + 60).await;
    client.idle().await;
    let deleted = client.get(&link).await.ok();
    assert!(["deleted", "confirmed"].contains(&deleted["state"].as_str().unwrap()), "{deleted}");
    client.advance(1800).await;
    let confirmed = client.get(&link).await;
    assert!(!confirmed.headers.contains_key("retry-after"), "the state is final");
    let confirmed = confirmed.ok();
    assert_eq!(confirmed["state"], "confirmed");
    let tags = table(&confirmed, "tags");
    assert_eq!((&tags["deleted"], &tags["remaining"]), (&json!(1), &json!(0)));
    assert_eq!(table(&confirmed, "agents")["deleted"], 2);
    for name in ["tm_requested", "tm_due", "tm_started", "tm_finished", "tm_confirmed", "receipt"] {
        assert!(confirmed[name].is_string(), "{name}: {confirmed}");
    }
    assert!(confirmed["tables"].as_array().unwrap().iter().all(|table| table["tm_verified"].is_string()));
    let operator = client.platform_admin().await;
    assert_eq!(operator.get(&format!("/v1.0/customers/{id}/deletion")).await.ok(), confirmed);
    client.advance(366 * DAY).await;
    assert_eq!(client.get(&link).await.refusal(), (400, "INVALID_TOKEN".into()), "the link lives a year");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mails_about_a_deletion_have_links_to_its_state() {
    let client = Client::start().await;
    let (_, admin) = client.tenant("ann").await;
    unregister(&admin, json!({ "password": PASSWORD })).await;
    client.idle().await;
    let mails = |client: Client| async move {
        let mails = client.get("/_local/mailbox").await.ok();
        mails["result"]
            .as_array()
            .unwrap()
            .iter()
            .map(|mail| mail["text"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let path = |text: &str| {
        let (_, rest) = text.split_once("/auth/deletion?token=").unwrap();
        format!("/auth/deletion?token={}", &rest[..64])
    };
    let frozen = path(&mails(client.clone()).await[0]);
    assert_eq!(client.get(&frozen).await.ok()["state"], "requested");
    client.advance(31 * DAY).await;
    let last = mails(client.clone()).await.remove(0);
    assert!(last.contains("All data of your account"), "{last}");
    assert_eq!(client.get(&path(&last)).await.ok()["state"], "confirmed");
    assert_eq!(client.get(&frozen).await.ok()["state"], "confirmed", "earlier links still work");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovered_account_has_no_deletion_and_a_wrong_token_reveals_nothing() {
    let client = Client::start().await;
    let (id, admin) = client.tenant("ann").await;
    let link = unregister(&admin, json!({ "password": PASSWORD })).await;
    client.login("ann", PASSWORD).await.delete("/auth/unregister").await.ok();
    assert_eq!(client.get(&link).await.refusal(), (404, "DELETION_NOT_FOUND".into()));
    let operator = client.platform_admin().await;
    let refused = operator.get(&format!("/v1.0/customers/{id}/deletion")).await;
    assert_eq!(refused.refusal(), (404, "DELETION_NOT_FOUND".into()));
    for token in ["", "x", &"0".repeat(64), &"A".repeat(64)] {
        let refused = client.get(&format!("/auth/deletion?token={token}")).await;
        assert_eq!(refused.refusal(), (400, "INVALID_TOKEN".into()), "{token}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_and_receipt_have_no_personal_data() {
    let client = Client::start().await;
    let (_, admin) = client.tenant("ann").await;
    admin.put("/v1.0/customer", json!({ "name": "Zaphod", "phone_number": "+15550001234" })).await.ok();
    let link = unregister(&admin, immediate()).await;
    client.advance(3600).await;
    let progress = client.get(&link).await.ok();
    let receipt = client.get(&format!("{link}&format=receipt")).await;
    assert_eq!(receipt.text, progress["receipt"].as_str().unwrap());
    assert_eq!(receipt.headers["content-type"], "application/jwt");
    let shown = format!("{progress} {}", super::receipts::claims(&receipt.text));
    for personal in ["ann", "Zaphod", "+1555", "example.com"] {
        assert!(!shown.contains(personal), "{personal}: {shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_gets_pages_of_every_state() {
    let client = Client::start().await;
    let (id, admin) = client.tenant("ann").await;
    let link = unregister(&admin, json!({ "password": PASSWORD })).await;
    let page = |path: String| {
        let client = client.clone();
        async move {
            let request = client.request(reqwest::Method::GET, &path).header("accept", "text/html,*/*;q=0.8");
            client.send(request).await
        }
    };
    let requested = page(link.clone()).await;
    assert!(requested.text.contains("This account will be deleted"), "{}", requested.text);
    assert!(requested.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    let operator = client.platform_admin().await;
    let account = format!("/v1.0/customers/{id}");
    let paused = client.service().pause_background_work().await;
    operator.delete(&account).await.ok();
    let deleting = page(link.clone()).await;
    assert!(deleting.text.contains("This account is being deleted"), "{}", deleting.text);
    operator.put(&format!("{account}/hold"), json!({ "reason": "wrong account?" })).await.ok();
    drop(paused);
    client.idle().await;
    let held = page(link.clone()).await;
    assert!(held.text.contains("The deletion is on hold"), "{}", held.text);
    operator.delete(&format!("{account}/hold")).await.ok();
    client.idle().await;
    let deleted = page(link.clone()).await;
    assert!(deleted.text.contains("we verify it once more"), "{}", deleted.text);
    client.advance(3600).await;
    let confirmed = page(link.clone()).await;
    assert!(confirmed.text.contains("we verified it twice") && confirmed.text.contains("Save the receipt"));
    let broken = page(format!("/auth/deletion?token={}", "0".repeat(64))).await;
    assert_eq!(broken.status, 400);
    assert!(broken.text.contains("This link does not work"), "{}", broken.text);
}
