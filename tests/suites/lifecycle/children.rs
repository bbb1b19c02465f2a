//! A row that is written while its account closes: it is there before, or it is not there at all.

use custodian_app::resources;
use custodian_domain::kinds::{TAGS, routed};
use custodian_domain::lifecycle::Command;
use custodian_domain::{CustomerId, Reason, Resource};
use custodian_tests::Bench;
use serde_json::Map;

use crate::writes::{Write, create, of_kind, of_others, verified};

/// What closes the account between the admission of a request and its write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    Freeze,
    Delete,
    /// So long ago that the cascade has been there.
    Gone,
}

async fn close(bench: &Bench, id: CustomerId, closing: Closing) {
    let command = if closing == Closing::Freeze { bench.freezing() } else { Command::Delete };
    bench.changed(id, command).await;
    if closing == Closing::Gone {
        bench.settle().await.unwrap();
    }
}

/// Lets the account close just before the next transaction.
fn meanwhile(bench: &Bench, id: CustomerId, closing: Closing) {
    let other = bench.clone();
    bench.fuse.meanwhile("TransactWriteItems", move || {
        let closed = close(&other, id, closing);
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(closed));
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_any_kind_is_written_after_its_account_was_frozen() {
    let bench = Bench::default();
    let id = verified(&bench).await;
    let mut writes = of_others(&bench, id).await;
    for kind in routed() {
        writes.extend(of_kind(&bench, id, kind).await);
    }
    let rows = || {
        let mut rows = bench.tables.dump();
        // The account itself was frozen and comes back each time.
        rows.retain(|table, _| !["customers", "usage"].contains(&table.as_str()));
        rows
    };
    let counters = || {
        let rows = bench.tables.query("usage", "customer_id", &id.to_string());
        rows.into_iter().filter(|row| row.get("n").is_some()).collect::<Vec<_>>()
    };
    let before = (rows(), counters());
    for Write { what, doing } in writes {
        meanwhile(&bench, id, Closing::Freeze);
        let failure = doing.await.expect_err(&what);
        // Who changes plans is no agent of the account, and is told of its state.
        let plan = what == "change the plan";
        let wanted = if plan { Reason::StateInvalid } else { Reason::AccountFrozen };
        assert!(failure.is(wanted), "{what}: {failure}");
        assert_eq!((rows(), counters()), before, "{what}");
        bench.changed(id, Command::Recover).await;
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Create,
    Update,
    Delete,
}

#[tokio::test(flavor = "multi_thread")]
async fn no_row_is_written_after_its_account_has_gone() {
    for closing in [Closing::Delete, Closing::Gone] {
        for step in [Step::Create, Step::Update, Step::Delete] {
            let bench = Bench::default();
            let id = bench.active("ada").await;
            let row = create(&bench, id, &TAGS).await.unwrap();
            meanwhile(&bench, id, closing);
            let done = match step {
                Step::Create => create(&bench, id, &TAGS).await,
                Step::Update => {
                    let next = |row: &Resource, now| Ok(Some(row.changed(Map::new(), now)));
                    resources::update(&bench.cx, &TAGS, row, next).await
                }
                Step::Delete => resources::delete(&bench.cx, &TAGS, row).await,
            };
            let what = format!("{step:?} meets {closing:?}");
            let failure = done.expect_err(&what);
            assert!(failure.is(Reason::InvalidCredentials), "{what}: {failure}");
            let rows = bench.tables.query("tags", "customer_id", &id.to_string());
            assert_eq!(rows.len(), usize::from(closing != Closing::Gone), "{what}: {rows:?}");
            assert!(rows.iter().all(|row| row["version"]["N"] == "1"), "{what}: {rows:?}");
            if closing == Closing::Gone {
                assert_eq!(bench.tables.left_of(&id.to_string()), [], "{what}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_freeze_that_is_taken_back_in_between_disturbs_nobody() {
    let bench = Bench::default();
    let id = bench.active("ada").await;
    let other = bench.clone();
    bench.fuse.meanwhile("TransactWriteItems", move || {
        let flicker = async {
            close(&other, id, Closing::Freeze).await;
            other.changed(id, Command::Recover).await;
        };
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(flicker));
    });
    create(&bench, id, &TAGS).await.unwrap();
    assert_eq!(bench.tables.query("tags", "customer_id", &id.to_string()).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_mail_is_not_kept_for_an_account_that_has_closed() {
    let bench = Bench::default();
    let id = bench.initial("ada").await;
    let other = bench.clone();
    bench.fuse.meanwhile("TransactWriteItems", move || {
        let closed = close(&other, id, Closing::Gone);
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(closed));
    });
    custodian_app::verify::send_verification(&bench.cx, id, bench.cause()).await.unwrap();
    assert!(bench.cx.ends.held().mails.is_empty(), "no mail to somebody who is gone");
    assert_eq!(bench.tables.scan("tokens").len(), 0);
}
