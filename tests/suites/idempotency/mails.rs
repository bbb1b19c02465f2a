//! A repeated cause sends no second mail. If the function cannot tell whether a mail was sent, it sends the mail again.

use std::time::Duration;

use custodian_app::Failure;
use custodian_app::confirm_email::send_email_change;
use custodian_app::deletion_mails::send_deletion_begun;
use custodian_app::notices::{send_email_changed, send_frozen, send_webhook_disabled};
use custodian_app::ports::{
    ChangeCustomers, CustomerChange, DeferredRequest, Mail, QueuedRequest, ReadMailTokens,
};
use custodian_app::verify::{send_verification, verify};
use custodian_auth::mail_token;
use custodian_domain::Initiator;
use custodian_domain::lifecycle::Command;
use custodian_domain::profile::ProfilePatch;
use custodian_domain::{Cause, Profile, RequestedBy, Secret};
use custodian_event_sources::EventHandler;
use custodian_tests::{Interruption, TestApp};
use serde_json::json;
use uuid::Uuid;

fn cause(app: &TestApp, id: u128) -> Cause {
    Cause { id: Uuid::from_u128(id), ..app.cause() }
}

/// The mailed links, oldest first.
fn links(app: &TestApp) -> Vec<Secret> {
    let state = app.cx.services.state();
    let tokens = state.mails.iter().filter_map(|mail| mail.text.split_once("token="));
    tokens.map(|(_, token)| Secret::new(&token[..64])).collect()
}

async fn is_valid(app: &TestApp, link: &Secret) -> bool {
    app.cx.store.mail_token(&mail_token::hash(link)).await.unwrap().is_some()
}

async fn deliver_request(app: &TestApp, queued: &QueuedRequest) -> Result<(), Failure> {
    custodian_fn_requests::HandleRequest.handle(&app.cx, queued.clone(), app.invocation_deadline()).await
}

fn queued(app: &TestApp, request: DeferredRequest) -> QueuedRequest {
    QueuedRequest { cause: cause(app, 1), request }
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn a_redelivered_event_keeps_the_link_of_its_mail() {
    let app = TestApp::default();
    let id = app.initial_account("ann").await;
    let creation = cause(&app, 1);
    send_verification(&app.cx, id, creation).await.unwrap();
    let before = app.tables.dump();
    app.clock.advance(Duration::from_secs(60));
    send_verification(&app.cx, id, creation).await.unwrap();
    assert_eq!(app.tables.dump(), before);
    assert_eq!(links(&app).len(), 1);
    verify(&app.cx, &links(&app)[0]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_may_not_have_been_sent_is_sent_again_and_its_link_works() {
    for interruption in [Interruption::CrashBefore, Interruption::CrashAfter] {
        // The calls: read the token, the customer and the agents, store the token, send the mail, record that it was sent.
        for at in 0..6 {
            let app = TestApp::default();
            let id = app.initial_account("ann").await;
            let creation = cause(&app, 1);
            app.fault_injector.interrupt(at, interruption);
            let first = send_verification(&app.cx, id, creation).await;
            app.fault_injector.reset();
            send_verification(&app.cx, id, creation).await.unwrap();
            let newest = links(&app).pop().expect("a mail was sent");
            assert!(is_valid(&app, &newest).await, "{interruption:?} at {at}, which returned {first:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_event_does_not_revoke_a_newer_link() {
    let app = TestApp::default();
    let id = app.active_account("ann").await;
    let mut causes = Vec::new();
    for email in ["ann@one.example", "ann@two.example"] {
        app.clock.advance(Duration::from_secs(1));
        let patch = ProfilePatch::read(
            json!({ "email": email }).as_object().unwrap(),
            &custodian_domain::Profile::default(),
            &custodian_domain::destination::DestinationRules::default(),
        )
        .unwrap();
        let row = app.customer(id).await;
        let requested_by = RequestedBy::Agent { agent_id: row.guest_id, epoch: 1, key_id: None };
        custodian_app::update::update(
            &app.cx,
            row,
            |_| Ok(()),
            |row, now| row.with_profile_patch(&patch, requested_by, now),
        )
        .await
        .unwrap();
        causes.push(cause(&app, 1));
    }
    for at in [1, 0, 1, 0] {
        send_email_change(&app.cx, id, causes[at]).await.unwrap();
    }
    assert_eq!(links(&app).len(), 1);
    let confirmed = verify(&app.cx, &links(&app)[0]).await.unwrap().customer;
    assert_eq!(confirmed.profile.email, "ann@two.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redelivered_request_sends_no_mail_even_if_its_link_was_used() {
    let app = TestApp::default();
    let id = app.active_account("ann").await;
    let forgot = queued(&app, DeferredRequest::ForgotPassword { username: "ann".to_owned() });
    for _ in 0..2 {
        deliver_request(&app, &forgot).await.unwrap();
    }
    assert_eq!(links(&app).len(), 1);
    let password = Secret::new("correct horse battery");
    custodian_app::password::reset(&app.cx, &links(&app)[0], password.clone()).await.unwrap();
    // The message arrives again a day later, after the link has expired.
    app.clock.advance(Duration::from_secs(86_400));
    deliver_request(&app, &forgot).await.unwrap();
    assert_eq!(links(&app).len(), 1);
    let again = custodian_app::password::reset(&app.cx, &links(&app)[0], password).await;
    assert!(again.is_err(), "a link works once");

    let later = QueuedRequest { cause: cause(&app, 2), ..forgot };
    deliver_request(&app, &later).await.unwrap();
    assert_eq!(links(&app).len(), 2, "a new request gets a new link");
    assert_eq!(app.customer(id).await.profile.email, "ann@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redelivered_sign_up_sends_no_second_mail() {
    let app = TestApp::default();
    let email = "ann@example.com".to_owned();
    let sign_up = queued(
        &app,
        DeferredRequest::SignUp { profile: Profile { email: email.clone(), ..Profile::default() } },
    );
    app.clock.advance(Duration::from_millis(20));
    for _ in 0..2 {
        deliver_request(&app, &sign_up).await.unwrap();
    }
    assert!(app.cx.services.state().mails.is_empty(), "the account's creation event sends the link");
    let id = app.email_holder(&email).await.unwrap();
    send_verification(&app.cx, id, cause(&app, 2)).await.unwrap();
    verify(&app.cx, &links(&app)[0]).await.unwrap();
    deliver_request(&app, &sign_up).await.unwrap();
    assert_eq!(app.cx.services.state().mails.len(), 1);

    app.clock.advance(Duration::from_secs(1));
    let later = QueuedRequest { cause: cause(&app, 3), ..sign_up };
    for _ in 0..2 {
        deliver_request(&app, &later).await.unwrap();
    }
    let state = app.cx.services.state();
    assert_eq!((state.mails.len(), &*state.mails[1].subject), (2, "You already have an account"));
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn each_cause_of_a_notice_sends_one_mail_in_any_order() {
    let app = TestApp::default();
    let id = app.active_account("ann").await;
    app.change(id, app.freeze_command()).await;
    let (older, newer) =
        (cause(&app, 1), Cause { at: app.cx.now().plus(Duration::from_secs(1)), ..cause(&app, 2) });
    for cause in [newer, older, newer, older] {
        send_frozen(&app.cx, id, cause).await.unwrap();
    }
    let subjects: Vec<_> = app.cx.services.state().mails.iter().map(|mail| mail.subject.clone()).collect();
    assert_eq!(
        subjects, ["Your account will be deleted"; 2],
        "a newer notice does not suppress an older one"
    );
    app.change(id, Command::Delete(Initiator::Owner)).await;
    app.publish().await.unwrap();
    app.run_until_idle().await.unwrap();
    assert_eq!(app.tables.remaining_rows(&id.to_string()), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_event_of_a_disabled_webhook_sends_no_second_mail() {
    let app = TestApp::default();
    let id = app.active_account("ann").await;
    for disablement in [1, 1, 2, 1] {
        send_webhook_disabled(&app.cx, id, None, cause(&app, disablement)).await.unwrap();
    }
    assert_eq!(app.cx.services.state().mails.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_mail_about_a_deletion_is_sent_again_and_the_cascade_completes() {
    for interruption in [Interruption::CrashBefore, Interruption::CrashAfter] {
        // The calls: read the recipient and the customer, store the link, send the mail, and remove the recipient.
        for at in 0..5 {
            let app = TestApp::default();
            let id = app.active_account("ann").await;
            app.change(id, Command::Delete(Initiator::Owner)).await;
            app.publish().await.unwrap();
            app.fault_injector.interrupt(at, interruption);
            let first = send_deletion_begun(&app.cx, id).await;
            app.fault_injector.reset();
            app.run_until_idle().await.unwrap();
            // The crash may have come after the removal. Then only `reconcile` enqueues the cascade's step that waited for it.
            app.clock.advance(Duration::from_secs(16 * 60));
            app.reconcile().await.unwrap();
            app.run_until_idle().await.unwrap();
            let begun = |mail: &&Mail| mail.subject == "Your account is being deleted";
            let mails = app.cx.services.state().mails.iter().filter(begun).count();
            assert!(
                (1..=2).contains(&mails),
                "{mails} mails, {interruption:?} at {at}, which returned {first:?}"
            );
            assert_eq!(app.tables.remaining_rows(&id.to_string()), []);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_mail_about_a_new_address_reaches_both_addresses_and_is_then_forgotten() {
    for interruption in [Interruption::CrashBefore, Interruption::CrashAfter] {
        // The calls: read the customer and the record, store the record, send two mails, record them, forget the address.
        for at in 0..7 {
            let app = TestApp::default();
            let id = app.active_account("ann").await;
            let row = app.customer(id).await;
            let moved = row.with_confirmed_email("new@example.com".to_owned(), app.cx.now());
            app.cx.store.commit(CustomerChange::new(&row, &moved)).await.unwrap();
            let cause = cause(&app, 1);
            app.fault_injector.interrupt(at, interruption);
            let first = send_email_changed(&app.cx, id, cause).await;
            app.fault_injector.reset();
            send_email_changed(&app.cx, id, cause).await.unwrap();
            let state = app.cx.services.state().clone();
            for address in ["ann@example.com", "new@example.com"] {
                let mails = state.mails.iter().filter(|mail| mail.to == address).count();
                assert!(
                    (1..=2).contains(&mails),
                    "{address}: {interruption:?} at {at}, which returned {first:?}"
                );
            }
            assert_eq!(app.customer(id).await.former_email, None);
        }
    }
}
