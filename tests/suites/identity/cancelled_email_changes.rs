//! A requested address is cancelled by a freeze, and by its caller's sign-out, new password, other permission or deletion.

use custodian_app::confirm_email::cancel_email_change;
use custodian_app::update::update;
use custodian_domain::{Customer, PendingEmail, Reason, RequestedBy, Timestamp};
use custodian_tests::{Client, PASSWORD, Tables, TestApp};
use serde_json::json;

use crate::email_change::{assert_invalid, confirm};

#[tokio::test(flavor = "multi_thread")]
async fn freezing_an_account_cancels_its_pending_address() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    ann.put("/v1.0/customer", json!({ "email": "new@example.com" })).await.ok();
    let link = client.mailed_token("new@example.com").await;
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    client.login("ann", PASSWORD).await.delete("/auth/unregister").await.ok();
    assert_invalid(&client.post("/auth/email-verify", json!({ "token": link })).await);
    let ann = client.login("ann", PASSWORD).await.get("/v1.0/customer").await.ok();
    assert_eq!((&ann["email"], &ann["status"]), (&json!("ann@example.com"), &json!("active")));
    bob.put("/v1.0/customer", json!({ "email": "new@example.com" })).await.ok();
}

/// Invariant I7: a credential is valid only as long as its basis.
#[tokio::test(flavor = "multi_thread")]
async fn revoking_an_agents_tokens_cancels_its_address_change() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let request = json!({ "email": "evil@evil.example" });
    ann.put("/v1.0/customer", request.clone()).await.ok();
    client.idle().await;
    let notice = client.get("/_local/mailbox").await.ok()["result"].to_string();
    assert!(
        notice.contains("An administrator asked to replace")
            && notice.contains("change the password or sign out")
    );
    let me = ann.get("/v1.0/me").await.ok();
    let path = format!("/v1.0/agents/{}/password", me["id"].as_str().unwrap());
    let body = json!({ "password": "a new password", "current_password": PASSWORD });
    ann.put(&path, body).await.ok();
    assert_invalid(&confirm(&client, "evil@evil.example").await);

    let ann = client.login("ann", "a new password").await;
    ann.put("/v1.0/customer", request.clone()).await.ok();
    client.idle().await;
    ann.post("/auth/logout", json!({})).await.ok();
    assert_invalid(&confirm(&client, "evil@evil.example").await);

    // A new request after a new login is valid.
    let ann = client.login("ann", "a new password").await;
    ann.put("/v1.0/customer", request).await.ok();
    confirm(&client, "evil@evil.example").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_an_agent_cancels_its_address_change() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let body = json!({ "username": "bob", "password": PASSWORD, "permission": 32 });
    let created = ann.post("/v1.0/agents", body).await.ok();
    let bob = client.login("bob", PASSWORD).await;
    bob.put("/v1.0/customer", json!({ "email": "new@example.com" })).await.ok();
    client.idle().await;
    ann.delete(&format!("/v1.0/agents/{}", created["id"].as_str().unwrap())).await.ok();
    assert_invalid(&confirm(&client, "new@example.com").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_a_key_cancels_its_address_change() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let created = ann.post("/v1.0/accesskeys", json!({})).await.ok();
    let key = client.with_token(created["token"].as_str().unwrap());
    key.put("/v1.0/customer", json!({ "email": "evil@evil.example" })).await.ok();
    client.idle().await;
    let notice = client.get("/_local/mailbox").await.ok()["result"].to_string();
    assert!(
        notice.contains("A program with an access key") && notice.contains("delete the access keys"),
        "{notice}"
    );
    ann.delete(&format!("/v1.0/accesskeys/{}", created["id"].as_str().unwrap())).await.ok();
    assert_invalid(&confirm(&client, "evil@evil.example").await);
    assert_eq!(ann.get("/v1.0/customer").await.ok()["email"], "ann@example.com");
}

/// Invariant I7: a credential is valid only as long as its basis.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_change_of_a_platform_admin_ends_with_its_sign_out_demotion_or_deletion() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let platform_admin = client.platform_admin().await;
    let account = format!("/v1.0/customers/{id}");
    for (number, ending) in ["logout", "demotion", "deletion"].into_iter().enumerate() {
        let name = format!("operator{number}");
        let body = json!({ "username": name, "password": PASSWORD, "permission": 0x21 });
        let created = platform_admin.post("/v1.0/agents", body).await.ok();
        let path = format!("/v1.0/agents/{}", created["id"].as_str().unwrap());
        let operator = client.login(&name, PASSWORD).await;
        let mailbox = format!("new{number}@example.com");
        operator.put(&account, json!({ "email": mailbox })).await.ok();
        client.idle().await;
        match ending {
            "logout" => operator.post("/auth/logout", json!({})).await.ok(),
            "demotion" => {
                platform_admin.put(&format!("{path}/permission"), json!({ "permission": 0x20 })).await.ok()
            }
            _ => platform_admin.delete(&path).await.ok(),
        };
        assert_invalid(&confirm(&client, &mailbox).await);
        assert_eq!(ann.get("/v1.0/customer").await.ok()["email"], "ann@example.com", "{ending}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operators_request_of_an_earlier_revision_cannot_be_confirmed() {
    let client = Client::start().await;
    let (id, _) = client.tenant("ann").await;
    let platform_admin = client.platform_admin().await;
    platform_admin.put(&format!("/v1.0/customers/{id}"), json!({ "email": "new@example.com" })).await.ok();
    client.idle().await;
    let tables = Tables(client.engine().clone());
    let mut rows = tables.scan("customers");
    let row = rows.iter_mut().find(|row| row["id"]["S"] == id).unwrap();
    let requested_by = row["pending_email"]["M"]["asked_by"]["M"].as_object_mut().unwrap();
    assert!(requested_by.remove("operator").is_some());
    tables.insert("customers", std::slice::from_ref(row));
    assert_invalid(&confirm(&client, "new@example.com").await);
}

/// Requests this address for the account of the guest agent. Returns the changed row.
pub(crate) async fn request_address(app: &TestApp, row: Customer, address: &str) -> Customer {
    let requested_by = RequestedBy::Agent { agent_id: row.guest_id, epoch: 1, key_id: None };
    let next = |row: &Customer, now: Timestamp| {
        let (address, tm_expire) = (address.to_owned(), now.plus(PendingEmail::LIFETIME));
        let pending_email = Some(PendingEmail { address, tm_expire, requested_by });
        Customer { pending_email, ..row.with_state(row.state, now) }
    };
    update(&app.cx, row, |_| Ok(()), next).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_returns_the_request_that_it_cancels_even_if_another_came_in_between() {
    let app = TestApp::default();
    let id = app.active_account("ann").await;
    let first = request_address(&app, app.customer(id).await, "first@example.com").await;
    let second = request_address(&app, first.clone(), "second@example.com").await;
    assert_eq!(cancel_email_change(&app.cx, first).await.unwrap().address, "second@example.com");
    assert_eq!(app.customer(id).await.pending_email, None);
    let late = cancel_email_change(&app.cx, second).await.unwrap_err();
    assert!(late.is(Reason::EmailChangeNotFound), "nothing is left to cancel: {late}");
}
