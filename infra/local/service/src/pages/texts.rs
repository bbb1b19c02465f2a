//! Texts that several pages have.

use custodian_domain::Timestamp;

/// A list shows no more than this number of entries, so that a browser stays fast. Programs get all of them.
pub(super) const MAX_ENTRIES: usize = 200;

/// How many of the entries the page shows.
pub(super) fn count_text(total: usize, noun: &str) -> String {
    match total {
        0 => format!("There are no {noun}s yet."),
        1 => format!("1 {noun}."),
        2..=MAX_ENTRIES => format!("{total} {noun}s, the newest first."),
        _ => format!("The newest {MAX_ENTRIES} of {total} {noun}s. Programs get all of them as JSON."),
    }
}

/// Shortens a time in RFC 3339 to the form `2026-12-28 14:05:59`. Any other text stays as it is.
pub(super) fn short_time(text: &str) -> String {
    let time = Timestamp::parse(text).map(|time| time.to_whole_seconds().replace('T', " "));
    time.unwrap_or_else(|| text.to_owned())
}
