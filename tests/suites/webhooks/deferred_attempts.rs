//! A deferred attempt is made once, even if its messages come again or the worker that defers it dies.

use custodian_domain::webhook::DeliveryStatus;
use custodian_event_sources::EventHandler;
use custodian_fn_webhook_deliver::Deliver;
use custodian_tests::Interruption;

use crate::budgets::{AMPLE, account, app_with, attempts, change, deliver, enqueued, sent, stored};

/// Invariant I10: every step can be repeated and interrupted.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_put_off_twice_has_a_name_for_each_time_and_old_messages_repeat_nothing() {
    let app = app_with(attempts(1), AMPLE);
    let ann = account(&app, "ann").await;
    let first = change(&app, ann, 1);
    let (mut jobs, mut names) = (vec![first.clone()], Vec::new());
    for round in 0..2 {
        deliver(&app, &change(&app, ann, 100 + round)).await;
        deliver(&app, &jobs[jobs.len() - 1]).await;
        assert_eq!(stored(&app, &first).await.deferrals, round + 1);
        let [(next, name, due)] = &enqueued(&app)[..] else { panic!("one job is enqueued") };
        jobs.push(next.clone());
        names.push(name.clone());
        // The message of the newest deferral comes again, as if the worker had died before it deleted the message.
        deliver(&app, &jobs[jobs.len() - 2]).await;
        let again = enqueued(&app);
        assert_eq!(
            (again.len(), &again[0].1, again[0].2),
            (1, name, *due),
            "the same job under the same name"
        );
        app.clock.set(*due);
    }
    assert_ne!(names[0], names[1]);
    deliver(&app, &first).await;
    assert!(enqueued(&app).is_empty(), "the message before the newest deferral has been followed up already");

    deliver(&app, &jobs[2]).await;
    let shown = stored(&app, &first).await;
    assert_eq!((shown.attempts, shown.deferrals, shown.status), (1, 0, DeliveryStatus::Succeeded));
    let before = sent(&app);
    for job in &jobs {
        deliver(&app, job).await;
    }
    assert_eq!((sent(&app), enqueued(&app).len()), (before, 0));
}

/// Invariant I10: every step can be repeated and interrupted.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_at_any_call_neither_loses_a_deferred_job_nor_enqueues_two() {
    for interruption in [Interruption::CrashBefore, Interruption::CrashAfter] {
        for at in 0.. {
            let app = app_with(attempts(1), AMPLE);
            let ann = account(&app, "ann").await;
            deliver(&app, &change(&app, ann, 0)).await;
            let job = change(&app, ann, 1);
            app.fault_injector.interrupt(at, interruption);
            let died = Deliver.handle(&app.cx, job.clone(), app.invocation_deadline()).await.is_err();
            let has_crashed = app.fault_injector.has_crashed();
            app.fault_injector.reset();
            if died {
                deliver(&app, &job).await;
            }
            let mut jobs = enqueued(&app);
            jobs.dedup_by(|one, other| one.1 == other.1);
            let [(next, _, due)] = &jobs[..] else { panic!("{interruption:?} at call {at}: {jobs:?}") };
            app.clock.set(*due);
            deliver(&app, next).await;
            assert_eq!(
                stored(&app, &job).await.status,
                DeliveryStatus::Succeeded,
                "{interruption:?} at {at}"
            );
            assert_eq!(sent(&app), 2, "{interruption:?} at call {at}");
            if !has_crashed {
                assert!(at > 5, "every call was interrupted");
                break;
            }
        }
    }
}
