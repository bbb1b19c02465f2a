//! The calls of a restore run.

use custodian_app::Failure;
use custodian_app::platform::set_up;
use custodian_app::request_conditions::{IdempotencyLease, RequestConditions, with_conditions};
use custodian_cascade::restore::RestoreRequest;
use custodian_domain::{CustomerId, Reason, Secret, Timestamp};
use custodian_event_sources::EventHandler;
use custodian_fn_reconcile::{Reconcile, ReconcileRequest};
use custodian_tests::{Client, PASSWORD, Tables, TestApp};
use serde_json::{Value, json};

/// The platform, without accounts besides its own.
pub(crate) async fn new_app() -> TestApp {
    set_up_platform(TestApp::default()).await
}

pub(crate) async fn set_up_platform(app: TestApp) -> TestApp {
    set_up(&app.cx, "admin@localhost".to_owned(), Secret::new(PASSWORD)).await.unwrap();
    app
}

pub(crate) async fn call(
    app: &TestApp,
    restore: RestoreRequest,
    stop_at: Timestamp,
) -> Result<Value, Failure> {
    let request = ReconcileRequest { restore: Some(restore), ..ReconcileRequest::default() };
    Reconcile.respond(&app.cx, request, stop_at).await
}

pub(crate) fn request(table: &str) -> RestoreRequest {
    RestoreRequest { table: table.to_owned(), start: None, purge_without_owner: false }
}

/// A call without a time limit, which handles everything.
pub(crate) async fn whole_run(app: &TestApp, request: RestoreRequest) -> Value {
    let report = call(app, request, app.invocation_deadline()).await.unwrap();
    assert_eq!(report["next"], Value::Null);
    report
}

/// The reports of calls that handle one page each.
pub(crate) async fn page_by_page(app: &TestApp, mut request: RestoreRequest) -> Vec<Value> {
    let mut reports = Vec::new();
    loop {
        let report = call(app, request.clone(), app.cx.now()).await.unwrap();
        let next = report["next"].as_str().map(str::to_owned);
        reports.push(report);
        if next.is_none() {
            return reports;
        }
        assert_ne!(next, request.start, "the run makes progress");
        request.start = next;
    }
}

/// The conflicts of some calls, each as its row and its problem.
pub(crate) fn conflicts(reports: &[Value]) -> Vec<(String, String)> {
    let all = reports.iter().flat_map(|report| report["conflicts"].as_array().unwrap());
    let text = |conflict: &Value, name: &str| conflict[name].as_str().unwrap().to_owned();
    all.map(|conflict| (text(conflict, "id"), text(conflict, "problem"))).collect()
}

pub(crate) fn sum(reports: &[Value], counter: &str) -> u64 {
    reports.iter().map(|report| report[counter].as_u64().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_refuses_unknown_tables_and_cursors() {
    let client = Client::start().await;
    let platform = client.platform_admin().await;
    for body in [
        json!({}),
        json!({ "table": "throttle" }),
        json!({ "table": "tags", "start": "flows.." }),
        json!({ "table": "tags", "start": "rows:tags.AAAA" }),
        json!({ "table": "tags", "start": "rows:flows." }),
        // A cursor of an earlier release, which named a scan by its number: in its plan, scan 0 released unused names.
        json!({ "table": "numbers", "start": "0." }),
        json!({ "table": "tags", "purge_without_owner": "yes" }),
    ] {
        let refused = platform.post("/v1.0/platform/restore", body).await;
        assert_eq!(refused.refusal(), (400, "INVALID_ARGUMENT".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_continues_where_the_last_call_stopped() {
    let app = new_app().await;
    let unknown = json!({ "S": "01a22479-54c6-733f-885e-64f32c0db3b2" });
    let orphan = |n: usize| json!({ "customer_id": unknown, "id": { "S": format!("{n:08}") } });
    app.tables.insert("flows", &(0..120).map(orphan).collect::<Vec<_>>());
    let frozen = app.active_account("frozen").await;
    app.change(frozen, app.freeze_command()).await;
    app.cx.services.state().jobs.clear();
    let reports = page_by_page(&app, RestoreRequest { purge_without_owner: true, ..request("all") }).await;
    let next = reports.iter().filter_map(|report| report["next"].as_str());
    let within = next.filter(|next| next.starts_with("rows:flows.") && *next != "rows:flows.");
    assert_eq!(within.count(), 2, "the 120 flows are three pages");
    assert_eq!((sum(&reports, "purged"), app.tables.scan("flows").len()), (120, 0));
    assert_eq!(app.cx.services.state().jobs.len(), 4, "the deadline and three reminders are scheduled again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_refuses_to_start_without_the_platforms_account() {
    let app = TestApp::default();
    let id = app.active_account("alone").await;
    let refused = call(&app, request("all"), app.invocation_deadline()).await;
    assert_eq!(refused.unwrap_err().reason(), Reason::ServiceUnavailable);
    assert!(!app.tables.remaining_rows(&id.to_string()).is_empty());
}

/// An account that was opened before the release with a new kind has no counter of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_usage_adds_the_counter_of_a_kind_that_an_account_lacks() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    Tables(client.engine().clone()).delete_rows_with("usage", "count#numbers");
    let number = json!({ "number": "+15551234567" });
    let refused = ann.post("/v1.0/numbers", number.clone()).await.refusal();
    assert_eq!(refused, (429, "RESOURCE_LIMIT_EXCEEDED".to_owned()));
    let platform = client.platform_admin().await;
    let report = platform.post("/v1.0/platform/restore", json!({ "table": "usage" })).await.ok();
    assert_eq!((&report["repaired"], &report["next"]), (&json!(2), &Value::Null), "ann's and the platform's");
    ann.post("/v1.0/numbers", number).await.ok();
}

/// If a repair marked the request's record as done, a retry after a failure would be refused.
#[tokio::test(flavor = "multi_thread")]
async fn a_repair_is_not_the_effect_of_a_request_with_an_idempotency_key() {
    let app = new_app().await;
    let id = app.active_account("keyed").await;
    app.tables.delete_rows_with("usage", &id.to_string());
    // A transaction that marks this record fails, because the record does not exist.
    let lease = IdempotencyLease { customer_id: CustomerId(id.0), key: "k".into(), lease_id: "l".into() };
    let conditions = RequestConditions { if_match: false, idempotency_lease: Some(lease) };
    let report = with_conditions(conditions, whole_run(&app, request("usage"))).await;
    assert_eq!(report["repaired"], 1);
}
