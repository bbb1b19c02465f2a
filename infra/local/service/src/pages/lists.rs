//! Events and schedules as tables.

use axum::response::Response;
use serde_json::Value;

use super::layout::{page, paragraph, table};
use super::texts::{MAX_ENTRIES, count_text, short_time};
use crate::state::jobs::StoredJob;

/// The entries of the event bus as a page, the newest first.
pub(crate) fn events_page(events: &[String]) -> Response {
    let parsed = events.iter().take(MAX_ENTRIES).filter_map(|entry| serde_json::from_str(entry).ok());
    let rows: Vec<_> = parsed.map(|entry: Value| event_row(&entry["detail"])).collect();
    let heads = ["Time (UTC)", "Type", "Account", "Row", "Details"];
    let content = [paragraph(&count_text(events.len(), "event")), table(&heads, &rows)];
    page("Events", &content.concat())
}

fn event_row(event: &Value) -> Vec<String> {
    let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let changed: Vec<_> =
        event["changed"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let details = [("status", text("status")), ("changed", changed.join(", "))];
    let details = details.iter().filter(|(_, value)| !value.is_empty());
    let details: Vec<_> = details.map(|(name, value)| format!("{name}: {value}")).collect();
    vec![
        short_time(&text("time")),
        text("type"),
        text("customer_id"),
        text("resource_id"),
        details.join("; "),
    ]
}

/// The jobs that end accounts as a page, the earliest first.
pub(crate) fn schedules_page(jobs: &[StoredJob]) -> Response {
    let row = |job: &StoredJob| vec![short_time(&job.due.to_rfc3339()), job.target.clone(), job.name.clone()];
    let rows: Vec<_> = jobs.iter().take(MAX_ENTRIES).map(row).collect();
    let text = match jobs.len() {
        0 => "No account has a job. An account gets one when it is created and when it is frozen.".to_owned(),
        1 => "1 job.".to_owned(),
        2..=MAX_ENTRIES => format!("{} jobs, the earliest first.", jobs.len()),
        more => format!("The earliest {MAX_ENTRIES} of {more} jobs. Programs get all of them as JSON."),
    };
    let content = [paragraph(&text), table(&["Due (UTC)", "What it does", "Name"], &rows)];
    page("Schedules", &content.concat())
}
