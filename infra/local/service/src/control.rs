//! The `/_local/…` routes, which only the local service has.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, VARY};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{Router, get, post};
use custodian_domain::{CustomerId, Reason};
use custodian_exports::ExportFile;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::clock::{END_OF_TIME, MAX_STEP};
use crate::page_guard::require_own_page;
use crate::pages::{events_page, mailbox_page, schedules_page, wants_page};
use crate::refusal::LocalRefusal;
use crate::service::Service;
use crate::state::jobs::StoredJob;

/// The router of all paths under `/_local/`. None of them falls through to the API, whose responses permit every origin.
pub(crate) fn router() -> Router<Service> {
    Router::new()
        .route("/health", get(async || Json(json!({ "status": "ready" }))))
        .route("/mailbox", get(list_mails))
        .route("/events", get(list_events))
        .route("/schedules", get(list_schedules))
        .route("/clock", post(advance_clock))
        .route("/idle", post(wait_until_idle))
        .route("/exports/{customer}/{id}/{expires}/{signature}", get(download_export))
        .fallback(route_not_found)
        .method_not_allowed_fallback(route_not_found)
        .layer(from_fn(require_own_page))
}

async fn route_not_found() -> LocalRefusal {
    Reason::RouteNotFound.into()
}

fn list_response(texts: &[String]) -> Response {
    let rows: Vec<Value> = texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
    ([(VARY, "accept")], Json(json!({ "result": rows }))).into_response()
}

async fn list_mails(State(service): State<Service>, headers: HeaderMap) -> Result<Response, LocalRefusal> {
    let mails = service.state().mails()?;
    Ok(if wants_page(&headers) { mailbox_page(&mails) } else { list_response(&mails) })
}

async fn list_events(State(service): State<Service>, headers: HeaderMap) -> Result<Response, LocalRefusal> {
    let events = service.state().events()?;
    Ok(if wants_page(&headers) { events_page(&events) } else { list_response(&events) })
}

async fn list_schedules(
    State(service): State<Service>,
    headers: HeaderMap,
) -> Result<Response, LocalRefusal> {
    let jobs = service.state().purges_and_expiries()?;
    if wants_page(&headers) {
        return Ok(schedules_page(&jobs));
    }
    let row =
        |job: &StoredJob| json!({ "name": job.name, "due": job.due.to_rfc3339(), "target": job.target });
    let rows: Vec<_> = jobs.iter().map(row).collect();
    Ok(([(VARY, "accept")], Json(json!({ "result": rows }))).into_response())
}

#[derive(Deserialize)]
struct AdvanceClock {
    advance_seconds: u64,
}

async fn advance_clock(State(service): State<Service>, body: Bytes) -> Result<Json<Value>, LocalRefusal> {
    // Parse an object first: serde would also deserialise the struct from an array.
    let request = serde_json::from_slice(&body).map(Value::Object).and_then(serde_json::from_value).ok();
    let Some(AdvanceClock { advance_seconds }) = request else {
        return Err(invalid_argument(
            "The body must be {\"advance_seconds\": n}, where n is a whole number and not negative.",
        ));
    };
    let step = Duration::from_secs(advance_seconds);
    if step > MAX_STEP || service.now().plus(step) >= END_OF_TIME {
        return Err(invalid_argument(
            "One request moves the clock by at most 100 years. The clock cannot pass the year 9998.",
        ));
    }
    let now = service.advance(step).await?;
    Ok(Json(json!({ "now": now.to_rfc3339() })))
}

/// The file of an export, for a link that the API has made.
async fn download_export(
    State(service): State<Service>,
    Path((customer, id, expires, signature)): Path<(Uuid, Uuid, i64, String)>,
) -> Result<impl IntoResponse, LocalRefusal> {
    let file = ExportFile { customer_id: CustomerId(customer), export_id: id };
    let bytes = service.linked_file(file, expires, &signature)?;
    let bytes = bytes.ok_or(Reason::RouteNotFound)?;
    let headers = [
        (CONTENT_TYPE, "application/gzip".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name())),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, bytes))
}

fn invalid_argument(message: &'static str) -> LocalRefusal {
    LocalRefusal::new(Reason::InvalidArgument, message)
}

async fn wait_until_idle(State(service): State<Service>) -> Result<Json<Value>, LocalRefusal> {
    let now = service.idle().await?;
    Ok(Json(json!({ "now": now.to_rfc3339() })))
}
