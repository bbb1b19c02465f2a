//! Passwords that are entered in different spellings, and new passwords that are refused.

use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};
use custodian_auth::password;
use custodian_domain::Secret;
use custodian_tests::{Client, PASSWORD, Tables, TestApp};
use serde_json::json;

use crate::spellings::{agent_row, error_of, login};

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_the_same_in_every_spelling_and_at_every_use() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let path = format!("/v1.0/agents/{}", ann.get("/v1.0/me").await.ok()["id"].as_str().unwrap());
    let change = json!({ "password": "caf\u{e9} au lait", "current_password": PASSWORD });
    ann.put(&format!("{path}/password"), change).await.ok();
    let spelling = "cafe\u{301}\u{a0}au\u{3000}lait";
    let ann = client.login("ann", spelling).await;
    assert_eq!(login(&client, "ann", "cafe au lait").await.status, 401);
    let change = json!({ "password": "\u{1112}\u{1161}\u{11ab}".repeat(128), "current_password": spelling });
    ann.put(&format!("{path}/password"), change).await.ok();
    let ann = client.login("ann", &"한".repeat(128)).await;
    let unregister = json!({ "password": "\u{1112}\u{1161}\u{11ab}".repeat(128) });
    ann.post("/auth/unregister", unregister).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_replaces_the_hash_of_a_password_that_was_not_prepared() {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None).unwrap());
    let entered = "cafe\u{301} au lait".as_bytes();
    let unprepared: PasswordHash = argon2.hash_password_with_salt(entered, &[7; 16]).unwrap();
    let client = Client::start().await;
    let (id, _) = client.tenant("ann").await;
    let tables = Tables(client.engine().clone());
    let mut old = agent_row(&tables, &id, "ann");
    old["password_hash"]["S"] = json!(unprepared.to_string());
    tables.insert("agents", &[old.clone()]);
    assert_eq!(
        login(&client, "ann", "caf\u{e9} au lait").await.status,
        401,
        "the other spelling is not known yet"
    );
    assert_eq!(agent_row(&tables, &id, "ann"), old);
    login(&client, "ann", "cafe\u{301} au lait").await.ok();
    let new = agent_row(&tables, &id, "ann");
    assert_ne!(new["password_hash"], old["password_hash"]);
    assert_eq!((&new["epoch"], &new["version"]), (&old["epoch"], &old["version"]));
    for spelling in ["caf\u{e9} au lait", "cafe\u{301} au lait"] {
        login(&client, "ann", spelling).await.ok();
    }
    assert_eq!(agent_row(&tables, &id, "ann"), new, "the next sign-in replaces nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_common_or_unreadable_new_password_is_refused_with_a_reason_everywhere() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let admin = client.platform_admin().await;
    let path = format!("/v1.0/agents/{}/password", ann.get("/v1.0/me").await.ok()["id"].as_str().unwrap());
    client.post("/auth/password-forgot", json!({ "username": "ann" })).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    for (password, reason) in [
        ("password1", "is one of the most common passwords, so it is easy to guess"),
        ("ILoveYou", "is one of the most common passwords, so it is easy to guess"),
        ("cafe\u{301} li", "must be 8 to 128 characters long"),
        ("invisible\u{200b}", "contains a character that passwords must not have, such as an invisible one"),
        ("parrot \u{1f99c}", "contains a character that is too new to be supported, such as a recent emoji"),
    ] {
        let account = json!({ "username": "new", "password": password, "email": "new@example.com" });
        let agent = json!({ "username": "new", "password": password });
        let change = json!({ "password": password, "current_password": PASSWORD });
        let reset = json!({ "token": token, "password": password });
        for response in [
            admin.post("/v1.0/customers", account).await,
            ann.post("/v1.0/agents", agent).await,
            ann.put(&path, change).await,
            client.post("/auth/password-reset", reset).await,
        ] {
            assert_eq!(error_of(&response, "password"), reason, "{password:?}");
        }
        let app = TestApp::default();
        let set_up =
            custodian_app::platform::set_up(&app.cx, "admin".to_owned(), Secret::new(password)).await;
        assert!(set_up.is_err(), "{password:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_common_password_that_was_set_before_still_signs_in() {
    let hash = password::hash(&Secret::new("password1"), [7; 16]).unwrap();
    let client = Client::start().await;
    let (id, _) = client.tenant("ann").await;
    let tables = Tables(client.engine().clone());
    let mut row = agent_row(&tables, &id, "ann");
    row["password_hash"]["S"] = json!(hash.expose());
    tables.insert("agents", &[row]);
    login(&client, "ann", "password1").await.ok();
}
