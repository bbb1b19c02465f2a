//! Pages of lists: newest first, each beginning below the last id of the one before.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use custodian_domain::{Reason, Refusal, Timestamp, ids};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::Call;

const MAX_SIZE: usize = 100;

/// What a caller asked for.
#[derive(Debug)]
pub struct PageRequest {
    pub size: usize,
    pub below: Option<Uuid>,
    scope: String,
}

/// What a caller gets.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    result: Vec<T>,
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

    /// How many rows to read: one more than is shown, to know whether there is a next page.
    pub const fn limit(&self) -> usize {
        self.size + 1
    }

    pub fn page<T, V>(&self, mut rows: Vec<T>, id: impl Fn(&T) -> Uuid, view: impl Fn(&T) -> V) -> Page<V> {
        let more = rows.len() > self.size;
        rows.truncate(self.size);
        let last = rows.last().filter(|_| more);
        let next_page_token = last.map(|row| write_token(id(row), &self.scope)).unwrap_or_default();
        Page { result: rows.iter().map(view).collect(), next_page_token }
    }
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
