//! Values that many views have.

use custodian_domain::Timestamp;
use serde::{Serialize, Serializer};

/// A text of at most `MAX_BYTES` bytes of UTF-8. Requests are checked against it; a view only declares it.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(transparent)]
pub struct Text<'a, const MAX_BYTES: usize>(pub &'a str);

/// A text of at most `MAX_BYTES` bytes of UTF-8 that may contain line breaks and tabs.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(transparent)]
pub struct MultiLineText<'a, const MAX_BYTES: usize>(pub &'a str);

/// An instant, as RFC 3339.
#[derive(Clone, Copy, Debug)]
pub struct Time(pub Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339())
    }
}
