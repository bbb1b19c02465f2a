//! Scheduled jobs that run before, at and after their deadline, twice, or for an earlier freeze.

use std::time::Duration;

use custodian_app::{ChangeOutcome, Failure};
use custodian_domain::Initiator;
use custodian_domain::lifecycle::Command;
use custodian_domain::scheduled_job::Job;
use custodian_domain::{CustomerId, Reason, Status, Timestamp};
use custodian_tests::TestApp;

const MICRO: Duration = Duration::from_micros(1);
const MINUTE: Duration = Duration::from_secs(60);

async fn frozen_account() -> (TestApp, CustomerId, Timestamp) {
    let app = TestApp::default();
    let id = app.active_account("ada").await;
    let deadline = app.change(id, app.freeze_command()).await.tm_deletion_scheduled().unwrap();
    (app, id, deadline)
}

async fn status(app: &TestApp, id: CustomerId) -> Status {
    app.customer(id).await.status()
}

fn is_refused(result: Result<ChangeOutcome, Failure>, reason: Reason) -> bool {
    result.is_err_and(|failure| failure.is(reason))
}

#[tokio::test]
async fn the_deletion_deadline_is_the_grace_period_rounded_up_to_a_whole_second() {
    let (app, id, deadline) = frozen_account().await;
    let exact = app.customer(id).await.tm_update.plus(app.cx.settings.grace);
    assert_eq!(deadline, exact.rounded_up_to_second());
    assert_eq!(deadline.micros() % 1_000_000, 0);
    let job = app.cx.services.state().jobs[&format!("purge-{id}-1")];
    assert_eq!(job.due, deadline, "the job is due at the time that the API shows");
}

#[tokio::test]
async fn a_purge_deletes_at_its_deadline_and_never_earlier() {
    let (app, id, deadline) = frozen_account().await;
    let purge = Job::Purge { customer_id: id, freeze: 1 };
    app.clock.set(deadline.minus(5 * MINUTE).minus(MICRO));
    assert!(app.run_job(purge).await.is_ok(), "more than five minutes early: the job is dropped");
    for early in [5 * MINUTE, MINUTE, MICRO] {
        app.clock.set(deadline.minus(early));
        assert!(app.run_job(purge).await.is_err(), "up to five minutes early: the job is retried");
        assert_eq!(status(&app, id).await, Status::Frozen);
    }
    app.clock.set(deadline);
    app.run_job(purge).await.unwrap();
    assert_eq!(status(&app, id).await, Status::Deleted);
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test]
async fn a_purge_that_runs_late_or_twice_deletes_once() {
    let (app, id, deadline) = frozen_account().await;
    let purge = Job::Purge { customer_id: id, freeze: 1 };
    app.clock.set(deadline.plus(100 * MINUTE));
    app.run_job(purge).await.unwrap();
    app.run_until_idle().await.unwrap();
    let after_one = app.tables.dump();
    app.clock.advance(MINUTE);
    app.run_job(purge).await.unwrap();
    app.run_until_idle().await.unwrap();
    assert_eq!(app.tables.dump(), after_one);
    let types: Vec<_> = app.customer_events(id).into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(types, ["customer_created", "customer_frozen", "customer_deleted"]);
    assert_eq!(app.tables.remaining_rows(&id.to_string()), []);
}

/// Runs a job until it succeeds.
async fn fire_until_done(app: &TestApp, job: Job) {
    for _ in 0..200 {
        if app.run_job(job).await.is_ok() {
            return;
        }
    }
    panic!("the job never succeeds");
}

#[tokio::test]
async fn random_faults_do_not_move_a_deadline() {
    for seed in 1..=20 {
        let (app, id, deadline) = frozen_account().await;
        app.clock.set(deadline.minus(Duration::from_secs(3600)));
        app.fault_injector.random_faults.start(&app.tables.0, seed * 7_919);
        fire_until_done(&app, Job::Purge { customer_id: id, freeze: 1 }).await;
        app.fault_injector.random_faults.stop();
        assert_eq!(status(&app, id).await, Status::Frozen, "an hour early");
        app.clock.set(deadline);
        app.fault_injector.random_faults.start(&app.tables.0, seed * 104_729);
        // Twice for the current freeze, and once for a freeze that does not exist.
        for freeze in [2, 1, 1] {
            fire_until_done(&app, Job::Purge { customer_id: id, freeze }).await;
        }
        app.fault_injector.random_faults.stop();
        assert_eq!(status(&app, id).await, Status::Deleted);
        app.run_until_idle().await.unwrap();
        let types: Vec<_> = app.customer_events(id).into_iter().map(|(_, kind)| kind).collect();
        assert_eq!(types, ["customer_created", "customer_frozen", "customer_deleted"]);
    }
}

/// Invariant I2: the row decides; a job only triggers the decision.
#[tokio::test]
async fn the_job_of_an_earlier_freeze_does_not_purge_a_later_one() {
    let (app, id, first) = frozen_account().await;
    app.clock.advance(24 * 60 * MINUTE);
    app.change(id, Command::Recover(Initiator::Owner)).await;
    app.clock.advance(24 * 60 * MINUTE);
    let second = app.change(id, app.freeze_command()).await.tm_deletion_scheduled().unwrap();
    assert!(second > first);
    let names: Vec<_> = app.cx.services.state().jobs.keys().cloned().collect();
    let second_freeze = ["purge-{id}-2", "remind-{id}-2-1", "remind-{id}-2-14", "remind-{id}-2-7"];
    let second_freeze = second_freeze.map(|name| name.replace("{id}", &id.to_string()));
    assert_eq!(names, second_freeze, "the jobs of the first freeze were cancelled");
    for now in [first, second, second.plus(MINUTE)] {
        app.clock.set(now);
        app.run_job(Job::Purge { customer_id: id, freeze: 1 }).await.unwrap();
        assert_eq!(status(&app, id).await, Status::Frozen, "job 1 is not the job of freeze 2");
    }
    app.run_job(Job::Purge { customer_id: id, freeze: 2 }).await.unwrap();
    assert_eq!(status(&app, id).await, Status::Deleted);
}

#[tokio::test]
async fn repeating_a_recovery_cancels_the_job_that_an_interrupted_recovery_left() {
    let app = TestApp::default();
    let id = app.active_account("ann").await;
    app.change(id, app.freeze_command()).await;
    let interrupted = app.cx.services.state().jobs.clone();
    app.change(id, Command::Recover(Initiator::Owner)).await;
    app.cx.services.state().jobs.clone_from(&interrupted);
    assert!(matches!(
        app.try_change(id, Command::Recover(Initiator::Owner)).await.unwrap(),
        ChangeOutcome::Unchanged(_)
    ));
    assert_eq!(app.cx.services.state().jobs.len(), 0);

    app.change(id, app.freeze_command()).await;
    assert!(matches!(app.try_change(id, app.freeze_command()).await.unwrap(), ChangeOutcome::Unchanged(_)));
    assert_eq!(
        app.cx.services.state().jobs.len(),
        4,
        "the purge job and the reminders of the current state stay"
    );
}

#[tokio::test]
async fn jobs_whose_row_or_state_no_longer_matches_do_nothing() {
    let (app, id, deadline) = frozen_account().await;
    let unknown = CustomerId(uuid::Uuid::from_u128(7));
    app.clock.set(deadline.plus(MINUTE));
    for job in [
        Job::Purge { customer_id: unknown, freeze: 1 },
        Job::Purge { customer_id: id, freeze: 2 },
        Job::Expire { customer_id: unknown },
        Job::Expire { customer_id: id },
    ] {
        app.run_job(job).await.unwrap();
        assert_eq!(status(&app, id).await, Status::Frozen);
    }
}

#[tokio::test]
async fn an_account_can_be_recovered_before_its_deadline_and_not_at_or_after_it() {
    let (app, id, deadline) = frozen_account().await;
    app.clock.set(deadline);
    assert!(is_refused(
        app.try_change(id, Command::Recover(Initiator::Owner)).await,
        Reason::GracePeriodEnded
    ));
    app.clock.set(deadline.plus(100 * MINUTE));
    assert!(
        is_refused(app.try_change(id, Command::Recover(Initiator::Owner)).await, Reason::GracePeriodEnded),
        "however late"
    );
    app.clock.set(deadline.minus(MICRO));
    assert_eq!(app.change(id, Command::Recover(Initiator::Owner)).await.tm_deletion_scheduled(), None);
    app.clock.set(deadline);
    app.run_job(Job::Purge { customer_id: id, freeze: 1 }).await.unwrap();
    assert_eq!(status(&app, id).await, Status::Active);
}

#[tokio::test]
async fn freezing_a_frozen_account_changes_neither_deadline_nor_job() {
    let (app, id, deadline) = frozen_account().await;
    let before = (app.tables.dump(), app.cx.services.state().jobs.clone());
    app.clock.advance(24 * 60 * MINUTE);
    let again = app.change(id, app.freeze_command()).await;
    assert_eq!(again.tm_deletion_scheduled(), Some(deadline));
    assert_eq!((app.tables.dump(), app.cx.services.state().jobs.clone()), before);
}

/// Invariant I2: the row decides; a job only triggers the decision.
#[tokio::test]
async fn an_unverified_account_expires_at_the_end_of_its_window_and_not_before() {
    let app = TestApp::default();
    let id = app.initial_account("ada").await;
    let window_ends = app.customer(id).await.due().unwrap();
    let expire = Job::Expire { customer_id: id };
    app.clock.set(window_ends.minus(MICRO));
    assert!(app.run_job(expire).await.is_err());
    assert_eq!(status(&app, id).await, Status::Initial);
    app.clock.set(window_ends);
    app.run_job(expire).await.unwrap();
    app.run_job(expire).await.unwrap();
    app.run_until_idle().await.unwrap();
    assert_eq!(status(&app, id).await, Status::Expired);
    assert_eq!(app.tables.remaining_rows(&id.to_string()), []);
    for command in
        [Command::Recover(Initiator::Owner), Command::Delete(Initiator::Owner), app.freeze_command()]
    {
        assert!(
            is_refused(app.try_change(id, command).await, Reason::StateInvalid),
            "an expired account stays expired: {command:?}"
        );
    }
    assert!(is_refused(app.try_change(id, Command::Verify).await, Reason::VerificationWindowEnded));
}
