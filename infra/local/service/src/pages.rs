//! The pages of the local service: its index, and readable forms of the lists under `/_local/`.
//!
//! Programs get JSON from the same paths. A browser asks for `text/html`.

mod index;
mod layout;
mod lists;
mod mailbox;
mod texts;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use custodian_http::accept::accepts_html;

pub(crate) use index::index_page;
pub(crate) use lists::{events_page, schedules_page};
pub(crate) use mailbox::mailbox_page;

/// Whether a browser opens the URL as a page.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted.any(accepts_html)
}
