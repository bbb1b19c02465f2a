//! Two commands that meet at the worst moment: the second runs whole between the first one's reading and its writing.

use std::time::Duration;

use custodian_app::{Failure, verify};
use custodian_domain::alarm::Job;
use custodian_domain::lifecycle::Command;
use custodian_domain::{CustomerId, Secret, State, Status};
use custodian_tests::Bench;

/// What two actors may want of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    Freeze,
    Recover,
    Delete,
    Purge,
    Expire,
    Verify,
}

const WANTS: [Want; 6] = [Want::Freeze, Want::Recover, Want::Delete, Want::Purge, Want::Expire, Want::Verify];

async fn run(bench: &Bench, id: CustomerId, link: &str, want: Want) -> Result<(), Failure> {
    let command = match want {
        Want::Freeze => bench.freezing(),
        Want::Recover => Command::Recover,
        Want::Delete => Command::Delete,
        Want::Purge => return bench.fire(Job::Purge { customer_id: id, freeze: 1 }).await,
        Want::Expire => return bench.fire(Job::Expire { customer_id: id }).await,
        Want::Verify => return verify::verify(&bench.cx, &Secret::new(link)).await.map(|_| ()),
    };
    bench.change(id, command).await.map(|_| ())
}

/// An account in a state, at a time when its deadline has just come or is just ahead, and the token of its mail.
async fn prepared(status: Status, due: bool) -> (Bench, CustomerId, String) {
    let bench = Bench::default();
    let id = match status {
        Status::Initial => bench.initial("ada").await,
        _ => bench.account("ada", State::Active).await,
    };
    let mut link = "0".repeat(64);
    if status == Status::Initial {
        verify::send_verification(&bench.cx, id, bench.cause()).await.unwrap();
        let mail = bench.cx.ends.held().mails[0].text.clone();
        link = mail.split("token=").nth(1).unwrap().chars().take(64).collect();
    }
    if status == Status::Frozen {
        bench.changed(id, bench.freezing()).await;
    }
    if let Some(deadline) = bench.customer(id).await.due() {
        bench.clock.set(if due { deadline } else { deadline.minus(Duration::from_micros(1)) });
    }
    (bench, id, link)
}

/// Runs `second` whole just before `first` writes, and the clock passes the deadline in between.
async fn meet(status: Status, first: Want, second: Want) {
    let (bench, id, link) = prepared(status, false).await;
    let (other, others_link) = (bench.clone(), link.clone());
    bench.fuse.meanwhile("TransactWriteItems", move || {
        other.clock.advance(Duration::from_micros(1));
        let run = async { drop(run(&other, id, &others_link, second).await) };
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(run));
    });
    drop(run(&bench, id, &link, first).await);
    bench.fuse.mend();
    bench.tell().await.unwrap();

    let what = format!("{first:?} meets {second:?} on {status:?}");
    let row = bench.customer(id).await;
    let history = bench.history(id);
    let versions: Vec<_> = history.iter().map(|(version, _)| *version).collect();
    assert_eq!(versions, (1..=row.version).collect::<Vec<_>>(), "{what}: {history:?}");
    let now = row.status();
    assert_eq!(bench.tables.gates(&id.to_string()), vec![now.as_str(); 8], "{what}");
    let (ledger, _) = bench.tables.ledger(&id.to_string());
    assert_eq!(ledger.is_some(), now.is_gone(), "{what}: a ledger exactly when the account is gone");
    let ends = history.iter().filter(|(_, kind)| kind == "customer_deleted" || kind == "customer_expired");
    assert_eq!(ends.count(), usize::from(now.is_gone()), "{what}: {history:?}");
    let billing = bench.tables.query("billing_accounts", "customer_id", &id.to_string());
    let verified = history.iter().any(|(_, kind)| kind == "customer_verified");
    assert_eq!(
        billing.len(),
        usize::from(verified),
        "{what}: a billing account comes with verification alone"
    );
    if let Some(due) = row.due() {
        let jobs = bench.cx.ends.held().jobs.clone();
        assert!(jobs.values().any(|alarm| alarm.due == due), "{what}: {jobs:?} without {due:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_two_commands_that_meet_leave_one_legal_history() {
    for status in [Status::Initial, Status::Active, Status::Frozen] {
        for first in WANTS {
            for second in WANTS {
                meet(status, first, second).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_expiry_and_verification_exactly_one_wins() {
    // Verification has read the account in time, then expiry comes first.
    let (bench, id, link) = prepared(Status::Initial, false).await;
    let other = bench.clone();
    bench.fuse.meanwhile("TransactWriteItems", move || {
        other.clock.advance(Duration::from_micros(1));
        let expire = other.fire(Job::Expire { customer_id: id });
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(expire)).unwrap();
    });
    assert!(run(&bench, id, &link, Want::Verify).await.is_err(), "the loser is told");
    assert_eq!(bench.customer(id).await.status(), Status::Expired);

    // Verification comes first, in time; expiry has seen an account that was not verified.
    let (bench, id, link) = prepared(Status::Initial, true).await;
    let other = bench.clone();
    bench.fuse.meanwhile("TransactWriteItems", move || {
        let now = other.cx.now();
        other.clock.set(now.minus(Duration::from_micros(1)));
        let verify = run_verify(&other, &link);
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(verify)).unwrap();
        other.clock.set(now);
    });
    run(&bench, id, "", Want::Expire).await.unwrap();
    assert_eq!(bench.customer(id).await.status(), Status::Active);

    // Both at once, many times.
    for round in 0..8 {
        let (bench, id, link) = prepared(Status::Initial, round % 2 == 0).await;
        let late = async {
            bench.clock.advance(Duration::from_micros(1));
            run(&bench, id, &link, Want::Expire).await
        };
        let (verified, expired) = tokio::join!(run(&bench, id, &link, Want::Verify), late);
        expired.unwrap();
        let status = bench.customer(id).await.status();
        assert_eq!(status == Status::Active, verified.is_ok());
        assert!(matches!(status, Status::Active | Status::Expired));
    }
}

async fn run_verify(bench: &Bench, link: &str) -> Result<(), Failure> {
    verify::verify(&bench.cx, &Secret::new(link)).await.map(|_| ())
}
