//! A deletion notice waits for the budget of its destination, for an hour at most.

use custodian_app::Clock;
use custodian_domain::CustomerId;
use custodian_domain::Initiator;
use custodian_domain::lifecycle::Command;
use custodian_tests::TestApp;
use custodian_webhooks::DeliveryJob;

use crate::budgets::{AMPLE, HOUR, MINUTE, account, app_with, attempts, change, deliver, enqueued, sent};

/// The number of stored destinations of deletion notices.
fn notices(app: &TestApp) -> usize {
    app.tables.scan("webhooks").iter().filter(|row| row["key"]["S"] == "farewell").count()
}

/// Deletes an account. Returns the job of its deletion notice.
async fn delete(app: &TestApp, account: CustomerId) -> DeliveryJob {
    app.publish().await.unwrap();
    enqueued(app);
    app.change(account, Command::Delete(Initiator::Owner)).await;
    app.publish().await.unwrap();
    app.cx.services.state().delivery_jobs.pop().expect("the deletion notice is enqueued")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_notice_waits_for_its_destination_and_needs_no_budget_of_the_account() {
    let app = app_with(attempts(1), attempts(1));
    let (ann, bob) = (account(&app, "ann").await, account(&app, "bob").await);
    deliver(&app, &change(&app, ann, 0)).await;
    app.clock.advance(MINUTE);
    deliver(&app, &change(&app, bob, 0)).await;
    let notice = delete(&app, ann).await;
    deliver(&app, &notice).await;
    assert_eq!((sent(&app), notices(&app)), (2, 1));
    let [(next, _, due)] = &enqueued(&app)[..] else { panic!("one job is enqueued") };
    app.clock.set(*due);
    deliver(&app, next).await;
    assert_eq!((sent(&app), notices(&app)), (3, 0));
}

/// Invariant I6: no personal data is left.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_notice_that_is_always_put_off_is_removed_after_its_hour() {
    let app = app_with(AMPLE, attempts(1));
    let (ann, bob) = (account(&app, "ann").await, account(&app, "bob").await);
    let mut job = delete(&app, ann).await;
    let started = app.clock.now();
    for number in 0.. {
        deliver(&app, &change(&app, bob, number)).await;
        enqueued(&app);
        deliver(&app, &job).await;
        let Some((next, _, due)) = enqueued(&app).pop() else { break };
        assert_eq!(notices(&app), 1);
        app.clock.set(due);
        job = next;
    }
    let after = app.clock.now().since(started);
    assert!((HOUR - 2 * MINUTE..=HOUR).contains(&after), "{after:?}");
    assert_eq!(notices(&app), 0);
    let tasks = app.cx.services.state().cascade_tasks.len();
    assert!(tasks > 0, "the step of the ledger that waited for the notice is enqueued");
    let of_ann = |(_, uri, _): &(uuid::Uuid, String, String)| uri.ends_with("/ann");
    assert!(!app.cx.services.state().sent_webhooks.iter().any(of_ann));
}
