//! Spellings of usernames: keyboards send the same name in different ways, and RFC 8265 makes them one.

use custodian_tests::tables::PREFIX;
use custodian_tests::{Client, PASSWORD, Response, Tables};
use serde_json::{Value, json};

/// `josé`, with the accent as a character of its own.
const DECOMPOSED: &str = "jose\u{301}";
const COMPOSED: &str = "jos\u{e9}";

pub(crate) async fn login(client: &Client, username: &str, password: &str) -> Response {
    client.post("/auth/login", json!({ "username": username, "password": password })).await
}

async fn create_agent(client: &Client, username: &str) -> Response {
    client.post("/v1.0/agents", json!({ "username": username, "password": PASSWORD })).await
}

/// The error text of the only invalid field.
#[track_caller]
pub(crate) fn error_of(response: &Response, field: &str) -> String {
    assert_eq!(response.refusal(), (400, "INVALID_ARGUMENT".into()));
    let details = response.json()["error"]["details"].clone();
    assert_eq!((details.as_array().map(Vec::len), &details[0]["field"]), (Some(1), &json!(field)));
    details[0]["description"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_spellings_of_a_username_are_one_name() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    for (name, shown, others) in [
        ("Jose\u{301}", "Jos\u{e9}", vec![COMPOSED, DECOMPOSED, "JOS\u{c9}"]),
        ("Ｔｅｓｔ２", "Test2", vec!["test2", "TEST2", "ｔｅｓｔ２"]),
        ("Carol@Example.com", "Carol@Example.com", vec!["carol@example.com", "ｃａｒｏｌ＠example.com"]),
        ("ΟΔΟΣ", "ΟΔΟΣ", vec!["οδος"]),
    ] {
        let agent = create_agent(&ann, name).await.ok();
        assert_eq!(agent["username"], shown);
        for other in &others {
            let refused = create_agent(&bob, other).await;
            assert_eq!(refused.refusal(), (409, "AGENT_ALREADY_EXISTS".into()), "{other}");
            assert_eq!(login(&client, other, PASSWORD).await.ok()["username"], shown, "{other}");
        }
        ann.delete(&format!("/v1.0/agents/{}", agent["id"].as_str().unwrap())).await.ok();
        create_agent(&bob, others[0]).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_spelling_of_a_username_counts_towards_the_same_limits() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    create_agent(&ann, COMPOSED).await.ok();
    for _ in 0..5 {
        for spelling in [COMPOSED, DECOMPOSED] {
            assert_eq!(login(&client, spelling, "a wrong password").await.status, 401);
        }
    }
    for spelling in [COMPOSED, DECOMPOSED, "JOS\u{c9}"] {
        assert_eq!(login(&client, spelling, PASSWORD).await.status, 429, "{spelling}");
    }
    let forgot = async |name: &str| client.post("/auth/password-forgot", json!({ "username": name })).await;
    for _ in 0..5 {
        assert_eq!([forgot(COMPOSED).await.status, forgot(DECOMPOSED).await.status], [200, 200]);
    }
    assert_eq!(forgot(DECOMPOSED).await.status, 429);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_can_be_reset_with_another_spelling_of_the_username() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    create_agent(&ann, "Ｃａｒｏｌ@example.com").await.ok();
    let forgot = json!({ "username": "carol＠ｅｘａｍｐｌｅ.com" });
    client.post("/auth/password-forgot", forgot).await.ok();
    let token = client.mailed_token("Carol@example.com").await;
    let reset = json!({ "token": token, "password": "another fine password" });
    client.post("/auth/password-reset", reset).await.ok();
    login(&client, "carol@example.com", "another fine password").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_username_that_misleads_or_is_too_long_is_refused_with_a_reason() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let admin = client.platform_admin().await;
    for (username, reason) in [
        ("ad\u{200b}min", "invisible"),
        ("\u{202e}nimda", "invisible"),
        ("ann\u{2066}", "invisible"),
        ("ad\u{ad}min@example.com", "invisible"),
        ("a b", "spaces"),
        ("a\u{3000}b", "spaces"),
        ("☃", "letters, digits"),
        ("שלוםabc", "right-to-left"),
        ("ＧＵＥＳＴ－1", "guest-"),
        (&*"\u{fc}".repeat(128), "255 bytes"),
    ] {
        let error = error_of(&create_agent(&ann, username).await, "username");
        assert!(error.contains(reason), "{username:?}: {error}");
        let account = json!({ "username": username, "password": PASSWORD, "email": "new@example.com" });
        let refused = admin.post("/v1.0/customers", account).await;
        assert_eq!(error_of(&refused, "username"), error, "{username:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_cannot_be_prepared_and_that_nobody_has_is_unknown_at_sign_in() {
    let client = Client::start().await;
    client.tenant("ann").await;
    let unknown = login(&client, "nobody", PASSWORD).await;
    for name in ["an\u{200b}n", "\u{202e}ann", "a n n", "☃", "שלוםabc", "\u{1f99c}"] {
        let response = login(&client, name, PASSWORD).await;
        assert_eq!(response.refusal(), (401, "INVALID_CREDENTIALS".into()), "{name:?}");
        assert_eq!(response.json()["error"]["message"], unknown.json()["error"]["message"], "{name:?}");
        let forgot = client.post("/auth/password-forgot", json!({ "username": name })).await;
        assert_eq!((forgot.status, &*forgot.text), (200, "{}"), "{name:?}");
    }
}

/// The row of an agent.
pub(crate) fn agent_row(tables: &Tables, customer: &str, username: &str) -> Value {
    let agents = tables.query("agents", "customer_id", customer);
    agents.into_iter().find(|agent| agent["username"]["S"] == username).unwrap()
}

/// Stores an agent's username as releases without preparation did: the identifier is the lower case of the entered text.
fn unprepare(tables: &Tables, customer: &str, username: &str, entered: &str) {
    let mut agent = agent_row(tables, customer, username);
    agent["username"]["S"] = json!(entered);
    tables.insert("agents", &[agent]);
    let (old, new) = (format!("username#{username}"), format!("username#{}", entered.to_lowercase()));
    let is_old = |row: &Value| row.to_string().contains(&format!("\"{old}\""));
    for row in tables.scan("identifiers").into_iter().filter(is_old) {
        let key = json!({ "id": row["id"], "key": row["key"] });
        tables.call("DeleteItem", &json!({ "TableName": format!("{PREFIX}identifiers"), "Key": key }));
        let renamed = row.to_string().replace(&old, &new);
        tables.insert("identifiers", &[serde_json::from_str(&renamed).unwrap()]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_username_that_was_stored_before_names_were_prepared_is_still_found_and_released() {
    let client = Client::start().await;
    let tables = Tables(client.engine().clone());
    let (id, ann) = client.tenant("ann").await;
    for entered in ["Jose\u{301}", "☃"] {
        let created = create_agent(&ann, "temporary").await.ok();
        unprepare(&tables, &id, "temporary", entered);
        login(&client, entered, PASSWORD).await.ok();
        login(&client, &entered.to_uppercase(), PASSWORD).await.ok();
        ann.delete(&format!("/v1.0/agents/{}", created["id"].as_str().unwrap())).await.ok();
        let left =
            tables.scan("identifiers").iter().any(|row| row.to_string().contains(&entered.to_lowercase()));
        assert!(!left, "the name of the deleted agent {entered} is free");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_agent_does_not_lock_out_one_whose_username_was_not_prepared() {
    let client = Client::start().await;
    let tables = Tables(client.engine().clone());
    let (id, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    create_agent(&ann, "temporary").await.ok();
    unprepare(&tables, &id, "temporary", DECOMPOSED);
    let body = json!({ "username": COMPOSED, "password": "the password of a rival" });
    bob.post("/v1.0/agents", body).await.ok();
    assert_eq!(login(&client, DECOMPOSED, PASSWORD).await.ok()["username"], DECOMPOSED);
    assert_eq!(login(&client, COMPOSED, "the password of a rival").await.ok()["username"], COMPOSED);
}
