//! When an export can start: one at a time, and again after a lost message, an expiry or a failure.

use std::time::Duration;

use custodian_exports::{ExportTask, start};

use crate::exports::{app_with_rows, assert_complete, run_without_time, started};

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

/// The late message of a failed export removes what it had written, and nothing of the new export.
#[tokio::test(flavor = "multi_thread")]
async fn an_export_without_progress_fails_and_a_new_one_can_start() {
    let (app, id) = started().await;
    run_without_time(&app).await.unwrap();
    let late: ExportTask = app.cx.services.state().export_tasks.remove(0);
    app.clock.advance(Duration::from_secs(6 * 3600));
    start(&app.cx, id).await.unwrap();
    app.cx.services.state().export_tasks.push(late);
    app.run_exports().await.unwrap();
    assert_complete(&app, "after a failed export");
}
