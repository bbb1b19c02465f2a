//! The `/_local/…` routes, which only the local service has.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{Router, get, post};
use custodian_app::Failure;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::{END_OF_TIME, MAX_STEP};
use crate::service::Service;

pub(crate) fn router() -> Router<Service> {
    Router::new()
        .route("/_local/health", get(async || Json(json!({ "status": "ready" }))))
        .route("/_local/mailbox", get(list_mails))
        .route("/_local/events", get(list_events))
        .route("/_local/schedules", get(list_schedules))
        .route("/_local/clock", post(advance_clock))
        .route("/_local/idle", post(wait_until_idle))
}

/// A failure of the local service itself. The response is a 503.
struct ServiceUnavailable(Failure);

impl From<Failure> for ServiceUnavailable {
    fn from(failure: Failure) -> Self {
        Self(failure)
    }
}

impl IntoResponse for ServiceUnavailable {
    fn into_response(self) -> Response {
        (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "error": self.0.to_string() }))).into_response()
    }
}

fn list_response(texts: &[String]) -> Json<Value> {
    let rows: Vec<Value> = texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
    Json(json!({ "result": rows }))
}

async fn list_mails(State(service): State<Service>) -> Result<Json<Value>, ServiceUnavailable> {
    Ok(list_response(&service.state().mails()?))
}

async fn list_events(State(service): State<Service>) -> Result<Json<Value>, ServiceUnavailable> {
    Ok(list_response(&service.state().events()?))
}

async fn list_schedules(State(service): State<Service>) -> Result<Json<Value>, ServiceUnavailable> {
    let jobs = service.state().jobs()?;
    let rows: Vec<_> = jobs
        .into_iter()
        .map(|job| json!({ "name": job.name, "due": job.due.to_rfc3339(), "target": job.target }))
        .collect();
    Ok(Json(json!({ "result": rows })))
}

#[derive(Deserialize)]
struct AdvanceClock {
    advance_seconds: u64,
}

async fn advance_clock(State(service): State<Service>, body: Bytes) -> Result<Json<Value>, Response> {
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
    let now = service.advance(step).await.map_err(|failure| ServiceUnavailable(failure).into_response())?;
    Ok(Json(json!({ "now": now.to_rfc3339() })))
}

fn invalid_argument(message: &str) -> Response {
    let error = json!({ "status": "INVALID_ARGUMENT", "reason": "INVALID_ARGUMENT", "message": message });
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response()
}

async fn wait_until_idle(State(service): State<Service>) -> Result<Json<Value>, ServiceUnavailable> {
    let now = service.idle().await?;
    Ok(Json(json!({ "now": now.to_rfc3339() })))
}
