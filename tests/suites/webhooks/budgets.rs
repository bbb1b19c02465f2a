//! The budgets of endpoints and destinations. An attempt beyond them is deferred, until the delivery's retention ends. The error of
//! an endpoint's budget is called `account_budget`.

use std::sync::Arc;
use std::time::Duration;

use custodian_app::{Clock, WebhookBudget, WebhookBudgets, update};
use custodian_domain::destination::DestinationRules;
use custodian_domain::ids::content_id;
use custodian_domain::profile::ProfilePatch;
use custodian_domain::webhook::{Delivery, DeliveryStatus, delivery_id};
use custodian_domain::webhook_endpoints::EndpointId;
use custodian_domain::{Customer, CustomerId, EventType, RequestedBy, Timestamp};
use custodian_event_sources::EventHandler;
use custodian_events::Event;
use custodian_fn_webhook_deliver::Deliver;
use custodian_tests::TestApp;
use custodian_webhooks::{DeliveryJob, WebhookStore};
use serde_json::json;

pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const AMPLE: WebhookBudget = WebhookBudget { attempts: 1000, bytes: 1 << 30 };

pub(crate) const fn attempts(attempts: u32) -> WebhookBudget {
    WebhookBudget { attempts, ..AMPLE }
}

pub(crate) fn app_with(endpoint: WebhookBudget, destination: WebhookBudget) -> TestApp {
    let mut app = TestApp::default();
    let cx = Arc::get_mut(&mut app.cx).expect("only the app holds its context");
    cx.settings.webhook_budgets = WebhookBudgets { endpoint, destination };
    app
}

/// An account whose webhooks go to a host that all accounts share.
pub(crate) async fn account(app: &TestApp, name: &str) -> CustomerId {
    let id = app.active_account(name).await;
    let body = json!({ "webhook_uri": format!("https://hooks.example.com/{name}") });
    let current = app.customer(id).await;
    let patch = ProfilePatch::read(body.as_object().unwrap(), &current.profile, &DestinationRules::default())
        .unwrap();
    let next = |row: &Customer, now| {
        row.with_profile_patch(&patch, RequestedBy::PlatformAdmin { operator: None }, now)
    };
    update::update(&app.cx, current, |_| Ok(()), next).await.unwrap();
    id
}

/// The first job of a change of an account.
pub(crate) fn change(app: &TestApp, account: CustomerId, number: u32) -> DeliveryJob {
    let (id, now) = (content_id(&format!("{account} {number}")), app.clock.now());
    DeliveryJob::first(Event::new(id, EventType::CustomerUpdated, account, 2, now))
}

pub(crate) async fn deliver(app: &TestApp, job: &DeliveryJob) {
    Deliver.handle(&app.cx, job.clone(), app.invocation_deadline()).await.unwrap();
}

pub(crate) async fn stored(app: &TestApp, job: &DeliveryJob) -> Delivery {
    let id = delivery_id(job.event.id, job.event.time, EndpointId::first(job.event.customer_id));
    app.cx.store.delivery(job.event.customer_id, id, app.clock.now()).await.unwrap().expect("it is stored")
}

pub(crate) fn sent(app: &TestApp) -> usize {
    app.cx.services.state().sent_webhooks.len()
}

/// Takes the jobs that were enqueued since the last call, with their names and times.
pub(crate) fn enqueued(app: &TestApp) -> Vec<(DeliveryJob, String, Timestamp)> {
    let mut state = app.cx.services.state();
    let (jobs, schedule) =
        (std::mem::take(&mut state.delivery_jobs), std::mem::take(&mut state.delivery_schedule));
    jobs.into_iter().zip(schedule).map(|(job, (name, due))| (job, name, due)).collect()
}

fn end_of_window(now: Timestamp, window: Duration) -> Timestamp {
    let length = i64::try_from(window.as_micros()).unwrap();
    Timestamp::from_micros((now.micros() / length + 1) * length)
}

/// Asserts that an attempt is deferred to the end of the window, or up to a tenth later.
#[track_caller]
fn assert_put_off(app: &TestApp, delivery: &Delivery, error: &str, window: Duration) {
    assert_eq!((delivery.status, delivery.error.as_deref()), (DeliveryStatus::Pending, Some(error)));
    let (end, next) = (end_of_window(app.clock.now(), window), delivery.tm_next.expect("it is due"));
    assert!(end <= next && next <= end.plus(window / 10), "{next:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_over_its_budget_waits_for_the_next_hour_and_that_of_another_account_does_not() {
    let app = app_with(attempts(2), AMPLE);
    let (ann, bob) = (account(&app, "ann").await, account(&app, "bob").await);
    for number in 0..2 {
        deliver(&app, &change(&app, ann, number)).await;
    }
    let third = change(&app, ann, 2);
    deliver(&app, &third).await;
    deliver(&app, &change(&app, bob, 0)).await;
    assert_eq!(sent(&app), 3, "two of ann's, and one of bob's");
    let shown = stored(&app, &third).await;
    assert_put_off(&app, &shown, "account_budget", HOUR);
    assert_eq!((shown.attempts, app.metrics.of("WebhooksDeferred").sum), (0, 1));

    let [(next, _, due)] = &enqueued(&app)[..] else { panic!("one job is enqueued") };
    assert_eq!(Some(*due), shown.tm_next);
    app.clock.set(*due);
    deliver(&app, next).await;
    let shown = stored(&app, &third).await;
    assert_eq!((shown.status, shown.attempts, shown.error), (DeliveryStatus::Succeeded, 1, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_are_counted_as_well_and_the_first_attempt_of_a_window_always_fits() {
    let app = app_with(WebhookBudget { attempts: 1000, bytes: 1 }, AMPLE);
    let ann = account(&app, "ann").await;
    let (first, second) = (change(&app, ann, 0), change(&app, ann, 1));
    deliver(&app, &first).await;
    deliver(&app, &second).await;
    assert_eq!((sent(&app), stored(&app, &first).await.status), (1, DeliveryStatus::Succeeded));
    assert_put_off(&app, &stored(&app, &second).await, "account_budget", HOUR);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_share_the_budget_of_one_destination_and_keep_their_own() {
    let app = app_with(attempts(1), attempts(1));
    let (ann, bob) = (account(&app, "ann").await, account(&app, "bob").await);
    let bobs = change(&app, bob, 0);
    deliver(&app, &change(&app, ann, 0)).await;
    deliver(&app, &bobs).await;
    assert_eq!(sent(&app), 1);
    assert_put_off(&app, &stored(&app, &bobs).await, "destination_budget", MINUTE);

    let [(next, _, due)] = &enqueued(&app)[..] else { panic!("one job is enqueued") };
    app.clock.set(*due);
    deliver(&app, next).await;
    assert_eq!(sent(&app), 2, "the deferred attempt did not use up bob's only attempt of the hour");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_requested_redelivery_counts_and_waits_like_the_others() {
    let app = app_with(attempts(1), AMPLE);
    let ann = account(&app, "ann").await;
    let first = change(&app, ann, 0);
    deliver(&app, &first).await;
    let requested = DeliveryJob { attempt: 2, redelivery: true, ..first.clone() };
    deliver(&app, &requested).await;
    let shown = stored(&app, &first).await;
    assert_put_off(&app, &shown, "account_budget", HOUR);
    assert_eq!((sent(&app), shown.attempts), (1, 1));
    let [(next, _, due)] = &enqueued(&app)[..] else { panic!("one job is enqueued") };
    assert!(next.redelivery, "it is still made if the endpoint is disabled");
    app.clock.set(*due);
    deliver(&app, next).await;
    assert_eq!((sent(&app), stored(&app, &first).await.attempts), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_retention_ends_a_delivery_that_is_always_put_off() {
    let app = app_with(attempts(1), AMPLE);
    let ann = account(&app, "ann").await;
    let job = change(&app, ann, 1);
    deliver(&app, &change(&app, ann, 0)).await;
    deliver(&app, &job).await;
    let [(next, ..)] = &enqueued(&app)[..] else { panic!("one job is enqueued") };
    app.clock.advance(Duration::from_secs(30 * 86_400 - 1));
    deliver(&app, &change(&app, ann, 2)).await;
    deliver(&app, next).await;
    let shown = stored(&app, &job).await;
    assert_eq!((shown.status, shown.error.as_deref()), (DeliveryStatus::Failed, Some("account_budget")));
    assert_eq!((shown.tm_next, enqueued(&app).len()), (None, 0));
    let counts = ["WebhooksDeferred", "WebhooksExhausted"].map(|metric| app.metrics.of(metric).sum);
    assert_eq!(counts, [1, 1], "the end of a delivery does not count as a deferral");
}
