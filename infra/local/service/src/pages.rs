//! The pages of the local service: its index, and readable forms of the lists under `/_local/`.
//!
//! Programs get JSON from the same paths. A browser asks for `text/html`.

mod index;
mod layout;
mod lists;
mod mailbox;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use custodian_http::request::accepts_html;

pub(crate) use index::index_page;
pub(crate) use lists::{events_page, schedules_page};
pub(crate) use mailbox::mailbox_page;

/// A list shows no more than this number of entries, so that a browser stays fast. Programs get all of them.
const MAX_ENTRIES: usize = 200;

/// Whether a browser opens the URL as a page.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.any(accepts_html)
}

/// How many of the entries the page shows.
fn count_text(total: usize, noun: &str) -> String {
    match total {
        0 => format!("There are no {noun}s yet."),
        1 => format!("1 {noun}."),
        2..=MAX_ENTRIES => format!("{total} {noun}s, the newest first."),
        _ => format!("The newest {MAX_ENTRIES} of {total} {noun}s. Programs get all of them as JSON."),
    }
}
