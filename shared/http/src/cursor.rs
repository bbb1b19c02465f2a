//! Places in lists, and the page tokens that store them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use custodian_domain::{Timestamp, ids};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const CHECKSUM_BYTES: usize = 8;

/// A place in a list, as a page token stores it.
pub trait Cursor: Copy + Send {
    fn to_bytes(self) -> Vec<u8>;

    fn from_bytes(bytes: &[u8]) -> Option<Self>;

    /// The place of the rows of this instant.
    fn from_time(instant: Timestamp) -> Self;
}

/// A place in a list that is ordered by id.
impl Cursor for Uuid {
    fn to_bytes(self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_slice(bytes).ok()
    }

    fn from_time(instant: Timestamp) -> Self {
        ids::lowest_at(instant)
    }
}

/// A token is a cursor and a checksum of the cursor and the name of the list. The checksum reveals a mistyped token and the token of
/// a list with another name.
pub(crate) fn write_token(cursor: impl Cursor, list: &str) -> String {
    let mut bytes = cursor.to_bytes();
    bytes.extend(checksum(&bytes, list));
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn read_token<C: Cursor>(text: &str, list: &str) -> Option<C> {
    // A timestamp is also valid. In a query string, an unescaped plus sign decodes to a space.
    if let Some(instant) = Timestamp::parse(&text.replace(' ', "+")) {
        return Some(C::from_time(instant));
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (cursor, given) = bytes.split_at_checked(bytes.len().checked_sub(CHECKSUM_BYTES)?)?;
    (given == checksum(cursor, list)).then(|| C::from_bytes(cursor)).flatten()
}

fn checksum(cursor: &[u8], list: &str) -> [u8; CHECKSUM_BYTES] {
    let digest = Sha256::new().chain_update(list).chain_update([0]).chain_update(cursor).finalize();
    let mut checksum = [0; CHECKSUM_BYTES];
    checksum.copy_from_slice(&digest[..CHECKSUM_BYTES]);
    checksum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_valid_only_for_its_list() {
        let id = Uuid::from_u128(0x0123_4567);
        let token = write_token(id, "tags");
        assert_eq!(read_token(&token, "tags"), Some(id));
        assert_eq!(read_token::<Uuid>(&token, "flows"), None);
        for bad in ["x", "AAAA", &token[1..], &format!("{token}A"), "2024-13-01T00:00:00Z"] {
            assert_eq!(read_token::<Uuid>(bad, "tags"), None, "{bad}");
        }
    }

    #[test]
    fn a_timestamp_is_a_valid_token() {
        let instant = Timestamp::parse("2024-01-15T10:30:00Z").map(ids::lowest_at);
        assert_eq!(read_token("2024-01-15T10:30:00Z", "tags"), instant);
        assert_eq!(read_token("2024-01-15T10:30:00 00:00", "tags"), instant);
    }
}
