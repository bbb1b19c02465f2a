//! The page that shows how far the deletion of an account is.

use custodian_app::context::Brand;
use custodian_domain::{DeletionProgress, DeletionState, TableProgress, Timestamp};
use http::StatusCode;

use super::html::Content;
use super::paths::DELETION;
use crate::response::Response;

/// The page of a deletion. The token must be well formed.
pub fn page(brand: &Brand, token: &str, progress: &DeletionProgress, now: Timestamp) -> Response {
    let (title, what) = texts(progress);
    let dates = [
        ("Requested", progress.tm_requested),
        ("Due", progress.tm_due),
        ("Started", progress.tm_started),
        ("Everything deleted", progress.tm_finished),
        ("Verified again", progress.tm_confirmed),
        ("Expected end", progress.tm_estimated.filter(|_| progress.state == DeletionState::Deleting)),
    ];
    let dates: Vec<(&str, String)> = dates
        .into_iter()
        .filter_map(|(name, time)| Some((name, time.map(Timestamp::to_readable)?)))
        .collect();
    let dates: Vec<(&str, &str)> = dates.iter().map(|(name, time)| (*name, &**time)).collect();
    let content = Content::result(StatusCode::OK, &what).facts(&dates).push(&table(&progress.tables));
    let content = match progress.receipt {
        Some(_) => content
            .push("<h2>Receipt</h2>")
            .paragraph(
                "The receipt proves the deletion. It is signed, and anybody can verify it with our published keys. It \
                 has no personal data.",
            )
            .link(&format!("{DELETION}?token={token}&format=receipt"), "Save the receipt"),
        None => content,
    };
    let content = match progress.poll_after(now).filter(|_| progress.state == DeletionState::Deleting) {
        Some(seconds) => content.reloading(seconds),
        None => content,
    };
    content.page(brand, StatusCode::OK, title)
}

/// The heading, and the meaning of the state.
fn texts(progress: &DeletionProgress) -> (&'static str, String) {
    let due = progress.tm_due.map(Timestamp::to_readable).unwrap_or_default();
    match (progress.state, progress.messages_until) {
        (DeletionState::Requested, _) => (
            "This account will be deleted",
            format!(
                "The account is frozen. On {due}, it will be deleted with everything that it owns. Until then, an administrator \
                 of the account can sign in and recover it, unless the operator of this service froze it."
            ),
        ),
        (DeletionState::Held, _) => (
            "The deletion is on hold",
            "The deletion is stopped for now, by a hold or because all deletions are paused. It continues afterwards.".to_owned(),
        ),
        (DeletionState::Deleting, Some(until)) => (
            "This account is being deleted",
            format!(
                "Only the last messages about the deletion are still to be sent. We try until {} at the latest, and delete the record \
                 of the account's webhooks afterwards. This page reloads by itself.",
                until.to_readable()
            ),
        ),
        (DeletionState::Deleting, None) => (
            "This account is being deleted",
            "Everything that the account owned is being deleted. This page reloads by itself.".to_owned(),
        ),
        (DeletionState::Deleted, _) => (
            "This account is deleted",
            "Everything that the account owned is deleted, and we verified it. Within about half an hour, we verify it \
             once more and issue the receipt."
                .to_owned(),
        ),
        (DeletionState::Confirmed, _) => (
            "This account is deleted",
            "Everything that the account owned is deleted, and we verified it twice.".to_owned(),
        ),
    }
}

/// What the rows of a table are, for a person who does not know the tables. The tables of the kinds are named after them. The account
/// page uses the same names.
fn label(table: &str) -> String {
    let label = match table {
        "accesskeys" => "access keys",
        "audits" => "audit log",
        "idempotency" => "repeated requests",
        "identifiers" => "reserved names",
        "outbox" => "events",
        "tokens" => "mailed links",
        "usage" => "usage counters",
        kind => kind,
    };
    label.replace('_', " ")
}

/// The tables that have or had rows.
fn table(tables: &[TableProgress]) -> String {
    let rows = tables.iter().filter(|table| table.deleted > 0 || table.remaining.unwrap_or(0) > 0);
    let row = |table: &TableProgress| {
        let remaining = table.remaining.map_or_else(|| "–".to_owned(), |rows| rows.to_string());
        let label = label(table.name);
        format!("<tr><th scope=\"row\">{label}</th><td>{}</td><td>{remaining}</td></tr>", table.deleted)
    };
    let rows: String = rows.map(row).collect();
    if rows.is_empty() {
        return String::new();
    }
    format!(
        "<table><thead><tr><th scope=\"col\">Kind</th><th scope=\"col\">Deleted</th>\
         <th scope=\"col\">Remaining</th></tr></thead><tbody>{rows}</tbody></table>"
    )
}
