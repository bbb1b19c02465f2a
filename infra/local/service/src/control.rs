//! The `/_local/…` routes, which only the local service has.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::middleware::from_fn;
use axum::response::IntoResponse;
use axum::routing::{Router, get, post};
use custodian_domain::{CustomerId, Reason};
use custodian_exports::ExportFile;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::clock::{END_OF_TIME, MAX_STEP};
use crate::page_guard::require_own_page;
use crate::refusal::LocalRefusal;
use crate::service::Service;

/// The router of all paths under `/_local/`. The API serves none of them, because its responses permit every origin.
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

fn list_response(texts: &[String]) -> Json<Value> {
    let rows: Vec<Value> = texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
    Json(json!({ "result": rows }))
}

async fn list_mails(State(service): State<Service>) -> Result<Json<Value>, LocalRefusal> {
    Ok(list_response(&service.state().mails()?))
}

async fn list_events(State(service): State<Service>) -> Result<Json<Value>, LocalRefusal> {
    Ok(list_response(&service.state().events()?))
}

/// The jobs that end accounts. A frozen account also has a job for each reminder, which this list leaves out.
async fn list_schedules(State(service): State<Service>) -> Result<Json<Value>, LocalRefusal> {
    let jobs = service.state().jobs()?;
    let rows: Vec<_> = jobs
        .into_iter()
        .filter(|job| job.target != "remind")
        .map(|job| json!({ "name": job.name, "due": job.due.to_rfc3339(), "target": job.target }))
        .collect();
    Ok(Json(json!({ "result": rows })))
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
