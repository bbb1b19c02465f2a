//! The worker of exports: interrupted at every call, out of time, and together with a second worker.

use std::collections::BTreeMap;
use std::io::Read;
use std::time::Duration;

use custodian_app::Failure;
use custodian_domain::CustomerId;
use custodian_exports::start;
use custodian_tests::{Interruption, TestApp};
use flate2::read::MultiGzDecoder;
use serde_json::{Value, json};
use uuid::Uuid;

/// More than one page of rows.
const TAGS: u128 = 1100;

/// The time after which no worker has a lease any more.
pub(crate) const LEASE: Duration = Duration::from_secs(181);

/// An app with an account of two pages of tags and some flows. Each page is a part of the export.
pub(crate) async fn app_with_rows() -> (TestApp, CustomerId) {
    app_with_tags(TAGS).await
}

async fn app_with_tags(tags: u128) -> (TestApp, CustomerId) {
    let mut app = TestApp::default();
    let cx = std::sync::Arc::get_mut(&mut app.cx).unwrap();
    cx.settings.export_part_bytes = 1;
    let id = app.active_account("ada").await;
    let row = |number: u128| {
        json!({
            "customer_id": { "S": id.to_string() }, "id": { "S": Uuid::from_u128(number).to_string() },
            "version": { "N": "1" }, "tm_create": { "N": "1" }, "tm_update": { "N": "1" },
            "name": { "S": format!("row {number}") }, "detail": { "S": "" },
        })
    };
    app.tables.insert("tags", &(1..=tags).map(row).collect::<Vec<_>>());
    app.tables.insert("flows", &(1..=3).map(row).collect::<Vec<_>>());
    app.publish().await.unwrap();
    (app, id)
}

pub(crate) async fn started() -> (TestApp, CustomerId) {
    started_with_tags(TAGS).await
}

async fn started_with_tags(tags: u128) -> (TestApp, CustomerId) {
    let (app, id) = app_with_tags(tags).await;
    start(&app.cx, id).await.unwrap();
    app.fault_injector.reset();
    (app, id)
}

/// The number of lines of each kind in the only file, and whether an id occurs twice.
pub(crate) fn lines(app: &TestApp) -> (BTreeMap<String, usize>, bool) {
    let files = app.cx.services.state().export_files.clone();
    assert_eq!(files.len(), 1);
    let mut text = String::new();
    let bytes = files.values().next().unwrap().as_slice();
    MultiGzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    let (mut kinds, mut ids) = (BTreeMap::new(), Vec::new());
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let kind = line["kind"].as_str().unwrap().to_owned();
        ids.push(format!("{kind} {}", line["data"]["id"]));
        *kinds.entry(kind).or_default() += 1;
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    (kinds, ids.len() < count)
}

pub(crate) fn assert_complete(app: &TestApp, case: &str) {
    let (kinds, has_duplicates) = lines(app);
    assert!(!has_duplicates, "{case}: a row occurs twice");
    let count = |kind: &str| kinds.get(kind).copied().unwrap_or(0);
    let counts = ["export", "customer", "agent", "tag", "flow"].map(count);
    assert_eq!(counts, [1, 1, 2, app.tables.scan("tags").len(), 3], "{case}: {kinds:?}");
    assert!(app.cx.services.state().export_uploads.is_empty(), "{case}: an upload is left");
    let rows = app.tables.scan("exports");
    let row = rows.iter().find(|row| row["state"]["S"] == "finished");
    let row = row.unwrap_or_else(|| panic!("{case}: no export is finished: {rows:?}"));
    assert_eq!(row["rows"]["N"], kinds.values().sum::<usize>().to_string(), "{case}");
}

/// Runs the first message of the queue as a worker without time, which stops after each part.
pub(crate) async fn run_without_time(app: &TestApp) -> Result<(), Failure> {
    let task = app.cx.services.state().export_tasks.first().copied().unwrap();
    custodian_exports::write(&app.cx, &task, app.cx.now()).await?;
    app.cx.services.state().export_tasks.remove(0);
    Ok(())
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_at_any_call_leaves_an_export_with_every_row_once() {
    let (uninterrupted, _) = started().await;
    uninterrupted.run_exports().await.unwrap();
    assert_complete(&uninterrupted, "uninterrupted");
    assert_eq!(uninterrupted.cx.services.state().mails.len(), 1);
    let calls = uninterrupted.fault_injector.calls();
    assert!(calls > 25, "{calls}");
    for at in 0..calls {
        for interruption in Interruption::ALL {
            let case = format!("{interruption:?} at call {at} of {calls}");
            // Only a crash after the call runs with two pages of tags. The other interruptions have one page, which takes less time
            // and fewer calls, so the last values of `at` interrupt nothing.
            let tags = if interruption == Interruption::CrashAfter { TAGS } else { 3 };
            let (app, _) = started_with_tags(tags).await;
            app.fault_injector.interrupt(at, interruption);
            let first = app.run_exports().await;
            app.fault_injector.reset();
            if first.is_err() {
                app.clock.advance(LEASE);
                app.run_exports().await.unwrap_or_else(|failure| panic!("{case}, repeated: {failure}"));
            }
            // An upload whose id was not stored before the crash has no parts. The lifecycle rule of the bucket aborts it.
            app.cx.services.state().export_uploads.retain(|_, parts| !parts.is_empty());
            assert_complete(&app, &case);
            let mails = app.cx.services.state().mails.len();
            // The outcome of the sending is unknown after a lost response.
            assert!(mails == 1 || (first.is_err() && mails == 2), "{case}: {mails} mails");
        }
    }
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_out_of_time_leaves_the_rest_to_the_next_one() {
    let (app, _) = started().await;
    let mut hops = 0;
    while !app.cx.services.state().export_tasks.is_empty() {
        run_without_time(&app).await.unwrap();
        hops += 1;
    }
    assert!(hops > 5, "{hops}");
    assert_complete(&app, "out of time");
    assert_eq!(app.cx.services.state().mails.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_worker_waits_for_the_lease_of_the_first() {
    let (app, _) = started().await;
    let task = app.cx.services.state().export_tasks[0];
    let second = app.clone();
    let _expected = app.fault_injector.before_next("UploadPart", move || {
        let work = custodian_exports::write(&second.cx, &task, second.invocation_deadline());
        let outcome = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(work));
        assert!(matches!(outcome, Err(Failure::Unavailable { what: "the export", .. })), "{outcome:?}");
    });
    app.run_exports().await.unwrap();
    assert_complete(&app, "two workers");

    // Both workers read the export before one takes the lease. The message of the other must come again, since the first may die.
    let (app, _) = started().await;
    let task = app.cx.services.state().export_tasks[0];
    let first = app.clone();
    let _expected = app.fault_injector.before_next("TransactWriteItems", move || {
        let work = custodian_exports::write(&first.cx, &task, first.invocation_deadline());
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(work)).unwrap();
    });
    let refused = app.run_exports().await.unwrap_err();
    assert!(matches!(refused, Failure::Unavailable { what: "the export", .. }), "{refused}");
    app.run_exports().await.unwrap();
    assert_complete(&app, "two readers");
    assert_eq!(app.cx.services.state().mails.len(), 1);
}

/// A worker that loses its lease, because it was paused for too long, writes nothing more.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_paused_for_too_long_stops() {
    let (app, _) = started().await;
    let task = app.cx.services.state().export_tasks[0];
    let second = app.clone();
    let _expected = app.fault_injector.before_next("UploadPart", move || {
        second.clock.advance(LEASE);
        let work = custodian_exports::write(&second.cx, &task, second.invocation_deadline());
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(work)).unwrap();
    });
    // The upload is complete, so the part of the first worker is refused, and its message comes again.
    app.run_exports().await.unwrap_err();
    app.run_exports().await.unwrap();
    assert_complete(&app, "a paused worker");
    assert_eq!(app.cx.services.state().mails.len(), 1);
}

/// Lambda ends a worker in the middle of a part that begins too late.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_begins_no_part_that_may_not_fit() {
    let (app, _) = started().await;
    let task = app.cx.services.state().export_tasks[0];
    let slow = app.clone();
    let _expected =
        app.fault_injector.before_next("UploadPart", move || slow.clock.advance(Duration::from_secs(100)));
    let stop_at = app.cx.now().plus(Duration::from_secs(150));
    custodian_exports::write(&app.cx, &task, stop_at).await.unwrap();
    let rows = app.tables.scan("exports");
    let row = rows.iter().find(|row| row.get("state").is_some()).unwrap();
    assert_eq!(row["parts"]["L"].as_array().unwrap().len(), 1, "{row}");
    app.run_exports().await.unwrap();
    assert_eq!(app.cx.services.state().mails.len(), 1);
}
