//! The deletion of an account leaves no row, no upload and no file of its exports.

use std::collections::BTreeMap;

use custodian_cascade::verify_empty;
use custodian_domain::CustomerId;
use custodian_domain::Initiator;
use custodian_domain::lifecycle::Command;
use custodian_exports::ExportFile;
use custodian_tests::TestApp;
use serde_json::json;

use crate::exports::{LEASE, run_without_time, started};

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

/// Invariant I3: no owned row is written after its account is deleted.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_between_two_calls_of_the_worker_leaves_no_row_and_no_file() {
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
        let _expected = app.fault_injector.before_next(operation, move || {
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
async fn a_deletion_removes_pending_running_and_finished_exports_with_their_files() {
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
    let _expected = app.fault_injector.before_next("BatchWriteItem", move || {
        let rows = deleting.tables.query("exports", "customer_id", &id.to_string()).len();
        let files = deleting.cx.services.state().export_files.len();
        *seen.lock().unwrap() = Some((rows, files));
    });
    // Runs only the step of the exports.
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

/// This happens if a worker completes its file while the cascade removes the account's other files, and then dies.
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
