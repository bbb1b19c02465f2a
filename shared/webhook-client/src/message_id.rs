//! The id of a webhook message.

use uuid::Uuid;

/// The id of a message: 1 to 128 ASCII letters, digits, `-` and `_`. A full stop is not allowed, because it separates the parts
/// of the signed content: two messages could have the same content (Standard Webhooks 1.0.0, "Signature scheme").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageId(String);

impl MessageId {
    /// `None` if the text is not a valid id.
    pub fn new(text: &str) -> Option<Self> {
        let has_valid_length = (1..=128).contains(&text.len());
        let has_valid_characters =
            text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        (has_valid_length && has_valid_characters).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `msg_` and the id.
impl From<Uuid> for MessageId {
    fn from(id: Uuid) -> Self {
        Self(format!("msg_{id}"))
    }
}

impl std::fmt::Display for MessageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
