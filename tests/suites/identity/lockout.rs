//! Strangers cannot lock an owner out of a known network, flood a mailbox, or probe names without a limit.

use custodian_tests::{Client, PASSWORD, Response};
use serde_json::json;

use crate::sign_up::{sign_up_body, subjects};

/// An address in the client network with this number.
const fn network(number: u8) -> [u8; 4] {
    [127, 1, number, 9]
}

async fn login(client: &Client, username: &str, password: &str) -> Response {
    client.post("/auth/login", json!({ "username": username, "password": password })).await
}

/// Wrong passwords from the networks 0, 1 and so on, ten from each.
async fn guess(client: &Client, username: &str, attempts: u8) {
    for attempt in 0..attempts {
        let guessing = client.from_address(network(attempt / 10));
        assert_eq!(login(&guessing, username, "a wrong password").await.status, 401, "attempt {attempt}");
    }
}

#[track_caller]
fn assert_limited(response: &Response) {
    assert_eq!(response.refusal(), (429, "RATE_LIMIT_EXCEEDED".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_wrong_passwords_stop_a_network_and_not_the_name() {
    let client = Client::start().await;
    client.tenant("ann").await;
    guess(&client, "ann", 10).await;
    assert_limited(&login(&client.from_address(network(0)), "ann", PASSWORD).await);
    assert_limited(&login(&client.from_address([127, 1, 0, 200]), "ann", PASSWORD).await);
    let elsewhere = client.from_address(network(1));
    assert_eq!(login(&elsewhere, "ann", PASSWORD).await.status, 200, "from another network");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_wrong_passwords_do_not_stop_a_network_with_a_sign_in_within_90_days() {
    let client = Client::start().await;
    client.tenant("ann").await;
    let office = client.from_address(network(200));
    assert_eq!(login(&office, "ann", PASSWORD).await.status, 200);
    client.advance(89 * 86_400).await;
    guess(&client, "ann", 100).await;
    assert_limited(&login(&client.from_address(network(201)), "ann", PASSWORD).await);
    assert_eq!(login(&office, "ann", PASSWORD).await.status, 200, "from a known network");
    let throttled = client.service().metrics().of("RequestsThrottled").sum;
    assert_eq!(throttled, 1, "a request that succeeds is not counted");
    client.advance(91 * 86_400).await;
    guess(&client, "ann", 100).await;
    assert_limited(&login(&office, "ann", PASSWORD).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_is_reset_by_mail_signs_in_at_once() {
    let client = Client::start().await;
    client.tenant("ann").await;
    guess(&client, "ann", 10).await;
    guess(&client, "ann@example.com", 10).await;
    let guessed_from = client.from_address(network(0));
    client.post("/auth/password-forgot", json!({ "username": "ann" })).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    client.post("/auth/password-reset", json!({ "token": token, "password": "a new password" })).await.ok();
    for name in ["ann", "ann@example.com"] {
        assert_eq!(login(&guessed_from, name, "a new password").await.status, 200, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_sign_in_do_not_stop_a_signed_in_agent() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    guess(&client, "ann", 100).await;
    let me = ann.get("/v1.0/me").await.ok();
    let path = format!("/v1.0/agents/{}/password", me["id"].as_str().unwrap());
    for _ in 0..9 {
        let wrong = json!({ "password": "a new password", "current_password": "a wrong password" });
        assert_eq!(ann.put(&path, wrong).await.reason(), "INVALID_PASSWORD");
    }
    assert_eq!(ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok()["status"], "frozen");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_gets_at_most_five_mails_an_hour_from_strangers() {
    let client = Client::start().await;
    let mailbox = "victim@example.com";
    for _ in 0..4 {
        client.post("/auth/signup", sign_up_body(mailbox)).await.ok();
        client.idle().await;
    }
    for number in 0..3 {
        let (_, asker) = client.tenant(&format!("asker{number}")).await;
        asker.put("/v1.0/customer", json!({ "email": mailbox })).await.ok();
    }
    assert_eq!(subjects(&client, mailbox).await.len(), 5, "over both causes");
    for _ in 0..5 {
        client.advance(3600).await;
        for _ in 0..6 {
            client.post("/auth/signup", sign_up_body(mailbox)).await.ok();
            client.idle().await;
        }
    }
    assert_eq!(subjects(&client, mailbox).await.len(), 20, "in a day");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_requests_at_most_ten_changes_of_address_an_hour() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    for number in 0..10 {
        ann.put("/v1.0/customer", json!({ "email": format!("new{number}@example.com") })).await.ok();
    }
    assert_limited(&ann.put("/v1.0/customer", json!({ "email": "another@example.com" })).await);
    ann.put("/v1.0/customer", json!({ "name": "Ann" })).await.ok();
    client.advance(3601).await;
    ann.put("/v1.0/customer", json!({ "email": "another@example.com" })).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_probes_names_learns_of_thirty_an_hour() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    client.tenant("bob").await;
    for attempt in 0..30 {
        let taken = if attempt % 4 != 0 {
            ann.post("/v1.0/agents", json!({ "username": "bob", "password": PASSWORD })).await
        } else {
            ann.put("/v1.0/customer", json!({ "email": "bob@example.com" })).await
        };
        assert_eq!(taken.status, 409, "attempt {attempt}");
    }
    for username in ["bob", "free"] {
        let body = json!({ "username": username, "password": PASSWORD });
        assert_limited(&ann.post("/v1.0/agents", body).await);
    }
    assert_limited(&ann.put("/v1.0/customer", json!({ "email": "free@example.com" })).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_network_signs_up_at_most_20_addresses_in_a_quarter_of_an_hour() {
    let client = Client::start().await;
    for number in 0..20 {
        client.post("/auth/signup", sign_up_body(&format!("new{number}@example.com"))).await.ok();
    }
    assert_limited(&client.post("/auth/signup", sign_up_body("another@example.com")).await);
    let elsewhere = client.from_address(network(7));
    elsewhere.post("/auth/signup", sign_up_body("another@example.com")).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signup_whose_mail_would_be_dropped_leaves_the_earlier_link_as_it_is() {
    let client = Client::start().await;
    let mailbox = "victim@example.com";
    for number in 1..=8 {
        let body = json!({ "email": mailbox, "accepted_tos": true, "name": format!("Signup {number}") });
        client.post("/auth/signup", body).await.ok();
        client.idle().await;
    }
    let link = client.mailed_token(mailbox).await;
    let verified = client.post("/auth/email-verify", json!({ "token": link })).await.ok();
    assert_eq!(verified["customer"]["name"], "Signup 5", "the fifth mail was the last one");
}

#[tokio::test(flavor = "multi_thread")]
async fn signups_for_an_account_that_an_operator_opened_are_limited_as_well() {
    let client = Client::start().await;
    client.open_account("ann").await;
    client.idle().await;
    for _ in 0..8 {
        client.post("/auth/signup", sign_up_body("ann@example.com")).await.ok();
        client.idle().await;
    }
    assert_eq!(subjects(&client, "ann@example.com").await.len(), 6, "the operator's and five others");
}

/// Invariant I7: a credential is valid only as long as its basis.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_for_a_change_of_address_is_of_no_use_to_another_requester() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    for _ in 0..4 {
        client.post("/auth/signup", sign_up_body("evil@example.com")).await.ok();
        client.idle().await;
    }
    let request = json!({ "email": "evil@example.com" });
    ann.with_access_key().await.put("/v1.0/customer", request.clone()).await.ok();
    let link = client.mailed_token("evil@example.com").await;
    // The mail of this request is dropped, so the link of the key's request is still the newest.
    ann.put("/v1.0/customer", request).await.ok();
    client.idle().await;
    let followed = client.post("/auth/email-verify", json!({ "token": link })).await;
    assert_eq!(followed.refusal(), (400, "INVALID_TOKEN".into()));
}
