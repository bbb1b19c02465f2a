//! An address belongs to the account that confirms it. No earlier signup, username or requested change keeps an account from that.

use custodian_tests::{Client, PASSWORD, Response, event_types};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::sign_up::{sign_up_body, subjects};

const VICTIM: &str = "boss@victim.example";

async fn sign_up(client: &Client, body: Value) {
    client.post("/auth/signup", body).await.ok();
    client.idle().await;
}

/// Follows the newest link that was mailed to an address.
async fn follow(client: &Client, address: &str) -> Response {
    let token = client.mailed_token(address).await;
    client.post("/auth/email-verify", json!({ "token": token })).await
}

/// Signs up, verifies the address and sets the first password.
async fn open_verified(client: &Client, address: &str) -> Value {
    sign_up(client, sign_up_body(address)).await;
    let verified = follow(client, address).await.ok();
    let token = client.mailed_token(address).await;
    client.post("/auth/password-reset", json!({ "token": token, "password": PASSWORD })).await.ok();
    verified
}

async fn create_agent(admin: &Client, username: &str) -> Response {
    admin.post("/v1.0/agents", json!({ "username": username, "password": "the stranger's own" })).await
}

async fn login(client: &Client, username: &str, password: &str) -> Response {
    client.post("/auth/login", json!({ "username": username, "password": password })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_opens_the_account_with_the_profile_of_its_own_signup() {
    let client = Client::start().await;
    let webhook = "https://stranger.example/hook";
    let body = json!({
        "email": VICTIM, "accepted_tos": true, "name": "Evil", "webhook_method": "POST", "webhook_uri": webhook,
    });
    sign_up(&client, body).await;
    let strangers_link = client.mailed_token(VICTIM).await;
    sign_up(
        &client,
        json!({ "email": VICTIM, "accepted_tos": true, "name": "Victim Inc.", "detail": "Ours" }),
    )
    .await;
    let mailbox = client.get("/_local/mailbox").await.rows();
    let texts: Vec<_> = mailbox.iter().map(|mail| mail["text"].as_str().unwrap()).collect();
    assert!(
        texts[0].contains("Victim Inc.") && texts[1].contains("Evil"),
        "each mail names its account: {texts:?}"
    );

    let replaced = client.post("/auth/email-verify", json!({ "token": strangers_link })).await;
    assert_eq!(replaced.refusal(), (400, "INVALID_TOKEN".into()), "the newer signup replaced the link");
    let customer = follow(&client, VICTIM).await.ok()["customer"].clone();
    let shown = ["name", "detail", "webhook_uri", "webhook_method"].map(|field| customer[field].clone());
    assert_eq!(shown, ["Victim Inc.", "Ours", "", ""].map(Value::from));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signup_ignores_webhook_fields() {
    let client = Client::start().await;
    let body = json!({
        "email": VICTIM, "accepted_tos": true, "webhook_method": "nonsense", "webhook_uri": "https://stranger.example/",
    });
    sign_up(&client, body).await;
    assert_eq!(follow(&client, VICTIM).await.ok()["customer"]["webhook_uri"], "");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_named_after_the_address_of_another_account_gives_way() {
    let client = Client::start().await;
    let (stranger_id, stranger) = client.tenant("stranger").await;
    let agent = create_agent(&stranger, VICTIM).await.ok();
    open_verified(&client, VICTIM).await;

    let owner = client.login(VICTIM, PASSWORD).await;
    assert_eq!(owner.get("/v1.0/customer").await.ok()["email"], VICTIM);
    let refused = login(&client, VICTIM, "the stranger's own").await;
    assert_eq!(refused.refusal(), (401, "INVALID_CREDENTIALS".into()));

    let path = format!("/v1.0/agents/{}", agent["id"].as_str().unwrap());
    let renamed = stranger.get(&path).await.ok()["username"].as_str().unwrap().to_owned();
    assert!(renamed.starts_with("agent-"), "{renamed}");
    assert_eq!(login(&client, &renamed, "the stranger's own").await.status, 200, "the password stays");
    let events = client.published_events(&stranger_id).await;
    let event = events.iter().rfind(|event| event["type"] == "agent_updated").expect("an event");
    assert_eq!(event["changed"], json!(["username"]), "{:?}", event_types(&events));

    let again = create_agent(&stranger, &VICTIM.to_uppercase()).await;
    assert_eq!(again.refusal(), (409, "AGENT_ALREADY_EXISTS".into()));
    let platform_admin = client.platform_admin().await;
    let body = json!({ "username": VICTIM, "password": PASSWORD, "email": "other@stranger.example" });
    assert_eq!(platform_admin.post("/v1.0/customers", body).await.reason(), "AGENT_ALREADY_EXISTS");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_reset_by_the_confirmed_address_of_the_account() {
    let client = Client::start().await;
    client.tenant("ann").await;
    client.post("/auth/password-forgot", json!({ "username": "ann@example.com" })).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    client.post("/auth/password-reset", json!({ "token": token, "password": "a new password" })).await.ok();
    for name in ["ann", "ann@example.com", "Ann@Example.COM"] {
        assert_eq!(login(&client, name, "a new password").await.status, 200, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_a_strangers_account_names_that_account_and_stops_working_when_the_address_is_confirmed() {
    let client = Client::start().await;
    let (_, stranger) = client.tenant("stranger").await;
    create_agent(&stranger, VICTIM).await.ok();
    client.post("/auth/password-forgot", json!({ "username": VICTIM })).await.ok();
    let link = client.mailed_token(VICTIM).await;
    let mail = client.get("/_local/mailbox").await.rows()[0]["text"].to_string();
    assert!(mail.contains("of the account stranger"), "{mail}");
    open_verified(&client, VICTIM).await;
    let body = json!({ "token": link, "password": "a stolen password" });
    assert_eq!(client.post("/auth/password-reset", body).await.reason(), "INVALID_TOKEN");
    client.post("/auth/password-forgot", json!({ "username": VICTIM })).await.ok();
    let token = client.mailed_token(VICTIM).await;
    client.post("/auth/password-reset", json!({ "token": token, "password": "the owner's own" })).await.ok();
    let owner = client.login(VICTIM, "the owner's own").await;
    assert_eq!(owner.get("/v1.0/customer").await.ok()["email"], VICTIM);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_change_of_address_the_new_one_signs_in_and_the_old_one_is_free() {
    let client = Client::start().await;
    open_verified(&client, "old@example.com").await;
    let owner = client.login("old@example.com", PASSWORD).await;
    owner.put("/v1.0/customer", json!({ "email": "new@example.com" })).await.ok();
    follow(&client, "new@example.com").await.ok();
    assert_eq!(owner.get("/v1.0/me").await.ok()["username"], "new@example.com");
    assert_eq!(login(&client, "new@example.com", PASSWORD).await.status, 200);
    assert_eq!(login(&client, "old@example.com", PASSWORD).await.reason(), "INVALID_CREDENTIALS");

    // The next owner of the old address opens an account with it as its username.
    open_verified(&client, "old@example.com").await;
    let next = client.login("old@example.com", PASSWORD).await;
    assert_eq!(next.get("/v1.0/me").await.ok()["username"], "old@example.com");
    assert_eq!(next.get("/v1.0/customer").await.ok()["email"], "old@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_of_the_same_account_keeps_a_username_that_equals_its_address() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    create_agent(&ann, "ann@example.com").await.ok();
    assert_eq!(login(&client, "ann@example.com", PASSWORD).await.ok()["username"], "ann");
    let other = login(&client, "ann@example.com", "the stranger's own").await.ok();
    assert_eq!(other["username"], "ann@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unverified_account_does_not_block_an_account_that_confirms_the_address() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    sign_up(&client, sign_up_body(VICTIM)).await;
    let strangers_link = client.mailed_token(VICTIM).await;
    ann.put("/v1.0/customer", json!({ "email": VICTIM })).await.ok();
    follow(&client, VICTIM).await.ok();
    let late = client.post("/auth/email-verify", json!({ "token": strangers_link })).await;
    assert_eq!(late.refusal(), (409, "EMAIL_ALREADY_EXISTS".into()));
    let mails =
        ["Your e-mail address was changed", "Confirm your new e-mail address", "Confirm your e-mail address"];
    assert_eq!(subjects(&client, VICTIM).await, mails);
    assert_eq!(login(&client, VICTIM, PASSWORD).await.ok()["username"], "ann");
}

#[tokio::test(flavor = "multi_thread")]
async fn exactly_one_of_32_concurrent_confirmations_of_an_address_succeeds() {
    let client = Client::start().await;
    let mut links = Vec::new();
    for number in 0..15 {
        let (_, account) = client.tenant(&format!("rival{number}")).await;
        account.put("/v1.0/customer", json!({ "email": VICTIM })).await.ok();
        links.push(client.mailed_token(VICTIM).await);
        client.advance(900).await;
    }
    sign_up(&client, sign_up_body(VICTIM)).await;
    links.push(client.mailed_token(VICTIM).await);
    // Each link is followed twice.
    let followed =
        links.iter().chain(&links).map(|token| client.post("/auth/email-verify", json!({ "token": token })));
    let outcomes = join_all(followed).await;
    let count = |reason: &str| outcomes.iter().filter(|response| response.reason() == reason).count();
    let winners = outcomes.iter().filter(|response| response.status == 200).count();
    assert_eq!((winners, count("INVALID_TOKEN"), count("EMAIL_ALREADY_EXISTS")), (1, 1, 30));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_belongs_to_the_account_that_confirms_it_even_if_strangers_create_agents_with_it_concurrently()
 {
    let client = Client::start().await;
    let mut strangers = Vec::new();
    for number in 0..6 {
        strangers.push(client.tenant(&format!("stranger{number}")).await.1);
    }
    sign_up(&client, sign_up_body(VICTIM)).await;
    let link = client.mailed_token(VICTIM).await;
    let creating = join_all(strangers.iter().cycle().take(31).map(|stranger| create_agent(stranger, VICTIM)));
    let confirming = client.post("/auth/email-verify", json!({ "token": link }));
    let (created, confirmed) = futures::join!(creating, confirming);
    assert_eq!(confirmed.status, 200, "{}", confirmed.text);
    assert!(created.iter().filter(|response| response.status == 200).count() <= 1);
    let token = client.mailed_token(VICTIM).await;
    client.post("/auth/password-reset", json!({ "token": token, "password": PASSWORD })).await.ok();
    let owner = client.login(VICTIM, PASSWORD).await;
    assert_eq!(owner.get("/v1.0/customer").await.ok()["email"], VICTIM);
    assert_eq!(login(&client, VICTIM, "the stranger's own").await.reason(), "INVALID_CREDENTIALS");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_can_be_confirmed_while_32_callers_change_the_agent_with_that_username() {
    let client = Client::start().await;
    let (_, stranger) = client.tenant("stranger").await;
    let agent = create_agent(&stranger, VICTIM).await.ok();
    let path = format!("/v1.0/agents/{}/status", agent["id"].as_str().unwrap());
    sign_up(&client, sign_up_body(VICTIM)).await;
    let link = client.mailed_token(VICTIM).await;
    let confirmed = std::sync::atomic::AtomicBool::new(false);
    let changing = join_all((0..32).map(async |number| {
        let mut changed = 0_u32;
        while !confirmed.load(std::sync::atomic::Ordering::Relaxed) {
            let status = ["away", "busy", "available"][(number + changed as usize) % 3];
            changed += u32::from(stranger.put(&path, json!({ "status": status })).await.status == 200);
        }
        changed
    }));
    let confirming = async {
        let response = client.post("/auth/email-verify", json!({ "token": link })).await;
        confirmed.store(true, std::sync::atomic::Ordering::Relaxed);
        response
    };
    let (changed, response) = futures::join!(changing, confirming);
    assert_eq!(response.status, 200, "{} after {} changes", response.text, changed.iter().sum::<u32>());
}
