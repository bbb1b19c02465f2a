//! Two interleaved commands: the second runs completely between the first one's read and its write.

use std::time::Duration;

use custodian_app::{Failure, verify};
use custodian_domain::Initiator;
use custodian_domain::lifecycle::Command;
use custodian_domain::scheduled_job::Job;
use custodian_domain::{CustomerId, Secret, State, Status};
use custodian_tests::TestApp;

/// The operations that can be interleaved on one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Freeze,
    Recover,
    Delete,
    Purge,
    Expire,
    Verify,
}

const OPERATIONS: [Operation; 6] = [
    Operation::Freeze,
    Operation::Recover,
    Operation::Delete,
    Operation::Purge,
    Operation::Expire,
    Operation::Verify,
];

async fn run(app: &TestApp, id: CustomerId, link: &str, operation: Operation) -> Result<(), Failure> {
    let command = match operation {
        Operation::Freeze => app.freeze_command(),
        Operation::Recover => Command::Recover(Initiator::Owner),
        Operation::Delete => Command::Delete(Initiator::Owner),
        Operation::Purge => return app.run_job(Job::Purge { customer_id: id, freeze: 1 }).await,
        Operation::Expire => return app.run_job(Job::Expire { customer_id: id }).await,
        Operation::Verify => return verify::verify(&app.cx, &Secret::new(link)).await.map(|_| ()),
    };
    app.try_change(id, command).await.map(|_| ())
}

/// An account in the given status, with the clock at its deadline or just before it, if it has one. Also the token of its mail, or
/// an unknown one.
async fn prepared(status: Status, due: bool) -> (TestApp, CustomerId, String) {
    let app = TestApp::default();
    let id = match status {
        Status::Initial => app.initial_account("ada").await,
        _ => app.create_account("ada", State::Active).await,
    };
    let mut link = "0".repeat(64);
    if status == Status::Initial {
        verify::send_verification(&app.cx, id, app.cause()).await.unwrap();
        link = app.newest_token().expose().to_owned();
    }
    if status == Status::Frozen {
        app.change(id, app.freeze_command()).await;
    }
    if let Some(deadline) = app.customer(id).await.due() {
        app.clock.set(if due { deadline } else { deadline.minus(Duration::from_micros(1)) });
    }
    (app, id, link)
}

/// Runs `second` just before `first` writes, and moves the clock to the deadline in between.
async fn interleave(status: Status, first: Operation, second: Operation) {
    let (app, id, link) = prepared(status, false).await;
    let (other, others_link) = (app.clone(), link.clone());
    let expected = app.fault_injector.before_next("TransactWriteItems", move || {
        other.clock.advance(Duration::from_micros(1));
        let run = async { drop(run(&other, id, &others_link, second).await) };
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(run));
    });
    drop(run(&app, id, &link, first).await);
    // A refused command writes nothing.
    expected.was_made();
    app.fault_injector.reset();
    app.publish().await.unwrap();

    let case = format!("{second:?} during {first:?} on {status:?}");
    let row = app.customer(id).await;
    let history = app.customer_events(id);
    let versions: Vec<_> = history.iter().map(|(version, _)| *version).collect();
    assert_eq!(versions, (1..=row.version).collect::<Vec<_>>(), "{case}: {history:?}");
    let now = row.status();
    assert_eq!(app.tables.gates(&id.to_string()), vec![now.as_str(); 8], "{case}");
    let (ledger, _) = app.tables.ledger(&id.to_string());
    assert_eq!(
        ledger.is_some(),
        now.is_terminal(),
        "{case}: a ledger exists exactly if the account is deleted or expired"
    );
    let deletions =
        history.iter().filter(|(_, kind)| kind == "customer_deleted" || kind == "customer_expired");
    assert_eq!(deletions.count(), usize::from(now.is_terminal()), "{case}: {history:?}");
    let billing = app.tables.query("billing_accounts", "customer_id", &id.to_string());
    let verified = history.iter().any(|(_, kind)| kind == "customer_verified");
    assert_eq!(billing.len(), usize::from(verified), "{case}: only verification creates a billing account");
    if let Some(due) = row.due() {
        let jobs = app.cx.services.state().jobs.clone();
        assert!(jobs.values().any(|job| job.due == due), "{case}: {jobs:?} without {due:?}");
    }
}

/// Invariant I1: one way to change status.
#[tokio::test(flavor = "multi_thread")]
async fn any_two_interleaved_commands_leave_one_legal_history() {
    for status in [Status::Initial, Status::Active, Status::Frozen] {
        for first in OPERATIONS {
            for second in OPERATIONS {
                interleave(status, first, second).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn either_expiry_or_verification_wins_and_never_both() {
    // Verification reads the account in time, then expiry commits first.
    let (app, id, link) = prepared(Status::Initial, false).await;
    let other = app.clone();
    let _expected = app.fault_injector.before_next("TransactWriteItems", move || {
        other.clock.advance(Duration::from_micros(1));
        let expire = other.run_job(Job::Expire { customer_id: id });
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(expire)).unwrap();
    });
    assert!(run(&app, id, &link, Operation::Verify).await.is_err(), "the losing command fails");
    assert_eq!(app.customer(id).await.status(), Status::Expired);

    // Verification commits first, in time. Expiry has read the unverified account.
    let (app, id, link) = prepared(Status::Initial, true).await;
    let other = app.clone();
    let _expected = app.fault_injector.before_next("TransactWriteItems", move || {
        let now = other.cx.now();
        other.clock.set(now.minus(Duration::from_micros(1)));
        let verify = run_verify(&other, &link);
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(verify)).unwrap();
        other.clock.set(now);
    });
    run(&app, id, "", Operation::Expire).await.unwrap();
    assert_eq!(app.customer(id).await.status(), Status::Active);

    // Both at the same time, several times.
    for round in 0..8 {
        let (app, id, link) = prepared(Status::Initial, round % 2 == 0).await;
        let late = async {
            app.clock.advance(Duration::from_micros(1));
            run(&app, id, &link, Operation::Expire).await
        };
        let (verified, expired) = tokio::join!(run(&app, id, &link, Operation::Verify), late);
        expired.unwrap();
        let status = app.customer(id).await.status();
        assert_eq!(status == Status::Active, verified.is_ok());
        assert!(matches!(status, Status::Active | Status::Expired));
    }
}

async fn run_verify(app: &TestApp, link: &str) -> Result<(), Failure> {
    verify::verify(&app.cx, &Secret::new(link)).await.map(|_| ())
}
