//! A mail is sent once for what it was asked by; one that may not have gone out is sent again.

use std::time::Duration;

use custodian_app::Failure;
use custodian_app::ports::{Cause, ReadMailTokens, Request, Requested};
use custodian_app::verify::{send_change, send_verification, verify};
use custodian_auth::mail_token;
use custodian_domain::profile::ProfilePatch;
use custodian_domain::{Asker, CustomerId, Profile, Secret};
use custodian_events::Consumer;
use custodian_tests::{Bench, Cut};
use serde_json::json;
use uuid::Uuid;

fn cause(bench: &Bench, id: u128) -> Cause {
    Cause { id: Uuid::from_u128(id), ..bench.cause() }
}

/// The links that were mailed, the oldest first.
fn links(bench: &Bench) -> Vec<Secret> {
    let held = bench.cx.ends.held();
    let tokens = held.mails.iter().filter_map(|mail| mail.text.split_once("token="));
    tokens.map(|(_, token)| Secret::new(&token[..64])).collect()
}

async fn works(bench: &Bench, link: &Secret) -> bool {
    bench.cx.store.mail_token(&mail_token::hash(link)).await.unwrap().is_some()
}

async fn request(bench: &Bench, asked: &Requested) -> Result<(), Failure> {
    custodian_fn_requests::DoRequest.consume(&bench.cx, asked.clone(), bench.later()).await
}

fn asked(bench: &Bench, request: Request) -> Requested {
    Requested { cause: cause(bench, 1), request }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_again_leaves_the_link_of_its_mail_as_it_is() {
    let bench = Bench::default();
    let id = bench.initial("ann").await;
    let opened = cause(&bench, 1);
    send_verification(&bench.cx, id, opened).await.unwrap();
    let before = bench.tables.dump();
    bench.clock.advance(Duration::from_secs(60));
    send_verification(&bench.cx, id, opened).await.unwrap();
    assert_eq!(bench.tables.dump(), before);
    assert_eq!(links(&bench).len(), 1);
    verify(&bench.cx, &links(&bench)[0]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_may_not_have_gone_out_is_sent_again_and_its_link_works() {
    for cut in [Cut::DiesBefore, Cut::DiesAfter] {
        // The token is read, the customer, the agents; the token is stored; the mail is sent; that is noted.
        for at in 0..6 {
            let bench = Bench::default();
            let id = bench.initial("ann").await;
            let opened = cause(&bench, 1);
            bench.fuse.cut(at, cut);
            let first = send_verification(&bench.cx, id, opened).await;
            bench.fuse.mend();
            send_verification(&bench.cx, id, opened).await.unwrap();
            let newest = links(&bench).pop().expect("at least once");
            assert!(works(&bench, &newest).await, "{cut:?} at {at}, which came to {first:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_comes_after_a_later_one_takes_no_link_away() {
    let bench = Bench::default();
    let id = bench.active("ann").await;
    let mut causes = Vec::new();
    for email in ["ann@one.example", "ann@two.example"] {
        bench.clock.advance(Duration::from_secs(1));
        let patch = ProfilePatch::read(json!({ "email": email }).as_object().unwrap()).unwrap();
        let row = bench.customer(id).await;
        custodian_app::update::update(
            &bench.cx,
            row,
            |_| Ok(()),
            |row, now| row.patched_unconfirmed(&patch, Asker::Operator, now),
        )
        .await
        .unwrap();
        causes.push(cause(&bench, 1));
    }
    for at in [1, 0, 1, 0] {
        send_change(&bench.cx, id, causes[at]).await.unwrap();
    }
    assert_eq!(links(&bench).len(), 1);
    let confirmed = verify(&bench.cx, &links(&bench)[0]).await.unwrap().customer;
    assert_eq!(confirmed.profile.email, "ann@two.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_comes_again_has_nothing_mailed_even_when_its_link_was_used() {
    let bench = Bench::default();
    let id = bench.active("ann").await;
    let forgot = asked(&bench, Request::Forgot { username: "ann".to_owned() });
    for _ in 0..2 {
        request(&bench, &forgot).await.unwrap();
    }
    assert_eq!(links(&bench).len(), 1);
    let password = Secret::new("correct horse battery");
    custodian_app::password::reset(&bench.cx, &links(&bench)[0], password.clone()).await.unwrap();
    // Once more, a day later, when the link has long ended.
    bench.clock.advance(Duration::from_secs(86_400));
    request(&bench, &forgot).await.unwrap();
    assert_eq!(links(&bench).len(), 1);
    let again = custodian_app::password::reset(&bench.cx, &links(&bench)[0], password).await;
    assert!(again.is_err(), "a link works once");

    let later = Requested { cause: cause(&bench, 2), ..forgot };
    request(&bench, &later).await.unwrap();
    assert_eq!(links(&bench).len(), 2, "who asks again gets another");
    assert_eq!(bench.customer(id).await.profile.email, "ann@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signup_that_comes_again_is_answered_by_the_mail_of_the_account_that_it_opened() {
    let bench = Bench::default();
    let email = "ann@example.com".to_owned();
    let sign_up =
        asked(&bench, Request::SignUp { profile: Profile { email: email.clone(), ..Profile::default() } });
    bench.clock.advance(Duration::from_millis(20));
    for _ in 0..2 {
        request(&bench, &sign_up).await.unwrap();
    }
    assert!(bench.cx.ends.held().mails.is_empty(), "the account's own event has its link mailed");
    let id: CustomerId =
        custodian_app::ports::FindEmails::email_owner(&bench.cx.store, &email).await.unwrap().unwrap();
    send_verification(&bench.cx, id, cause(&bench, 2)).await.unwrap();
    verify(&bench.cx, &links(&bench)[0]).await.unwrap();
    request(&bench, &sign_up).await.unwrap();
    assert_eq!(bench.cx.ends.held().mails.len(), 1);

    bench.clock.advance(Duration::from_secs(1));
    let later = Requested { cause: cause(&bench, 3), ..sign_up };
    for _ in 0..2 {
        request(&bench, &later).await.unwrap();
    }
    let held = bench.cx.ends.held();
    assert_eq!((held.mails.len(), &*held.mails[1].subject), (2, "You already have an account"));
}
