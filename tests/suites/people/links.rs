//! Mailed links: stored as hashes, used once, and told that they are late for as long as anybody asks.

use std::time::Duration;

use custodian_app::password::send_reset;
use custodian_app::ports::{Cause, FindEmails};
use custodian_app::sign_up::sign_up;
use custodian_app::verify::{self, send_verification};
use custodian_domain::lifecycle::Command;
use custodian_domain::{Profile, Reason, Secret, Status};
use custodian_tests::{Bench, Client, PASSWORD, Tables};
use futures::future::join_all;
use serde_json::json;
use uuid::Uuid;

use crate::signup::signup;

/// The token of the newest mail.
fn newest(bench: &Bench) -> Secret {
    let mails = bench.cx.ends.held().mails.clone();
    let text = &mails.last().expect("a mail").text;
    Secret::new(text.split("token=").nth(1).unwrap().chars().take(64).collect::<String>())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_table_has_the_token_of_a_mail() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    client.open_account("bob").await;
    client.post("/auth/password-forgot", json!({ "username": "ann" })).await.ok();
    ann.put("/v1.0/customer", json!({ "email": "new@example.com" })).await.ok();
    let mut tokens = Vec::new();
    for mailbox in ["bob@example.com", "ann@example.com", "new@example.com"] {
        client.idle().await;
        let mails = client.get("/_local/mailbox").await.ok();
        let mails = mails["result"].as_array().unwrap().clone();
        let to_them = mails.iter().filter(|mail| mail["to"] == mailbox);
        let texts = to_them.filter_map(|mail| mail["text"].as_str().unwrap().split("token=").nth(1));
        tokens.extend(texts.map(|rest| rest[..64].to_owned()).take(1));
    }
    assert_eq!(tokens.len(), 3);
    let rows = format!("{:?}", Tables(client.engine().clone()).dump());
    for token in tokens {
        assert!(!rows.contains(&token), "a token stands in a table");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_follow_one_link_at_once_one_verifies_and_gets_the_key() {
    let client = Client::start().await;
    client.post("/auth/signup", signup("ann@example.com")).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    let follow = (0..8).map(|_| client.post("/auth/email-verify", json!({ "token": token })));
    let (won, lost): (Vec<_>, Vec<_>) =
        join_all(follow).await.into_iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1);
    for answer in lost {
        assert_eq!(answer.refusal(), (400, "INVALID_TOKEN".into()));
    }
    let key = client.with_token(won[0].json()["accesskey"]["token"].as_str().unwrap());
    assert_eq!(key.get("/v1.0/accesskeys").await.ok()["result"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_set_a_password_by_one_link_at_once_one_does() {
    let client = Client::start().await;
    client.tenant("ann").await;
    client.post("/auth/password-forgot", json!({ "username": "ann" })).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    let passwords: Vec<_> = (0..4).map(|n| format!("password number {n}")).collect();
    let reset = async |password: &String| {
        client.post("/auth/password-reset", json!({ "token": token, "password": password })).await
    };
    let answers = join_all(passwords.iter().map(reset)).await;
    let set: Vec<_> =
        passwords.iter().zip(&answers).filter(|(_, a)| a.status == 200).map(|(p, _)| p).collect();
    assert_eq!(set.len(), 1);
    for (password, answer) in passwords.iter().zip(&answers) {
        let login = client.post("/auth/login", json!({ "username": "ann", "password": password })).await;
        assert_eq!(login.status, if password == set[0] { 200 } else { 401 });
        assert!(answer.status == 200 || answer.refusal() == (400, "INVALID_TOKEN".into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_stands_though_the_account_is_active_is_used_up_and_makes_no_key() {
    let client = Client::start().await;
    client.post("/auth/signup", signup("ann@example.com")).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    let tables = Tables(client.engine().clone());
    let link = tables.scan("tokens");
    let body = json!({ "token": token });
    client.post("/auth/email-verify", body.clone()).await.ok();
    tables.insert("tokens", &link);
    let again = client.post("/auth/email-verify", body.clone()).await.ok();
    assert_eq!((&again["accesskey"], &again["customer"]["status"]), (&json!(null), &json!("active")));
    assert_eq!(client.post("/auth/email-verify", body).await.refusal(), (400, "INVALID_TOKEN".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_link_is_told_that_it_is_late_before_between_and_after_expiry_and_cascade() {
    let bench = Bench::default();
    let id = bench.initial("ada").await;
    send_verification(&bench.cx, id, bench.cause()).await.unwrap();
    let token = newest(&bench);
    let late = async || {
        let verified = verify::verify(&bench.cx, &token).await;
        verified.is_err_and(|failure| failure.is(Reason::VerificationWindowEnded))
    };
    let end = bench.customer(id).await.due().unwrap();
    bench.clock.set(end);
    assert!(late().await, "when the time is over");
    bench.changed(id, Command::Expire).await;
    assert!(late().await, "when the account has expired");
    bench.settle().await.unwrap();
    assert!(late().await, "when nothing of it is left");
    let left = bench.tables.scan("tokens");
    assert_eq!(left.len(), 1, "but the hash of the link");
    let ttl: i64 = left[0]["ttl"]["N"].as_str().unwrap().parse().unwrap();
    assert_eq!(ttl, end.seconds() + 30 * 86_400, "for a month");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_an_account_that_was_deleted_meanwhile_is_late_too() {
    let bench = Bench::default();
    let id = bench.initial("ada").await;
    send_verification(&bench.cx, id, bench.cause()).await.unwrap();
    let token = newest(&bench);
    bench.changed(id, Command::Delete).await;
    for _ in 0..2 {
        let verified = verify::verify(&bench.cx, &token).await;
        assert!(verified.is_err_and(|failure| failure.is(Reason::VerificationWindowEnded)));
        bench.settle().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_whose_time_is_over_is_free_though_nobody_has_expired_it_yet() {
    let bench = Bench::default();
    let profile = Profile { email: "ada@example.com".into(), ..Profile::default() };
    sign_up(&bench.cx, profile.clone(), bench.cause()).await.unwrap();
    let first = bench.cx.store.email_owner("ada@example.com").await.unwrap().unwrap();
    bench.clock.advance(bench.cx.settings.verify_sign_up_within + Duration::from_secs(1));
    send_verification(&bench.cx, first, bench.cause()).await.unwrap();
    assert!(bench.cx.ends.held().mails.is_empty(), "no link is mailed that has ended already");

    sign_up(&bench.cx, profile, bench.cause()).await.unwrap();
    assert_eq!(bench.customer(first).await.status(), Status::Expired);
    let second = bench.cx.store.email_owner("ada@example.com").await.unwrap().unwrap();
    assert_ne!(first, second);
    send_verification(&bench.cx, second, bench.cause()).await.unwrap();
    verify::verify(&bench.cx, &newest(&bench)).await.unwrap();
    bench.settle().await.unwrap();
    assert_eq!(bench.cx.store.email_owner("ada@example.com").await.unwrap(), Some(second));
    assert_eq!(bench.cx.ends.held().jobs.len(), 0, "neither waits for its expiry");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_links_asked_for_at_the_same_moment_the_one_that_is_mailed_works() {
    let bench = Bench::default();
    bench.active("ada").await;
    let other = bench.clone();
    let [first, second] = [1, 2].map(|id| Cause { id: Uuid::from_u128(id), ..bench.cause() });
    bench.fuse.meanwhile("TransactWriteItems", move || {
        let asked = send_reset(&other.cx, "ada", second);
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(asked)).unwrap();
    });
    send_reset(&bench.cx, "ada", first).await.expect("nothing is left to be tried again later");
    assert_eq!(bench.cx.ends.held().mails.len(), 1);
    custodian_app::password::reset(&bench.cx, &newest(&bench), Secret::new(PASSWORD)).await.unwrap();
}
