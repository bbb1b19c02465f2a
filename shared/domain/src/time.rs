//! Instants, as integer microseconds since the Unix epoch; text only at the edge.
//!
//! Trimmed RFC 3339 texts do not sort, so no text is ever stored or compared.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds, rounded down: what DynamoDB's TTL and a JWT's `exp` count in.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// RFC 3339, UTC, `Z`, up to six fractional digits with trailing zeros trimmed.
    pub fn to_rfc3339(self) -> String {
        let mut text = self.calendar().to_rfc3339_opts(SecondsFormat::Micros, true);
        let digits = text.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.').len();
        text.truncate(digits);
        text.push('Z');
        text
    }

    /// `2024-07-20T14:22:35`, the form that a one-off schedule's `at(…)` takes.
    pub fn to_whole_seconds(self) -> String {
        self.calendar().format("%Y-%m-%dT%H:%M:%S").to_string()
    }

    /// Reads any RFC 3339 instant of the years 0 to 9999; digits below a microsecond are dropped.
    pub fn parse(text: &str) -> Option<Self> {
        let read = DateTime::parse_from_rfc3339(text).ok()?;
        Some(Self(read.timestamp_micros()))
    }

    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(micros_of(span)))
    }

    /// The span since an earlier instant; none if it is a later one.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.micros() - earlier.micros()).unwrap_or(0))
    }

    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(micros_of(span)))
    }

    /// The next whole second: deadlines are rounded up, so that what a caller reads is the very instant of the job.
    #[must_use]
    pub fn rounded_up_to_second(self) -> Self {
        Self(self.0.saturating_add(999_999).div_euclid(1_000_000) * 1_000_000)
    }

    /// Midnight (UTC) of this day.
    #[must_use]
    pub const fn start_of_day(self) -> Self {
        Self(self.0.div_euclid(86_400_000_000) * 86_400_000_000)
    }

    fn calendar(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }
}

fn micros_of(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailing_zeros_of_a_fraction_are_trimmed() {
        let cases = [
            (0, "1970-01-01T00:00:00Z"),
            (1_500_000, "1970-01-01T00:00:01.5Z"),
            (1_718_893_355_000_010, "2024-06-20T14:22:35.00001Z"),
            (10_000_000, "1970-01-01T00:00:10Z"),
            (-1, "1969-12-31T23:59:59.999999Z"),
        ];
        for (micros, text) in cases {
            assert_eq!(Timestamp::from_micros(micros).to_rfc3339(), text);
            assert_eq!(Timestamp::parse(text), Some(Timestamp::from_micros(micros)));
        }
    }

    #[test]
    fn a_deadline_is_rounded_up_and_a_whole_second_stays() {
        assert_eq!(Timestamp::from_micros(1).rounded_up_to_second().micros(), 1_000_000);
        assert_eq!(Timestamp::from_micros(2_000_000).rounded_up_to_second().micros(), 2_000_000);
    }

    #[test]
    fn no_instant_panics_when_it_is_printed() {
        for micros in [i64::MIN, i64::MAX, 0] {
            assert!(!Timestamp::from_micros(micros).to_rfc3339().is_empty());
        }
    }
}
