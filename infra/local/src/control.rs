//! `/_local/…`: what only the local program has.

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

use crate::clock::{END, FURTHEST};
use crate::service::Service;

pub(crate) fn router() -> Router<Service> {
    Router::new()
        .route("/_local/health", get(async || Json(json!({ "status": "ready" }))))
        .route("/_local/mailbox", get(mailbox))
        .route("/_local/events", get(events))
        .route("/_local/schedules", get(schedules))
        .route("/_local/clock", post(clock))
        .route("/_local/idle", post(idle))
}

/// A failure of the local program itself.
struct Down(Failure);

impl From<Failure> for Down {
    fn from(failure: Failure) -> Self {
        Self(failure)
    }
}

impl IntoResponse for Down {
    fn into_response(self) -> Response {
        (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "error": self.0.to_string() }))).into_response()
    }
}

fn listed(texts: Vec<String>) -> Json<Value> {
    let rows: Vec<Value> = texts.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
    Json(json!({ "result": rows }))
}

async fn mailbox(State(service): State<Service>) -> Result<Json<Value>, Down> {
    Ok(listed(service.journal().mails()?))
}

async fn events(State(service): State<Service>) -> Result<Json<Value>, Down> {
    Ok(listed(service.journal().events()?))
}

async fn schedules(State(service): State<Service>) -> Result<Json<Value>, Down> {
    let jobs = service.journal().jobs()?;
    let rows: Vec<_> = jobs
        .into_iter()
        .map(|job| json!({ "name": job.name, "due": job.due.to_rfc3339(), "target": job.target }))
        .collect();
    Ok(Json(json!({ "result": rows })))
}

#[derive(Deserialize)]
struct Advance {
    advance_seconds: u64,
}

async fn clock(State(service): State<Service>, body: Bytes) -> Result<Json<Value>, Response> {
    // By way of an object, since serde reads an array of one as well.
    let wanted = serde_json::from_slice(&body).map(Value::Object).and_then(serde_json::from_value).ok();
    let Some(by) = wanted.map(|Advance { advance_seconds }| Duration::from_secs(advance_seconds)) else {
        return Err(refused(
            "The body is {\"advance_seconds\": n} with a whole number that is not negative.",
        ));
    };
    if by > FURTHEST || service.now().plus(by) >= END {
        return Err(refused("The clock moves by a hundred years at most, and not beyond the year 9998."));
    }
    let now = service.advance(by).await.map_err(|failure| Down(failure).into_response())?;
    Ok(Json(json!({ "now": now.to_rfc3339() })))
}

fn refused(message: &str) -> Response {
    let error = json!({ "status": "INVALID_ARGUMENT", "reason": "INVALID_ARGUMENT", "message": message });
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response()
}

async fn idle(State(service): State<Service>) -> Result<Json<Value>, Down> {
    let now = service.idle().await?;
    Ok(Json(json!({ "now": now.to_rfc3339() })))
}
