//! Administrators whose password or permission comes from an access key. They sign in only while that key is valid.

use custodian_tests::{Client, PASSWORD, Response};
use serde_json::json;

use crate::key_makers::{agent, is_valid, key};

const ADMIN: u32 = 0x20;
const MANAGER: u32 = 0x40;
const NEW: &str = "a password set later";

async fn sign_in(client: &Client, name: &str, password: &str) -> Response {
    client.post("/auth/login", json!({ "username": name, "password": password })).await
}

async fn assert_signed_out(client: &Client, session: &Client, name: &str, password: &str) {
    let refused = session.get("/v1.0/accesskeys").await;
    assert_eq!(refused.refusal(), (401, "INVALID_CREDENTIALS".into()), "the session of {name}");
    let refused = sign_in(client, name, password).await;
    assert_eq!(refused.refusal(), (401, "INVALID_CREDENTIALS".into()), "the password of {name}");
    let wrong = sign_in(client, name, "not the password").await;
    let message = |response: &Response| response.json()["error"]["message"].clone();
    assert_eq!(message(&wrong), message(&refused), "refused like a wrong password");
}

/// Invariant I7: a credential is valid only as long as its basis.
#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_that_a_key_made_ends_with_the_key() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let plan = format!("/v1.0/customers/{id}/plan");
    client.platform_admin().await.put(&plan, json!({ "plan": "unlimited" })).await.ok();
    let (path, program) = key(&ann, json!({})).await;
    let (_, made) = agent(&program, "made", ADMIN).await;
    let (set_path, _) = agent(&ann, "set", ADMIN).await;
    program.put(&format!("{set_path}/password"), json!({ "password": NEW })).await.ok();
    let set = client.login("set", NEW).await;
    let (promoted_path, _) = agent(&ann, "promoted", MANAGER).await;
    program.put(&format!("{promoted_path}/permission"), json!({ "permission": ADMIN })).await.ok();
    let promoted = client.login("promoted", PASSWORD).await;
    let (_, manager) = agent(&program, "manager", MANAGER).await;
    // The administrators and keys that these make depend on the key as well, through any number of steps.
    let (_, made_by_made) = agent(&made, "made2", ADMIN).await;
    let (_, key_of_made) = key(&made, json!({})).await;
    let (_, made_by_key_of_made) = agent(&key_of_made, "made3", ADMIN).await;
    for credential in [&made, &set, &promoted, &made_by_made, &key_of_made, &made_by_key_of_made] {
        assert!(is_valid(credential).await);
    }

    ann.delete(&path).await.ok();
    assert_signed_out(&client, &made, "made", PASSWORD).await;
    assert_signed_out(&client, &set, "set", NEW).await;
    assert_signed_out(&client, &promoted, "promoted", PASSWORD).await;
    assert_signed_out(&client, &made_by_made, "made2", PASSWORD).await;
    assert_signed_out(&client, &made_by_key_of_made, "made3", PASSWORD).await;
    assert!(!is_valid(&key_of_made).await);
    manager.get("/v1.0/me").await.ok();
    client.login("manager", PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_that_a_key_made_ends_when_the_key_expires() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, program) = key(&ann, json!({ "expire": 86_400 })).await;
    let (_, made) = agent(&program, "made", ADMIN).await;
    let longer = made.post("/v1.0/accesskeys", json!({ "expire": 2 * 86_400 })).await;
    assert_eq!(longer.refusal(), (400, "INVALID_ARGUMENT".into()), "its keys live no longer either");
    client.advance(86_401).await;
    assert_signed_out(&client, &made, "made", PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agents_own_change_of_its_password_keeps_the_dependence() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (path, program) = key(&ann, json!({})).await;
    let (made_path, made) = agent(&program, "made", ADMIN).await;
    let change = json!({ "password": NEW, "current_password": PASSWORD });
    made.put(&format!("{made_path}/password"), change).await.ok();
    let made = client.login("made", NEW).await;
    ann.delete(&path).await.ok();
    assert_signed_out(&client, &made, "made", NEW).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_or_the_accounts_mailbox_ends_the_dependence() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (path, program) = key(&ann, json!({})).await;
    let mailbox = "made@evil.example";
    let (made_path, _) = agent(&program, mailbox, ADMIN).await;
    let (other_path, _) = agent(&program, "other", ADMIN).await;
    let (demoted_path, _) = agent(&program, "demoted", ADMIN).await;
    ann.delete(&path).await.ok();

    // The key chose the username, so the link goes to the account's address and not to this one.
    client.post("/auth/password-forgot", json!({ "username": mailbox })).await;
    let link = client.mailed_token("ann@example.com").await;
    let mails = client.get("/_local/mailbox").await.ok();
    assert!(!mails["result"].as_array().unwrap().iter().any(|mail| mail["to"] == mailbox), "{mails}");
    assert_eq!(sign_in(&client, mailbox, PASSWORD).await.status, 401);
    client.post("/auth/password-reset", json!({ "token": link, "password": NEW })).await.ok();
    let made = client.login(mailbox, NEW).await;
    assert!(is_valid(&made).await);

    ann.put(&format!("{other_path}/password"), json!({ "password": NEW })).await.ok();
    assert!(is_valid(&client.login("other", NEW).await).await);
    // An agent below an administrator depends on no key, but a promotion does not end the dependence of its password.
    ann.put(&format!("{demoted_path}/permission"), json!({ "permission": MANAGER })).await.ok();
    client.login("demoted", PASSWORD).await.get("/v1.0/me").await.ok();
    ann.put(&format!("{demoted_path}/permission"), json!({ "permission": ADMIN })).await.ok();
    assert_eq!(sign_in(&client, "demoted", PASSWORD).await.status, 401);
    ann.put(&format!("{demoted_path}/password"), json!({ "password": NEW })).await.ok();
    assert!(is_valid(&client.login("demoted", NEW).await).await);
    assert_eq!(ann.get(&made_path).await.ok()["created_by"]["type"], "accesskey");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_can_only_replace_the_dependence_on_another_key_by_one_on_itself() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (first_path, first) = key(&ann, json!({})).await;
    let (second_path, second) = key(&ann, json!({})).await;
    let (made_path, _) = agent(&first, "made", ADMIN).await;
    // A change of permission with which the agent stays an administrator does not change the key on which it depends.
    second.put(&format!("{made_path}/permission"), json!({ "permission": ADMIN | MANAGER })).await.ok();
    let made = client.login("made", PASSWORD).await;
    ann.delete(&first_path).await.ok();
    assert_signed_out(&client, &made, "made", PASSWORD).await;
    second.put(&format!("{made_path}/password"), json!({ "password": NEW })).await.ok();
    let made = client.login("made", NEW).await;
    ann.delete(&second_path).await.ok();
    assert_signed_out(&client, &made, "made", NEW).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_address_that_such_an_administrator_asked_for_ends_with_the_key() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (path, program) = key(&ann, json!({})).await;
    let (_, made) = agent(&program, "made", ADMIN).await;
    made.put("/v1.0/customer", json!({ "email": "evil@evil.example" })).await.ok();
    let link = client.mailed_token("evil@evil.example").await;
    ann.delete(&path).await.ok();
    let refused = client.post("/auth/email-verify", json!({ "token": link })).await;
    assert_eq!(refused.refusal(), (400, "INVALID_TOKEN".into()));
    assert_eq!(ann.get("/v1.0/customer").await.ok()["email"], "ann@example.com");
}

/// The dependence of a password ends with another password, not with another permission.
#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_depends_on_the_key_that_set_its_password_whoever_promotes_it() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (path, program) = key(&ann, json!({})).await;
    let (made_path, _) = agent(&program, "made", ADMIN).await;
    for permission in [MANAGER, ADMIN] {
        ann.put(&format!("{made_path}/permission"), json!({ "permission": permission })).await.ok();
    }
    let made = client.login("made", PASSWORD).await;
    let (manager_path, _) = agent(&program, "manager", MANAGER).await;
    ann.put(&format!("{manager_path}/permission"), json!({ "permission": ADMIN })).await.ok();
    let manager = client.login("manager", PASSWORD).await;
    let (other_path, _) = agent(&program, "other", MANAGER).await;
    let (_, second) = key(&ann, json!({})).await;
    let refused = second.put(&format!("{other_path}/permission"), json!({ "permission": ADMIN })).await;
    assert_eq!(refused.refusal(), (403, "PERMISSION_DENIED".into()), "it would depend on two keys");

    ann.delete(&path).await.ok();
    assert_signed_out(&client, &made, "made", PASSWORD).await;
    assert_signed_out(&client, &manager, "manager", PASSWORD).await;
    ann.put(&format!("{made_path}/password"), json!({ "password": NEW })).await.ok();
    client.login("made", NEW).await;
}
