//! Reading a request body field by field, collecting everything that is wrong instead of stopping at the first.

use std::time::Duration;

use email_address::{EmailAddress, Options};
use serde_json::{Map, Value};
use url::Url;
use uuid::Uuid;

use crate::ids;
use crate::reason::{Detail, Reason, Refusal, violation};

/// JSON nested deeper than this is refused.
pub const MAX_DEPTH: usize = 64;

/// A body being read. Every accessor answers a usable value and notes what was wrong; [`Fields::finish`] decides.
pub struct Fields<'a> {
    body: &'a Map<String, Value>,
    wrong: Vec<Detail>,
    /// What the last refusal is called if it stands alone.
    reason: Reason,
}

impl<'a> Fields<'a> {
    pub fn new(body: &'a Map<String, Value>) -> Self {
        Self { body, wrong: Vec::new(), reason: Reason::InvalidArgument }
    }

    /// The value read, or every field that was wrong.
    pub fn finish<T>(self, value: T) -> Result<T, Refusal> {
        match self.wrong.len() {
            0 => Ok(value),
            1 => Err(Refusal::with_details(self.reason, self.wrong)),
            _ => Err(Refusal::with_details(Reason::InvalidArgument, self.wrong)),
        }
    }

    pub fn refuse(&mut self, field: &str, description: impl Into<String>) {
        self.refuse_as(Reason::InvalidArgument, field, description);
    }

    /// Refuses a field for a reason that has a name of its own.
    pub fn refuse_as(&mut self, reason: Reason, field: &str, description: impl Into<String>) {
        self.reason = reason;
        self.wrong.push(violation(field, description));
    }

    /// A text of at most `max` bytes; `None` when the field is absent.
    pub fn text(&mut self, field: &'static str, max: usize) -> Option<String> {
        match self.body.get(field)? {
            Value::String(text) => match text_fault(text, max) {
                None => return Some(text.clone()),
                Some(fault) => self.refuse(field, fault),
            },
            _ => self.refuse(field, "must be a string"),
        }
        None
    }

    /// A text that must be there and must not be empty.
    pub fn required_text(&mut self, field: &'static str, max: usize) -> String {
        if !self.body.contains_key(field) {
            self.refuse(field, "is required");
            return String::new();
        }
        match self.text(field, max) {
            Some(text) if text.is_empty() => {
                self.refuse(field, "must not be empty");
                text
            }
            text => text.unwrap_or_default(),
        }
    }

    /// One of these texts.
    pub fn one_of(&mut self, field: &'static str, choices: &[&str]) -> Option<String> {
        self.one_of_or(Reason::InvalidArgument, field, choices)
    }

    /// One of these texts; another is refused for a reason that has a name of its own.
    fn one_of_or(&mut self, reason: Reason, field: &'static str, choices: &[&str]) -> Option<String> {
        let text = self.text(field, 255)?;
        if !choices.contains(&&*text) {
            self.refuse_as(reason, field, format!("must be one of {}", choices.join(", ")));
            return None;
        }
        Some(text)
    }

    /// The same, or an empty one for the first of them.
    pub fn one_of_or_empty(
        &mut self,
        reason: Reason,
        field: &'static str,
        choices: &[&str],
    ) -> Option<String> {
        match self.body.get(field)? {
            Value::String(text) if text.is_empty() => choices.first().map(|&first| first.to_owned()),
            _ => self.one_of_or(reason, field, choices),
        }
    }

    pub fn boolean(&mut self, field: &'static str) -> Option<bool> {
        match self.body.get(field)? {
            Value::Bool(value) => Some(*value),
            _ => {
                self.refuse(field, "must be true or false");
                None
            }
        }
    }

    /// A span in whole seconds, no shorter than `least` and no longer than a hundred years.
    pub fn seconds(&mut self, field: &'static str, least: Duration) -> Option<Duration> {
        let seconds = self.body.get(field)?.as_u64().map(Duration::from_secs);
        let fits = seconds.filter(|span| (least..=Duration::from_secs(100 * 365 * 86_400)).contains(span));
        if fits.is_none() {
            self.refuse(field, format!("must be a number of seconds, at least {}", least.as_secs()));
        }
        fits
    }

    /// The id of something else; the zero UUID means none.
    pub fn uuid(&mut self, field: &'static str) -> Option<Uuid> {
        match self.body.get(field)? {
            Value::String(text) if ids::parse(text).is_some() => ids::parse(text),
            _ => {
                self.refuse(field, "must be a UUID");
                None
            }
        }
    }
}

/// What is wrong with a text, if anything.
pub fn text_fault(text: &str, max: usize) -> Option<String> {
    if text.len() > max {
        return Some(format!("must be at most {max} bytes"));
    }
    text.chars().any(char::is_control).then(|| "must not contain control characters".to_owned())
}

/// Whether this is one e-mail address and nothing else; a top-level domain is not required (`admin@localhost`). It is one
/// in ASCII, without quotes and with a host's name, as mail services take them: the domain of `a@bücher.example` is given as
/// `xn--bcher-kva.example`.
pub fn is_email(text: &str) -> bool {
    let plain = Options::default().without_display_text().without_domain_literal();
    let is_host =
        |domain: &str| domain.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    let address = EmailAddress::parse_with_options(text, plain).ok().filter(|_| text.is_ascii());
    address.is_some_and(|address| !text.contains('"') && is_host(address.domain()))
}

/// Whether this is an http or https URL with a host.
pub fn is_http_url(text: &str) -> bool {
    // The parser of browsers finds a host in `http:x` and in `http:///x`; a person who writes that has forgotten it.
    let written = text.split_once("://").is_some_and(|(_, rest)| !rest.starts_with(['/', '\\']));
    let trimmed = text.trim() == text;
    let is_http = |url: Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    written && trimmed && Url::parse(text).is_ok_and(is_http)
}

/// Whether a value is nested deeper than [`MAX_DEPTH`].
pub fn too_deep(value: &Value) -> bool {
    fn deeper_than(value: &Value, left: usize) -> bool {
        match value {
            Value::Array(items) => left == 0 || items.iter().any(|child| deeper_than(child, left - 1)),
            Value::Object(map) => left == 0 || map.values().any(|child| deeper_than(child, left - 1)),
            _ => false,
        }
    }
    deeper_than(value, MAX_DEPTH)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_wrong_is_named_at_once() {
        let body = json!({"name": 7, "detail": "a\u{0}b", "email": null});
        let mut fields = Fields::new(body.as_object().unwrap_or_else(|| unreachable!()));
        fields.text("name", 255);
        fields.text("detail", 255);
        fields.text("email", 255);
        fields.required_text("username", 255);
        let refusal = fields.finish(()).err();
        let named: Vec<_> = refusal.iter().flat_map(|r| &r.details).map(|d| d["field"].as_str()).collect();
        assert_eq!(named, ["name", "detail", "email", "username"]);
    }

    #[test]
    fn limits_count_bytes_not_characters() {
        assert_eq!(text_fault(&"é".repeat(127), 255), None);
        assert!(text_fault(&"é".repeat(128), 255).is_some());
    }

    #[test]
    fn addresses_of_one_mailbox_are_emails_and_nothing_else_is() {
        for good in ["a@example.com", "admin@localhost", "x.y+z@sub.example.org", "a@xn--bcher-kva.example"] {
            assert!(is_email(good), "{good}");
        }
        for bad in
            ["", "a", "a@", "@b", "a@b@c", "A <a@b.c>", "a b@c.d", "a..b@c.d", "a@[127.0.0.1]", "a@b..c"]
        {
            assert!(!is_email(bad), "{bad}");
        }
        for no_mail_service_takes_it in [
            "ü@example.com",
            "a@bücher.example",
            "İ@example.com",
            "\"a@\"@example.com",
            "\"a b\"@example.com",
            "a@b!c.example",
            "a@b_c.example",
        ] {
            assert!(!is_email(no_mail_service_takes_it), "{no_mail_service_takes_it}");
        }
    }

    #[test]
    fn webhook_urls_are_http_with_a_host() {
        assert!(is_http_url("https://hooks.example.com/in?x=1"));
        for bad in ["ftp://a.b", "https://", "javascript:alert(1)", "//a.b", "hooks", " https://a.b"] {
            assert!(!is_http_url(bad), "{bad}");
        }
    }

    #[test]
    fn depth_is_bounded_and_a_flat_body_is_not_deep() {
        let nest = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
        assert!(!too_deep(&nest(MAX_DEPTH)));
        assert!(too_deep(&nest(MAX_DEPTH + 1)));
    }
}
