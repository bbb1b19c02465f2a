//! Jobs before, at and after their time, twice, late and from an earlier life.

use std::time::Duration;

use custodian_app::{Failure, Outcome};
use custodian_domain::alarm::Job;
use custodian_domain::lifecycle::Command;
use custodian_domain::{CustomerId, Reason, Status, Timestamp};
use custodian_tests::Bench;

const MICRO: Duration = Duration::from_micros(1);
const MINUTE: Duration = Duration::from_secs(60);

async fn frozen() -> (Bench, CustomerId, Timestamp) {
    let bench = Bench::default();
    let id = bench.active("ada").await;
    let deadline = bench.changed(id, bench.freezing()).await.tm_deletion_scheduled().unwrap();
    (bench, id, deadline)
}

async fn status(bench: &Bench, id: CustomerId) -> Status {
    bench.customer(id).await.status()
}

fn refused(done: Result<Outcome, Failure>, reason: Reason) -> bool {
    done.is_err_and(|failure| failure.is(reason))
}

#[tokio::test]
async fn the_deadline_is_the_grace_period_rounded_up_to_a_whole_second() {
    let (bench, id, deadline) = frozen().await;
    let exact = bench.customer(id).await.tm_update.plus(bench.cx.settings.grace);
    assert_eq!(deadline, exact.rounded_up_to_second());
    assert_eq!(deadline.micros() % 1_000_000, 0);
    let job = bench.cx.ends.held().jobs[&format!("purge-{id}-1")];
    assert_eq!(job.due, deadline, "the job is due at the instant that callers read");
}

#[tokio::test]
async fn a_purge_acts_at_its_deadline_and_never_before() {
    let (bench, id, deadline) = frozen().await;
    let purge = Job::Purge { customer_id: id, freeze: 1 };
    bench.clock.set(deadline.minus(5 * MINUTE).minus(MICRO));
    assert!(bench.fire(purge).await.is_ok(), "far too early: dropped");
    for early in [5 * MINUTE, MINUTE, MICRO] {
        bench.clock.set(deadline.minus(early));
        assert!(bench.fire(purge).await.is_err(), "a little early: tried again");
        assert_eq!(status(&bench, id).await, Status::Frozen);
    }
    bench.clock.set(deadline);
    bench.fire(purge).await.unwrap();
    assert_eq!(status(&bench, id).await, Status::Deleted);
}

#[tokio::test]
async fn a_purge_may_come_late_and_twice() {
    let (bench, id, deadline) = frozen().await;
    let purge = Job::Purge { customer_id: id, freeze: 1 };
    bench.clock.set(deadline.plus(100 * MINUTE));
    bench.fire(purge).await.unwrap();
    bench.settle().await.unwrap();
    let after_one = bench.tables.dump();
    bench.clock.advance(MINUTE);
    bench.fire(purge).await.unwrap();
    bench.settle().await.unwrap();
    assert_eq!(bench.tables.dump(), after_one);
    let kinds: Vec<_> = bench.history(id).into_iter().map(|(_, kind)| kind).collect();
    assert_eq!(kinds, ["customer_created", "customer_frozen", "customer_deleted"]);
    assert_eq!(bench.tables.left_of(&id.to_string()), []);
}

/// Lets a job fire until it gets through, as the Scheduler and its queue do.
async fn fire_until_done(bench: &Bench, job: Job) {
    for _ in 0..200 {
        if bench.fire(job).await.is_ok() {
            return;
        }
    }
    panic!("the job never gets through");
}

#[tokio::test]
async fn bad_weather_moves_no_deadline() {
    for seed in 1..=20 {
        let (bench, id, deadline) = frozen().await;
        bench.clock.set(deadline.minus(Duration::from_secs(3600)));
        bench.fuse.weather.break_over(&bench.tables.0, seed * 7_919);
        fire_until_done(&bench, Job::Purge { customer_id: id, freeze: 1 }).await;
        bench.fuse.weather.clear_up();
        assert_eq!(status(&bench, id).await, Status::Frozen, "an hour early");
        bench.clock.set(deadline);
        bench.fuse.weather.break_over(&bench.tables.0, seed * 104_729);
        // Twice, and once for a freeze that there never was.
        for freeze in [2, 1, 1] {
            fire_until_done(&bench, Job::Purge { customer_id: id, freeze }).await;
        }
        bench.fuse.weather.clear_up();
        assert_eq!(status(&bench, id).await, Status::Deleted);
        bench.settle().await.unwrap();
        let kinds: Vec<_> = bench.history(id).into_iter().map(|(_, kind)| kind).collect();
        assert_eq!(kinds, ["customer_created", "customer_frozen", "customer_deleted"]);
    }
}

#[tokio::test]
async fn the_job_of_an_earlier_freeze_does_nothing_to_a_later_one() {
    let (bench, id, first) = frozen().await;
    bench.clock.advance(24 * 60 * MINUTE);
    bench.changed(id, Command::Recover).await;
    bench.clock.advance(24 * 60 * MINUTE);
    let second = bench.changed(id, bench.freezing()).await.tm_deletion_scheduled().unwrap();
    assert!(second > first);
    let names: Vec<_> = bench.cx.ends.held().jobs.keys().cloned().collect();
    assert_eq!(names, [format!("purge-{id}-2")], "the first job was removed");
    for now in [first, second, second.plus(MINUTE)] {
        bench.clock.set(now);
        bench.fire(Job::Purge { customer_id: id, freeze: 1 }).await.unwrap();
        assert_eq!(status(&bench, id).await, Status::Frozen, "job 1 is not the job of freeze 2");
    }
    bench.fire(Job::Purge { customer_id: id, freeze: 2 }).await.unwrap();
    assert_eq!(status(&bench, id).await, Status::Deleted);
}

#[tokio::test]
async fn whoever_recovers_again_removes_the_job_that_the_first_time_was_cut_off_before() {
    let bench = Bench::default();
    let id = bench.active("ann").await;
    bench.changed(id, bench.freezing()).await;
    let left = bench.cx.ends.held().jobs.clone();
    bench.changed(id, Command::Recover).await;
    bench.cx.ends.held().jobs.clone_from(&left);
    assert!(matches!(bench.change(id, Command::Recover).await.unwrap(), Outcome::Stayed(_)));
    assert_eq!(bench.cx.ends.held().jobs.len(), 0);

    bench.changed(id, bench.freezing()).await;
    assert!(matches!(bench.change(id, bench.freezing()).await.unwrap(), Outcome::Stayed(_)));
    assert_eq!(bench.cx.ends.held().jobs.len(), 1, "that of the state it is in stays");
}

#[tokio::test]
async fn jobs_without_their_row_or_state_find_nothing_to_do() {
    let (bench, id, deadline) = frozen().await;
    let nobody = CustomerId(uuid::Uuid::from_u128(7));
    bench.clock.set(deadline.plus(MINUTE));
    for job in [
        Job::Purge { customer_id: nobody, freeze: 1 },
        Job::Purge { customer_id: id, freeze: 2 },
        Job::Expire { customer_id: nobody },
        Job::Expire { customer_id: id },
    ] {
        bench.fire(job).await.unwrap();
        assert_eq!(status(&bench, id).await, Status::Frozen);
    }
}

#[tokio::test]
async fn an_account_comes_back_until_its_deadline_and_not_from_then_on() {
    let (bench, id, deadline) = frozen().await;
    bench.clock.set(deadline);
    assert!(refused(bench.change(id, Command::Recover).await, Reason::GracePeriodEnded));
    bench.clock.set(deadline.plus(100 * MINUTE));
    assert!(refused(bench.change(id, Command::Recover).await, Reason::GracePeriodEnded), "however late");
    bench.clock.set(deadline.minus(MICRO));
    assert_eq!(bench.changed(id, Command::Recover).await.tm_deletion_scheduled(), None);
    bench.clock.set(deadline);
    bench.fire(Job::Purge { customer_id: id, freeze: 1 }).await.unwrap();
    assert_eq!(status(&bench, id).await, Status::Active);
}

#[tokio::test]
async fn freezing_again_moves_neither_the_deadline_nor_the_job() {
    let (bench, id, deadline) = frozen().await;
    let before = (bench.tables.dump(), bench.cx.ends.held().jobs.clone());
    bench.clock.advance(24 * 60 * MINUTE);
    let again = bench.changed(id, bench.freezing()).await;
    assert_eq!(again.tm_deletion_scheduled(), Some(deadline));
    assert_eq!((bench.tables.dump(), bench.cx.ends.held().jobs.clone()), before);
}

#[tokio::test]
async fn an_unverified_account_expires_at_the_end_of_its_window_and_not_before() {
    let bench = Bench::default();
    let id = bench.initial("ada").await;
    let window_ends = bench.customer(id).await.due().unwrap();
    let expire = Job::Expire { customer_id: id };
    bench.clock.set(window_ends.minus(MICRO));
    assert!(bench.fire(expire).await.is_err());
    assert_eq!(status(&bench, id).await, Status::Initial);
    bench.clock.set(window_ends);
    bench.fire(expire).await.unwrap();
    bench.fire(expire).await.unwrap();
    bench.settle().await.unwrap();
    assert_eq!(status(&bench, id).await, Status::Expired);
    assert_eq!(bench.tables.left_of(&id.to_string()), []);
    for command in [Command::Recover, Command::Delete, bench.freezing()] {
        assert!(
            refused(bench.change(id, command).await, Reason::StateInvalid),
            "expired absorbs: {command:?}"
        );
    }
    assert!(refused(bench.change(id, Command::Verify).await, Reason::VerificationWindowEnded));
}
