//! Field types that several views share.

use custodian_domain::Timestamp;
use serde::{Serialize, Serializer};

/// A string of at most `MAX_BYTES` bytes of UTF-8. The parsers of requests enforce the limit; this type only declares it for
/// the schema.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(transparent)]
pub struct Text<'a, const MAX_BYTES: usize>(pub &'a str);

/// A text of at most `MAX_BYTES` bytes of UTF-8 that may contain line breaks and tabs.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(transparent)]
pub struct MultiLineText<'a, const MAX_BYTES: usize>(pub &'a str);

/// A timestamp, serialised as an RFC 3339 string.
#[derive(Clone, Copy, Debug)]
pub struct Time(pub Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339())
    }
}
