//! The worker of exports: interrupted at every call, out of time, and overtaken by the deletion of the account.

use std::collections::BTreeMap;
use std::io::Read;
use std::time::Duration;

use custodian_app::Failure;
use custodian_cascade::verify_empty;
use custodian_domain::CustomerId;
use custodian_domain::Initiator;
use custodian_domain::lifecycle::Command;
use custodian_exports::{ExportFile, ExportTask, start};
use custodian_tests::{Interruption, TestApp};
use flate2::read::MultiGzDecoder;
use serde_json::{Value, json};
use uuid::Uuid;

/// More than one page of rows.
const TAGS: u128 = 1100;

/// The time after which no worker has a lease any more.
const LEASE: Duration = Duration::from_secs(181);

/// An app with an account of two pages of tags and some flows. Each page is a part of the export.
async fn app_with_rows() -> (TestApp, CustomerId) {
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

async fn started() -> (TestApp, CustomerId) {
    started_with_tags(TAGS).await
}

async fn started_with_tags(tags: u128) -> (TestApp, CustomerId) {
    let (app, id) = app_with_tags(tags).await;
    start(&app.cx, id).await.unwrap();
    app.fault_injector.reset();
    (app, id)
}

/// The number of lines of each kind in the only file, and whether an id occurs twice.
fn lines(app: &TestApp) -> (BTreeMap<String, usize>, bool) {
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

fn assert_complete(app: &TestApp, case: &str) {
    let (kinds, has_duplicates) = lines(app);
    assert!(!has_duplicates, "{case}: a row occurs twice");
    let count = |kind: &str| kinds.get(kind).copied().unwrap_or(0);
    let counts = ["export", "customer", "agent", "tag", "flow"].map(count);
    assert_eq!(counts, [1, 1, 2, app.tables.scan("tags").len(), 3], "{case}: {kinds:?}");
    assert!(app.cx.services.state().export_uploads.is_empty(), "{case}: an upload is left");
    let rows = app.tables.scan("exports");
    let row = rows.iter().find(|row| row.get("state").is_some()).unwrap();
    assert_eq!(row["state"]["S"], "finished", "{case}");
    assert_eq!(row["rows"]["N"], kinds.values().sum::<usize>().to_string(), "{case}");
}

/// Runs the first message of the queue as a worker without time, which stops after each part.
async fn run_without_time(app: &TestApp) -> Result<(), Failure> {
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
            // A crash after the call has two pages of tags; the others have one, which takes less time.
            let tags = if interruption == Interruption::CrashAfter { TAGS } else { 3 };
            let (app, _) = started_with_tags(tags).await;
            app.fault_injector.interrupt(at, interruption);
            let first = app.run_exports().await;
            app.fault_injector.reset();
            if first.is_err() {
                app.clock.advance(LEASE);
                app.run_exports().await.unwrap_or_else(|failure| panic!("{case}, repeated: {failure}"));
            }
            // An upload that was begun and not stored has no parts. The lifecycle rule of the bucket aborts it.
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
    app.fault_injector.before_next("UploadPart", move || {
        let work = custodian_exports::write(&second.cx, &task, second.invocation_deadline());
        let outcome = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(work));
        assert!(matches!(outcome, Err(Failure::Unavailable { what: "the export", .. })), "{outcome:?}");
    });
    app.run_exports().await.unwrap();
    assert_complete(&app, "two workers");
}

/// A worker that loses its lease, because it was paused for too long, writes nothing more.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_paused_for_too_long_stops() {
    let (app, _) = started().await;
    let task = app.cx.services.state().export_tasks[0];
    let second = app.clone();
    app.fault_injector.before_next("UploadPart", move || {
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

async fn delete_account(app: &TestApp, id: CustomerId) {
    app.change(id, Command::Delete(Initiator::Owner)).await;
    app.run_until_idle().await.unwrap();
}

fn assert_nothing_left(app: &TestApp, id: CustomerId, case: &str) {
    let state = app.cx.services.state();
    assert!(state.export_files.is_empty(), "{case}: a file is left");
    assert!(state.export_uploads.is_empty(), "{case}: an upload is left");
    assert!(app.tables.query("exports", "customer_id", &id.to_string()).is_empty(), "{case}: a row is left");
}

/// Invariant I3: no row is written after its account is deleted or expired, and no update creates a row.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_between_any_two_calls_of_the_worker_leaves_no_row_and_no_file() {
    let operations = [
        "GetItem",
        "TransactWriteItems",
        "CreateMultipartUpload",
        "Query",
        "UploadPart",
        "CompleteMultipartUpload",
    ];
    for operation in operations {
        let (app, id) = started().await;
        let deleting = app.clone();
        app.fault_injector.before_next(operation, move || {
            let deletion = delete_account(&deleting, id);
            tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(deletion));
        });
        if app.run_exports().await.is_err() {
            app.clock.advance(LEASE);
            app.run_exports().await.unwrap();
        }
        assert_nothing_left(&app, id, operation);
        let mails = app.cx.services.state().mails.clone();
        assert!(mails.iter().all(|mail| mail.subject != "Your export is ready"), "{operation}");
    }
}

/// Invariant I5: verified empty.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_removes_exports_in_every_state_with_their_files() {
    for parts in [0, 1, 3, usize::MAX] {
        let (app, id) = started().await;
        for _ in 0..parts.min(100) {
            if app.cx.services.state().export_tasks.is_empty() {
                break;
            }
            run_without_time(&app).await.unwrap();
        }
        let has_file = !app.cx.services.state().export_files.is_empty();
        assert_eq!(has_file, parts == usize::MAX);
        delete_account(&app, id).await;
        assert_nothing_left(&app, id, &format!("after {parts} parts"));
        app.run_exports().await.unwrap();
        assert_nothing_left(&app, id, &format!("after {parts} parts, and a late message"));
    }
}

/// A cascade that dies between the file and the row finds the row again, and removes the file again.
#[tokio::test(flavor = "multi_thread")]
async fn the_rows_of_exports_outlive_their_files() {
    let (app, id) = started().await;
    app.run_exports().await.unwrap();
    app.change(id, Command::Delete(Initiator::Owner)).await;
    app.publish().await.unwrap();
    let deleting = app.clone();
    let files_when_rows_go = std::sync::Arc::new(std::sync::Mutex::new(None));
    let seen = std::sync::Arc::clone(&files_when_rows_go);
    app.fault_injector.before_next("BatchWriteItem", move || {
        let rows = deleting.tables.query("exports", "customer_id", &id.to_string()).len();
        let files = deleting.cx.services.state().export_files.len();
        *seen.lock().unwrap() = Some((rows, files));
    });
    // Only the step of the exports.
    app.cx.services.state().cascade_starts.truncate(1);
    app.run_next().await.unwrap();
    app.cx.services.state().cascade_tasks.retain(|task| task.step == "exports");
    app.run_next().await.unwrap();
    app.run_next().await.unwrap();
    app.run_next().await.unwrap();
    assert_eq!(
        *files_when_rows_go.lock().unwrap(),
        Some((2, 0)),
        "rows and files before the rows are deleted"
    );
}

/// A restore of the table may have lost the rows of exports, but not their files.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_removes_files_whose_rows_are_lost() {
    let (app, id) = started().await;
    app.run_exports().await.unwrap();
    for row in app.tables.query("exports", "customer_id", &id.to_string()) {
        let key = json!({ "customer_id": row["customer_id"], "id": row["id"] });
        app.tables.call("DeleteItem", &json!({ "TableName": "custodian-exports", "Key": key }));
    }
    delete_account(&app, id).await;
    assert_nothing_left(&app, id, "without rows");
}

/// A worker completed the file while the cascade removed the others, and died.
#[tokio::test(flavor = "multi_thread")]
async fn the_verification_and_a_late_message_remove_a_file_that_survived_the_cascade() {
    let (app, id) = started().await;
    let task = app.cx.services.state().export_tasks[0];
    let file = ExportFile { customer_id: id, export_id: task.export_id };
    delete_account(&app, id).await;
    let leave_file = || {
        app.cx.services.state().export_files.insert(file, b"a survivor".to_vec());
        app.cx.services.state().export_uploads.insert((file, "an upload".to_owned()), BTreeMap::new());
    };
    leave_file();
    verify_empty(&app.cx, id).await.unwrap();
    assert_nothing_left(&app, id, "after the verification");
    leave_file();
    custodian_exports::write(&app.cx, &task, app.invocation_deadline()).await.unwrap();
    assert_nothing_left(&app, id, "after a late message");
}

/// Lambda ends a worker in the middle of a part that begins too late.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_begins_no_part_that_may_not_fit() {
    let (app, _) = started().await;
    let task = app.cx.services.state().export_tasks[0];
    let slow = app.clone();
    app.fault_injector.before_next("UploadPart", move || slow.clock.advance(Duration::from_secs(100)));
    let stop_at = app.cx.now().plus(Duration::from_secs(150));
    custodian_exports::write(&app.cx, &task, stop_at).await.unwrap();
    let rows = app.tables.scan("exports");
    let row = rows.iter().find(|row| row.get("state").is_some()).unwrap();
    assert_eq!(row["parts"]["L"].as_array().unwrap().len(), 1, "{row}");
    app.run_exports().await.unwrap();
    assert_eq!(app.cx.services.state().mails.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_requests_at_once_one_starts_an_export() {
    let (app, id) = app_with_rows().await;
    let requests = (0..16).map(|_| {
        let app = app.clone();
        tokio::spawn(async move { start(&app.cx, id).await })
    });
    let outcomes = futures::future::join_all(requests).await;
    let started = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Ok(_)))).count();
    assert_eq!(started, 1);
    app.run_exports().await.unwrap();
    assert_complete(&app, "one of many");
}

/// A request that died before it sent the message does not block the account: the next request sends the message again.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_whose_message_was_lost_is_written_after_the_next_request() {
    let (app, id) = app_with_rows().await;
    app.fault_injector.reset();
    start(&app.cx, id).await.unwrap();
    app.cx.services.state().export_tasks.clear();
    start(&app.cx, id).await.unwrap_err();
    app.run_exports().await.unwrap();
    assert_complete(&app, "a lost message");
}

/// DynamoDB deletes the rows whose time to live is over one by one, in any order.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_can_start_while_one_row_of_an_old_export_is_left() {
    // Only the row of the export has a state, and only the row that names it has the other attribute.
    for deleted in ["\"state\"", "\"export_id\""] {
        let (app, id) = started().await;
        app.run_exports().await.unwrap();
        app.clock.advance(Duration::from_secs(31 * 86_400));
        app.tables.delete_rows_with("exports", deleted);
        assert_eq!(app.tables.scan("exports").len(), 1, "{deleted}");
        start(&app.cx, id).await.unwrap();
        app.run_exports().await.unwrap();
        assert_eq!(app.cx.services.state().mails.len(), 2, "{deleted}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_without_progress_fails_and_a_new_one_can_start() {
    let (app, id) = started().await;
    run_without_time(&app).await.unwrap();
    let late: ExportTask = app.cx.services.state().export_tasks.remove(0);
    app.clock.advance(Duration::from_secs(6 * 3600));
    start(&app.cx, id).await.unwrap();
    app.cx.services.state().export_tasks.push(late);
    app.run_exports().await.unwrap();
    assert_complete_except_failed(&app);
}

/// The late message of a failed export removes what it had written.
fn assert_complete_except_failed(app: &TestApp) {
    assert!(!lines(app).1);
    assert!(app.cx.services.state().export_uploads.is_empty(), "the upload of the failed export is left");
}
