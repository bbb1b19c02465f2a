//! The index of the local service.

use std::time::Duration;

use axum::response::Response;
use custodian_app::mail::escape_html;
use custodian_app::{Clock, Failure};
use custodian_runtime::SystemClock;

use super::layout::{facts, page, paragraph};
use crate::service::Service;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// `GET /`: what there is and where, and the state of the clock.
pub(crate) fn index_page(service: &Service) -> Result<Response, Failure> {
    let (state, base) = (service.state(), format!("http://127.0.0.1:{}", service.port()));
    let jobs = state.purges_and_expiries()?;
    let link = |path: &str, name: &str, what: &str| {
        format!("<li><a href=\"{path}\">{name}</a> – {}</li>", escape_html(what))
    };
    let links = [
        link(
            "/_local/mailbox",
            "Mails",
            &format!("{} in the mailbox; none leaves this computer", state.mail_count()?),
        ),
        link("/_local/events", "Events", &format!("{} on the event bus", state.event_count()?)),
        link("/_local/schedules", "Schedules", &format!("{} pending jobs", jobs.len())),
        link("/docs", "API reference", "every route, with its fields, examples and errors"),
        link("/account", "Account page", "sign up, sign in, manage and close an account"),
        link("/console", "Console", "for platform admins"),
    ];
    let next = jobs.first();
    let clock = facts(&[
        ("Now", service.now().to_readable()),
        ("Ahead of this computer", ahead_text(service)),
        (
            "Next job",
            next.map_or("none".to_owned(), |job| format!("{}, {}", job.name, job.due.to_readable())),
        ),
    ]);
    let command = format!(
        "curl -X POST {base}/_local/clock -H 'Content-Type: application/json' -d '{{\"advance_seconds\": 86400}}'"
    );
    let content = [
        paragraph(&format!(
            "The whole product runs on this computer, for you alone. Send requests to {base} with curl or your program."
        )),
        format!("<ul>{}</ul>", links.concat()),
        "<h2>Clock</h2>".to_owned(),
        clock,
        paragraph("To move the clock forward by a day, and run every job that is due until then:"),
        format!("<pre class=\"command\">{}</pre>", escape_html(&command)),
        "<h2>Data</h2>".to_owned(),
        facts(&[("Stored", service.data_text())]),
    ];
    Ok(page("Custodian on this computer", &content.concat()))
}

/// By how much the clock was moved, in days, hours, minutes or seconds.
fn ahead_text(service: &Service) -> String {
    // To the nearest second, because the service's clock follows the system's only to some microseconds.
    let seconds = service.now().plus(Duration::from_millis(500)).since(SystemClock.now()).as_secs();
    match seconds {
        0 => "not at all: nobody has moved the clock".to_owned(),
        1..MINUTE => format!("{seconds} s"),
        MINUTE..HOUR => format!("{} min {} s", seconds / MINUTE, seconds % MINUTE),
        HOUR..DAY => format!("{} h {} min", seconds / HOUR, seconds % HOUR / MINUTE),
        _ => format!("{} d {} h", seconds / DAY, seconds % DAY / HOUR),
    }
}
