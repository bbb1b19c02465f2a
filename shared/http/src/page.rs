//! Pages of lists: newest first, each beginning below the last id of the one before.
//!
//! A page ends with as many rows as were asked for or as many bytes as an answer may weigh, whichever comes first.

use std::future::Future;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use custodian_app::Failure;
use custodian_app::ports::Part;
use custodian_domain::{Reason, Refusal, Timestamp, ids};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::Call;

const MAX_SIZE: usize = 100;
/// The most that the rows of a page weigh, but for one that is heavier by itself. A Lambda's answer ends at 6 MB, in which
/// the body is one JSON text: its quotes and backslashes count twice.
pub const MOST_BYTES: usize = 2_000_000;
/// How often a page reads on when it is not full: a filter may hide what was read.
const MOST_READS: usize = 20;

/// What a caller asked for.
#[derive(Debug)]
pub struct PageRequest {
    size: usize,
    below: Option<Uuid>,
    scope: String,
}

/// What a caller gets.
#[derive(Debug, Serialize)]
pub struct Page {
    result: Vec<Box<RawValue>>,
    next_page_token: String,
}

impl PageRequest {
    /// Reads `page_size` and `page_token`. A token belongs to the list (`scope`) that gave it.
    pub fn read(call: &Call, scope: &str) -> Result<Self, Refusal> {
        let size = match call.query("page_size") {
            None => MAX_SIZE,
            Some(text) => read_size(text).ok_or_else(|| wrong("page_size", "must be an integer"))?,
        };
        let below = match call.query("page_token") {
            None | Some("") => None,
            Some(text) => {
                let read = read_token(text, scope);
                Some(read.ok_or_else(|| wrong("page_token", "is not a token of this list"))?)
            }
        };
        Ok(Self { size, below, scope: scope.to_owned() })
    }

    /// Fills a page. `read` gives rows below an id, at most so many, `id` is a row's own, `show` writes it.
    pub async fn fill<T, F>(
        &self,
        read: impl Fn(Option<Uuid>, usize) -> F + Send,
        id: impl Fn(&T) -> Uuid + Send,
        show: impl Fn(&T) -> Result<Box<RawValue>, Failure> + Send,
    ) -> Result<Page, Failure>
    where
        T: Send,
        F: Future<Output = Result<Part<T>, Failure>> + Send,
    {
        let (mut result, mut weight, mut last) = (Vec::new(), 0, self.below);
        for _ in 0..MOST_READS {
            // One more than is shown, to know whether there is a next page.
            let part = read(last, self.size + 1 - result.len()).await?;
            for row in part.rows {
                let shown = show(&row)?;
                weight += weight_of(shown.get());
                if result.len() == self.size || (weight > MOST_BYTES && !result.is_empty()) {
                    return Ok(self.page(result, last));
                }
                result.push(shown);
                last = Some(id(&row));
            }
            if part.next.is_none() {
                return Ok(self.page(result, None));
            }
            last = part.next;
        }
        Ok(self.page(result, last))
    }

    /// A page after which the list goes on below this id, if it does.
    fn page(&self, result: Vec<Box<RawValue>>, below: Option<Uuid>) -> Page {
        let next_page_token = below.map(|id| write_token(id, &self.scope)).unwrap_or_default();
        Page { result, next_page_token }
    }
}

/// A row as it stands in a page.
pub fn shown(view: &impl Serialize) -> Result<Box<RawValue>, Failure> {
    to_raw_value(view).map_err(|cause| Failure::unavailable("the writing of a row", cause))
}

/// How many bytes JSON takes within a JSON text. It has no control characters, which would take more.
pub fn weight_of(json: &str) -> usize {
    json.len() + 1 + json.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count()
}

fn wrong(parameter: &str, description: &str) -> Refusal {
    Refusal::field(Reason::InvalidRequestParameter, parameter, description)
}

/// An integer of any length, clamped to what a page can hold.
fn read_size(text: &str) -> Option<usize> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let size = if text.starts_with('-') { 0 } else { digits.parse().unwrap_or(usize::MAX) };
    Some(size.clamp(1, MAX_SIZE))
}

/// A token is an id with a check that ties it to its list, so that a mistyped one is refused and not misread.
fn write_token(id: Uuid, scope: &str) -> String {
    let mut bytes = id.as_bytes().to_vec();
    bytes.extend(check(id, scope));
    URL_SAFE_NO_PAD.encode(bytes)
}

fn read_token(text: &str, scope: &str) -> Option<Uuid> {
    // In a query a plus sign arrives as a space.
    if let Some(instant) = Timestamp::parse(&text.replace(' ', "+")) {
        return Some(ids::lowest_at(instant));
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let id = Uuid::from_slice(bytes.get(..16)?).ok()?;
    (bytes[16..] == check(id, scope)).then_some(id)
}

fn check(id: Uuid, scope: &str) -> [u8; 8] {
    let digest = Sha256::new().chain_update(scope).chain_update([0]).chain_update(id.as_bytes()).finalize();
    let mut check = [0; 8];
    check.copy_from_slice(&digest[..8]);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_by_the_list_that_wrote_it_alone() {
        let id = Uuid::from_u128(0x0123_4567);
        let token = write_token(id, "tags");
        assert_eq!(read_token(&token, "tags"), Some(id));
        assert_eq!(read_token(&token, "flows"), None);
        for bad in ["x", "AAAA", &token[1..], &format!("{token}A"), "2024-13-01T00:00:00Z"] {
            assert_eq!(read_token(bad, "tags"), None, "{bad}");
        }
    }

    fn request(size: usize) -> PageRequest {
        PageRequest { size, below: None, scope: "tags".to_owned() }
    }

    /// Rows from 1000 down to 1, of which some weigh so much each, in parts of so many.
    fn part(below: Option<Uuid>, limit: usize, of: usize) -> Part<u128> {
        let below = below.map_or(1001, |id| id.as_u128());
        let rows: Vec<u128> = (1..below).rev().take(limit.min(of)).collect();
        let next = rows.last().filter(|last| **last > 1).map(|last| Uuid::from_u128(*last));
        Part { rows, next }
    }

    /// The last id of a page, and below which the next one begins.
    fn ends(page: &Page) -> (Option<u128>, Option<u128>) {
        let last = page.result.last().and_then(|row| row.get().trim_matches(['"', 'x', '\\']).parse().ok());
        (last, read_token(&page.next_page_token, "tags").map(|id| id.as_u128()))
    }

    #[tokio::test]
    async fn a_page_ends_with_its_rows_or_its_weight_and_the_next_begins_there() {
        let id = |row: &u128| Uuid::from_u128(*row);
        let light = |row: &u128| shown(&row.to_string());
        // Quotes and backslashes count twice: 50 of these rows weigh as much as a page may, 51 do not.
        let heavy = |row: &u128| shown(&format!("{}{row}", "\\x".repeat((MOST_BYTES / 50 - 20) / 5)));
        for (size, of, last) in [(100, 1000, 901), (100, 7, 901), (1, 1000, 1000)] {
            let read = |below, limit| async move { Ok(part(below, limit, of)) };
            let page = request(size).fill(read, id, light).await.unwrap_or_else(|_| unreachable!());
            assert_eq!(ends(&page), (Some(last), Some(last)));
        }
        for of in [1000, 7] {
            let read = |below, limit| async move { Ok(part(below, limit, of)) };
            let page = request(100).fill(read, id, heavy).await.unwrap_or_else(|_| unreachable!());
            assert_eq!(ends(&page), (Some(951), Some(951)));
            let sent = serde_json::to_string(&page).and_then(|body| serde_json::to_string(&body));
            let sent = sent.map(|sent| sent.len()).unwrap_or_default();
            assert!((MOST_BYTES - 2000..MOST_BYTES + 200).contains(&sent), "{sent}");
        }
        let one = |row: &u128| shown(&format!("{}{row}", "x".repeat(MOST_BYTES)));
        let read = |below, limit| async move { Ok(part(below, limit, 1000)) };
        let page = request(100).fill(read, id, one).await.unwrap_or_else(|_| unreachable!());
        assert_eq!(
            ends(&page),
            (Some(1000), Some(1000)),
            "a row that is too heavy by itself is shown by itself"
        );
    }

    #[tokio::test]
    async fn a_page_reads_on_where_rows_are_hidden_but_not_without_end() {
        let id = |row: &u128| Uuid::from_u128(*row);
        let show = |row: &u128| shown(&row.to_string());
        let hide = |least, of| {
            move |below, limit| async move {
                let mut part = part(below, limit, of);
                part.rows.retain(|row| *row <= least);
                Ok(part)
            }
        };
        let all = request(100).fill(hide(3, 100), id, show).await.unwrap_or_else(|_| unreachable!());
        assert_eq!((all.result.len(), ends(&all)), (3, (Some(1), None)));
        let none = request(100).fill(hide(0, 10), id, show).await.unwrap_or_else(|_| unreachable!());
        assert_eq!((none.result.len(), ends(&none)), (0, (None, Some(801))), "after twenty parts of ten");
        let last = request(100).fill(hide(0, 100), id, show).await.unwrap_or_else(|_| unreachable!());
        assert_eq!((last.result.len(), ends(&last)), (0, (None, None)));
    }

    #[test]
    fn a_timestamp_is_a_token_too() {
        let instant = Timestamp::parse("2024-01-15T10:30:00Z").map(ids::lowest_at);
        assert_eq!(read_token("2024-01-15T10:30:00Z", "tags"), instant);
        assert_eq!(read_token("2024-01-15T10:30:00 00:00", "tags"), instant);
    }

    #[test]
    fn sizes_are_clamped_and_what_is_no_integer_is_refused() {
        let cases =
            [("1", 1), ("100", 100), ("0", 1), ("-5", 1), ("101", 100), ("99999999999999999999999", 100)];
        for (text, size) in cases {
            assert_eq!(read_size(text), Some(size), "{text}");
        }
        for bad in ["", "ten", "1.5", "0x10", "--1", "1 "] {
            assert_eq!(read_size(bad), None, "{bad}");
        }
    }
}
