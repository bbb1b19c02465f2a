//! Parses a request body field by field and collects all errors, so that one response reports all of them.

use std::time::Duration;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::field_problem::{FieldProblem, Values};
use crate::ids;
use crate::plain_values::{multi_line_text_error, text_error};
use crate::reason::Reason;
use crate::refusal::{Detail, Refusal, field_violation};
use crate::time::Timestamp;

/// The maximum duration in a body: a hundred years.
pub const MAX_DURATION: Duration = Duration::from_secs(100 * 365 * 86_400);

/// The value of a field of a body or of an object in it. `None` if the field is absent or null, because clients in languages with
/// typed fields, such as Go, send null for an empty list or an unset pointer.
pub fn given<'a>(object: &'a Map<String, Value>, field: &str) -> Option<&'a Value> {
    object.get(field).filter(|value| !value.is_null())
}

/// Parses the fields of a body. The accessors record errors, and [`Fields::finish`] returns them.
pub struct Fields<'a> {
    body: &'a Map<String, Value>,
    errors: Vec<Detail>,
    /// The reason of the last error. The refusal has this reason if there is only one error.
    reason: Reason,
}

impl<'a> Fields<'a> {
    pub fn new(body: &'a Map<String, Value>) -> Self {
        Self { body, errors: Vec::new(), reason: Reason::InvalidArgument }
    }

    /// Returns `value`, or a refusal that names every invalid field.
    pub fn finish<T>(self, value: T) -> Result<T, Refusal> {
        match self.errors.len() {
            0 => Ok(value),
            1 => Err(Refusal::with_details(self.reason, self.errors)),
            _ => Err(Refusal::with_details(Reason::InvalidArgument, self.errors)),
        }
    }

    pub fn refuse(&mut self, field: &str, problem: FieldProblem) {
        self.refuse_as(Reason::InvalidArgument, field, problem);
    }

    /// Records an error with a specific reason.
    pub fn refuse_as(&mut self, reason: Reason, field: &str, problem: FieldProblem) {
        let error = field_violation(field, problem);
        // Two rules may read one field.
        if !self.errors.contains(&error) {
            self.reason = reason;
            self.errors.push(error);
        }
    }

    pub fn is_refused(&self, field: &str) -> bool {
        self.errors.iter().any(|error| error.get("field").is_some_and(|refused| refused == field))
    }

    /// The value of a field, if the body says something about it.
    pub fn given(&self, field: &str) -> Option<&'a Value> {
        given(self.body, field)
    }

    /// Refuses a body that says nothing about a field. Returns whether the field is given.
    pub fn require(&mut self, field: &'static str) -> bool {
        let is_given = self.given(field).is_some();
        if !is_given {
            self.refuse(field, FieldProblem::Missing);
        }
        is_given
    }

    /// A string of at most `max` bytes. `None` if the field is not given or invalid.
    pub fn text(&mut self, field: &'static str, max: usize) -> Option<String> {
        self.checked_text(field, |text| text_error(text, max))
    }

    /// A string of at most `max` bytes that may contain line breaks and tabs.
    pub fn multi_line_text(&mut self, field: &'static str, max: usize) -> Option<String> {
        self.checked_text(field, |text| multi_line_text_error(text, max))
    }

    fn checked_text(
        &mut self,
        field: &'static str,
        error: impl Fn(&str) -> Option<FieldProblem>,
    ) -> Option<String> {
        match self.given(field)? {
            Value::String(text) => match error(text) {
                None => return Some(text.clone()),
                Some(error) => self.refuse(field, error),
            },
            _ => self.refuse(field, FieldProblem::NotAString),
        }
        None
    }

    /// A required string that must not be empty.
    pub fn required_text(&mut self, field: &'static str, max: usize) -> String {
        if !self.require(field) {
            return String::new();
        }
        match self.text(field, max) {
            Some(text) if text.is_empty() => {
                self.refuse(field, FieldProblem::Empty);
                text
            }
            text => text.unwrap_or_default(),
        }
    }

    pub fn one_of(&mut self, field: &'static str, choices: &'static [&'static str]) -> Option<String> {
        self.one_of_with_reason(Reason::InvalidArgument, field, choices)
    }

    fn one_of_with_reason(
        &mut self,
        reason: Reason,
        field: &'static str,
        choices: &'static [&'static str],
    ) -> Option<String> {
        let text = self.text(field, 255)?;
        if !choices.contains(&&*text) {
            self.refuse_as(reason, field, FieldProblem::NotOneOf { values: Values(choices) });
            return None;
        }
        Some(text)
    }

    /// One of `choices`. The empty string selects the first choice.
    pub fn one_of_or_empty(
        &mut self,
        reason: Reason,
        field: &'static str,
        choices: &'static [&'static str],
    ) -> Option<String> {
        match self.given(field)? {
            Value::String(text) if text.is_empty() => choices.first().map(|&first| first.to_owned()),
            _ => self.one_of_with_reason(reason, field, choices),
        }
    }

    pub fn boolean(&mut self, field: &'static str) -> Option<bool> {
        match self.given(field)? {
            Value::Bool(value) => Some(*value),
            _ => {
                self.refuse(field, FieldProblem::NotABoolean);
                None
            }
        }
    }

    /// A duration in whole seconds, from `min` to a hundred years.
    pub fn seconds(&mut self, field: &'static str, min: Duration) -> Option<Duration> {
        let seconds = self.given(field)?.as_f64().filter(|seconds| seconds.fract() == 0.0);
        let problem = match seconds {
            None => FieldProblem::NotSeconds,
            Some(seconds) if seconds < min.as_secs_f64() => {
                FieldProblem::TooFewSeconds { min: min.as_secs() }
            }
            Some(seconds) if seconds > MAX_DURATION.as_secs_f64() => {
                FieldProblem::TooManySeconds { max: MAX_DURATION.as_secs() }
            }
            Some(seconds) => return Some(Duration::from_secs_f64(seconds)),
        };
        self.refuse(field, problem);
        None
    }

    /// A time after `now`, as an RFC 3339 string.
    pub fn later_time(&mut self, field: &'static str, now: Timestamp) -> Option<Timestamp> {
        let time = match self.given(field)? {
            Value::String(text) => Timestamp::parse(text).filter(|time| now < *time),
            _ => None,
        };
        if time.is_none() {
            self.refuse(field, FieldProblem::NotInTheFuture);
        }
        time
    }

    /// A list of strings.
    pub fn texts(&mut self, field: &'static str) -> Option<Vec<&'a str>> {
        let texts = match self.given(field)? {
            Value::Array(entries) => entries.iter().map(Value::as_str).collect(),
            _ => None,
        };
        if texts.is_none() {
            self.refuse(field, FieldProblem::NotStrings);
        }
        texts
    }

    /// An id. The nil UUID is valid and means "no row".
    pub fn uuid(&mut self, field: &'static str) -> Option<Uuid> {
        match self.given(field)? {
            Value::String(text) if ids::parse(text).is_some() => ids::parse(text),
            _ => {
                self.refuse(field, FieldProblem::NotAUuid);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_names_every_invalid_field() {
        let body = json!({"name": 7, "detail": "a\u{0}b", "email": true});
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
    fn null_says_nothing_about_an_optional_field_and_a_required_field_that_is_null_is_missing() {
        let names = ["text", "choice", "flag", "seconds", "time", "texts", "id"];
        let body: Map<_, _> = names.map(|name| (name.to_owned(), Value::Null)).into_iter().collect();
        let (mut fields, now) = (Fields::new(&body), Timestamp::from_micros(0));
        assert_eq!((fields.text("text", 255), fields.one_of("choice", &["a"])), (None, None));
        assert_eq!((fields.boolean("flag"), fields.seconds("seconds", Duration::ZERO)), (None, None));
        assert_eq!((fields.later_time("time", now), fields.uuid("id")), (None, None));
        assert_eq!(fields.texts("texts"), None);
        assert!(fields.errors.is_empty());
        fields.required_text("text", 255);
        let missing = field_violation("text", FieldProblem::Missing);
        assert_eq!(fields.finish(()).map_err(|refusal| refusal.details), Err(vec![missing]));
    }

    #[test]
    fn a_duration_is_a_whole_number_of_seconds_and_its_refusal_names_the_limit() {
        const DAY: Duration = Duration::from_secs(86_400);
        let read = |number: &str| {
            let body = serde_json::from_str(&format!("{{\"expire\":{number}}}")).unwrap_or_default();
            let mut fields = Fields::new(&body);
            let read = fields.seconds("expire", DAY);
            fields.finish(read).map_err(|refusal| refusal.details)
        };
        for (number, seconds) in
            [("86400", 86_400), ("86400.0", 86_400), ("8.64e4", 86_400), ("3153600000", 3_153_600_000)]
        {
            assert_eq!(read(number), Ok(Some(Duration::from_secs(seconds))), "{number}");
        }
        for (number, problem) in [
            ("86399", FieldProblem::TooFewSeconds { min: 86_400 }),
            ("-1e300", FieldProblem::TooFewSeconds { min: 86_400 }),
            ("3153600001", FieldProblem::TooManySeconds { max: 3_153_600_000 }),
            ("18446744073709551615", FieldProblem::TooManySeconds { max: 3_153_600_000 }),
            ("1e300", FieldProblem::TooManySeconds { max: 3_153_600_000 }),
            ("86400.5", FieldProblem::NotSeconds),
            ("\"86400\"", FieldProblem::NotSeconds),
        ] {
            assert_eq!(read(number), Err(vec![field_violation("expire", problem)]), "{number}");
        }
    }
}
