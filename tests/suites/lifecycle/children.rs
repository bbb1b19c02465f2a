//! A row that is written while its account closes: it is there before, or it is not there at all.

use custodian_app::{Failure, resources};
use custodian_domain::kinds::TAGS;
use custodian_domain::lifecycle::Command;
use custodian_domain::resource::ResourcePatch;
use custodian_domain::{CustomerId, Reason, Resource};
use custodian_tests::Bench;
use serde_json::json;

/// What closes the account between the admission of a request and its write.
#[derive(Clone, Copy, Debug)]
enum Closing {
    Freeze,
    Delete,
    /// So long ago that the cascade has been there.
    Gone,
}

async fn close(bench: &Bench, id: CustomerId, closing: Closing) {
    let command = if matches!(closing, Closing::Freeze) { bench.freezing() } else { Command::Delete };
    bench.changed(id, command).await;
    if matches!(closing, Closing::Gone) {
        bench.settle().await.unwrap();
    }
}

fn patch(name: &str) -> ResourcePatch {
    ResourcePatch::creating(&TAGS, json!({ "name": name }).as_object().unwrap()).unwrap()
}

async fn create(bench: &Bench, id: CustomerId) -> Result<Resource, Failure> {
    resources::create(&bench.cx, &TAGS, id, patch("late")).await
}

#[derive(Clone, Copy, Debug)]
enum Write {
    Create,
    Update,
    Delete,
}

#[tokio::test(flavor = "multi_thread")]
async fn no_row_is_written_after_its_account_has_closed() {
    for closing in [Closing::Freeze, Closing::Delete, Closing::Gone] {
        for write in [Write::Create, Write::Update, Write::Delete] {
            let bench = Bench::default();
            let id = bench.active("ada").await;
            let row = create(&bench, id).await.unwrap();
            let other = bench.clone();
            bench.fuse.meanwhile("TransactWriteItems", move || {
                let closed = close(&other, id, closing);
                tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(closed));
            });
            let done = match write {
                Write::Create => create(&bench, id).await,
                Write::Update => {
                    let next = |row: &Resource, now| Ok(Some(patch("late").apply(row, now)));
                    resources::update(&bench.cx, &TAGS, row, next).await
                }
                Write::Delete => resources::delete(&bench.cx, &TAGS, row).await,
            };
            let what = format!("{write:?} meets {closing:?}");
            let failure = done.expect_err(&what);
            let wanted = match closing {
                Closing::Freeze => Reason::AccountFrozen,
                Closing::Delete | Closing::Gone => Reason::InvalidCredentials,
            };
            assert!(failure.is(wanted), "{what}: {failure}");
            let rows = bench.tables.query("tags", "customer_id", &id.to_string());
            assert_eq!(rows.len(), usize::from(!matches!(closing, Closing::Gone)), "{what}: {rows:?}");
            assert!(rows.iter().all(|row| row["version"]["N"] == "1"), "{what}: {rows:?}");
            if matches!(closing, Closing::Gone) {
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
    create(&bench, id).await.unwrap();
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
    custodian_app::verify::send_verification(&bench.cx, id).await.unwrap();
    assert!(bench.cx.ends.held().mails.is_empty(), "no mail to somebody who is gone");
    assert_eq!(bench.tables.scan("tokens").len(), 0);
}
