//! Redelivered and reordered messages lead to the same state.

use std::collections::BTreeSet;
use std::time::Duration;

use custodian_app::Clock;
use custodian_app::ports::{DeferredRequest, QueuedRequest, WriteOutcome};
use custodian_app::{resources, update};
use custodian_domain::Initiator;
use custodian_domain::kinds::{Kind, TAGS, TRANSCRIPTIONS};
use custodian_domain::lifecycle::Command;
use custodian_domain::profile::ProfilePatch;
use custodian_domain::resource::ResourcePatch;
use custodian_domain::webhook::{DeliveryStatus, delivery_id};
use custodian_domain::webhook_endpoints::EndpointId;
use custodian_domain::{Customer, CustomerId, Profile, RequestedBy};
use custodian_event_sources::EventHandler;
use custodian_fn_webhook_deliver::Deliver;
use custodian_tests::TestApp;
use custodian_webhook_client::{AttemptOutcome, AttemptReport};
use custodian_webhooks::DeliveryJob;
use custodian_webhooks::WebhookStore;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::compared_state::{assert_newest_links_work, mails, rows, webhooks};
use crate::consumers::{Message, consume, messages_of, published, run_until_idle};

async fn update_profile(app: &TestApp, id: CustomerId, body: Value) {
    app.clock.advance(Duration::from_secs(1));
    let patch = ProfilePatch::read(
        body.as_object().unwrap(),
        &custodian_domain::Profile::default(),
        &custodian_domain::destination::DestinationRules::default(),
    )
    .unwrap();
    let next = |row: &Customer, now| {
        row.with_profile_patch(&patch, RequestedBy::PlatformAdmin { operator: None }, now)
    };
    update::update(&app.cx, app.customer(id).await, |_| Ok(()), next).await.unwrap();
}

async fn create_row(app: &TestApp, id: CustomerId, kind: &'static Kind, body: Value) {
    app.clock.advance(Duration::from_secs(1));
    let patch = ResourcePatch::for_create(kind, body.as_object().unwrap()).unwrap();
    resources::create(&app.cx, kind, id, patch).await.unwrap();
}

fn request_message(app: &TestApp, request: DeferredRequest) -> Message {
    app.clock.advance(Duration::from_secs(1));
    Message::Request(QueuedRequest::new(request, app.cx.providers.id_seed(app.cx.now())))
}

/// Accounts with changes that the consumers handle, and the resulting messages in order.
async fn app_with_messages() -> (TestApp, Vec<Message>) {
    let app = TestApp::default();
    // This account sets its webhook destination late, and asks for a new e-mail address twice.
    let ann = app.active_account("ann").await;
    update_profile(&app, ann, json!({ "webhook_uri": "" })).await;
    create_row(&app, ann, &TAGS, json!({ "name": "before" })).await;
    update_profile(&app, ann, json!({ "webhook_uri": "https://ann.example.com/late" })).await;
    update_profile(&app, ann, json!({ "email": "ann@one.example" })).await;
    update_profile(&app, ann, json!({ "email": "ann@two.example" })).await;
    for name in ["failing", "hanging", "after"] {
        create_row(&app, ann, &TAGS, json!({ "name": name })).await;
    }
    // Bob's account awaits verification and gets a new address. Cay's account is verified before a password is set.
    let (bob, cay) = (app.initial_account("bob").await, app.initial_account("cay").await);
    update_profile(&app, bob, json!({ "email": "bob@two.example" })).await;
    app.change(cay, Command::Verify).await;
    // Dan's account is frozen while transcriptions run, Eve's was recovered, and Fay's is deleted.
    let [dan, eve, fay] =
        [app.active_account("dan").await, app.active_account("eve").await, app.active_account("fay").await];
    for reference in 1..4 {
        let reference = Uuid::from_u128(reference);
        let body = json!({ "reference_type": "call", "reference_id": reference, "language": "en-US" });
        create_row(&app, dan, &TRANSCRIPTIONS, body).await;
    }
    create_row(&app, fay, &TAGS, json!({ "name": "to go" })).await;
    for id in [dan, eve] {
        app.change(id, app.freeze_command()).await;
    }
    app.change(eve, Command::Recover(Initiator::Owner)).await;
    app.change(fay, Command::Delete(Initiator::Owner)).await;

    let mut messages: Vec<_> = published(&app).await.iter().flat_map(messages_of).collect();
    let forgot = || DeferredRequest::ForgotPassword { username: "ann".to_owned() };
    let sign_up = |email: &str| DeferredRequest::SignUp {
        profile: Profile { email: email.to_owned(), ..Profile::default() },
    };
    for request in [forgot(), forgot(), sign_up("bob@two.example"), sign_up("eve@example.com")] {
        messages.push(request_message(&app, request));
    }
    (app, messages)
}

/// Makes two of the first attempts fail.
fn fail_first_attempts(app: &TestApp, messages: &[Message]) {
    let tags = messages.iter().filter_map(|message| match message {
        Message::Webhook(event) if event.event_type.to_string() == "tag_created" => Some(event),
        _ => None,
    });
    let failed = AttemptReport {
        outcome: AttemptOutcome::Failed { status: 500, retry_after: None },
        latency: Duration::ZERO,
    };
    let hung = AttemptReport { outcome: AttemptOutcome::TimedOut, latency: Duration::from_secs(15) };
    let mut state = app.cx.services.state();
    for (event, report) in tags.skip(1).zip([failed, hung]) {
        state
            .attempt_reports
            .insert(delivery_id(event.id, event.time, EndpointId::first(event.customer_id)), report);
    }
}

/// Every message twice, in an order that depends on the seed.
fn shuffled(messages: &[Message], seed: u64) -> Vec<Message> {
    let mut all: Vec<_> = messages.iter().chain(messages).cloned().collect();
    let mut state = seed;
    for at in (1..all.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        all.swap(at, usize::try_from(state >> 33).unwrap() % (at + 1));
    }
    all
}

async fn deliver_all(app: &TestApp, messages: Vec<Message>) -> Vec<Message> {
    for message in messages {
        consume(app, message).await;
    }
    run_until_idle(app).await
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn consumers_reach_the_same_state_for_any_order_and_repetition_of_messages() {
    let (before, messages) = app_with_messages().await;
    let in_order = before.fork();
    fail_first_attempts(&in_order, &messages);
    let later_messages = deliver_all(&in_order, messages.clone()).await;
    let destinations: BTreeSet<_> =
        webhooks(&in_order).iter().map(|(_, uri, kind, _)| format!("{uri} {kind}")).collect();
    for expected in [
        "https://ann.example.com/late \"customer_updated\"",
        "https://dan.example.com/hook \"transcribe_updated\"",
        "https://fay.example.com/hook \"customer_deleted\"",
    ] {
        assert!(destinations.contains(expected), "{destinations:#?}");
    }
    assert!(
        !destinations.contains("https://ann.example.com/late \"customer_created\""),
        "the destination was set later"
    );
    assert_eq!(mails(&in_order).len(), 9, "{:#?}", mails(&in_order));
    assert_newest_links_work(&in_order);

    for seed in 1..4 {
        let other = before.fork();
        fail_first_attempts(&other, &messages);
        deliver_all(&other, shuffled(&messages, seed)).await;
        assert_eq!(webhooks(&other), webhooks(&in_order), "seed {seed}");
        let (counts, expected) = (mails(&other), mails(&in_order));
        assert!(
            counts.keys().eq(expected.keys()) && counts.iter().all(|(mail, count)| *count <= expected[mail])
        );
        assert_newest_links_work(&other);
        assert_eq!(rows(&other), rows(&in_order), "seed {seed}");

        // Delivering all messages again, in order and then shuffled, changes nothing.
        let first_result = (other.tables.dump(), webhooks(&other), mails(&other));
        let all: Vec<_> = messages.iter().chain(&later_messages).cloned().collect();
        for again in [all.clone(), shuffled(&all, seed + 10)] {
            deliver_all(&other, again).await;
            assert_eq!((other.tables.dump(), webhooks(&other), mails(&other)), first_result, "seed {seed}");
        }
    }
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn a_leased_attempt_is_left_to_its_worker_and_made_again_when_the_lease_expires() {
    let app = TestApp::default();
    let ann = app.active_account("ann").await;
    create_row(&app, ann, &TAGS, json!({ "name": "vip" })).await;
    let event = published(&app)
        .await
        .into_iter()
        .find(|event| event.event_type.to_string() == "tag_created")
        .unwrap();
    let id = delivery_id(event.id, event.time, EndpointId::first(event.customer_id));
    let failed = AttemptReport {
        outcome: AttemptOutcome::Failed { status: 500, retry_after: None },
        latency: Duration::ZERO,
    };
    app.cx.services.state().attempt_reports.insert(id, failed);
    app.cx.services.state().delivery_jobs.clear();
    consume(&app, Message::Webhook(event)).await;
    let next = app.cx.services.state().delivery_jobs.pop().expect("a retry is enqueued");

    let stored = app.cx.store.delivery(ann, id, app.clock.now()).await.unwrap().unwrap();
    let leased = app.cx.store.lease_attempt(&stored, app.clock.now().plus(Duration::from_secs(25))).await;
    assert_eq!(leased.unwrap(), WriteOutcome::Done, "another worker takes the lease");
    app.cx.services.state().sent_webhooks.clear();
    let deliver =
        async |job: &DeliveryJob| Deliver.handle(&app.cx, job.clone(), app.invocation_deadline()).await;
    assert!(deliver(&next).await.is_err(), "the queue redelivers a scheduled retry later");
    assert!(
        deliver(&DeliveryJob { redelivery: true, ..next.clone() }).await.is_ok(),
        "a requested attempt is already in progress"
    );
    assert!(app.cx.services.state().sent_webhooks.is_empty());

    app.clock.advance(Duration::from_secs(25));
    deliver(&next).await.unwrap();
    assert_eq!(app.cx.services.state().sent_webhooks.len(), 1);
    let shown = app.cx.store.delivery(ann, id, app.clock.now()).await.unwrap().unwrap();
    assert_eq!((shown.attempts, shown.status), (2, DeliveryStatus::Succeeded));
}
