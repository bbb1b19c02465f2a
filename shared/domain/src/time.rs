//! Timestamps in integer microseconds since the Unix epoch, and their RFC 3339 strings.
//!
//! RFC 3339 strings without trailing zeros do not sort by time. So this service compares and sorts only the integers.

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

    /// Whole seconds, rounded down, for DynamoDB TTL attributes and the `exp` claim of a JWT.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// RFC 3339 in UTC, with up to six fractional digits and without trailing zeros.
    pub fn to_rfc3339(self) -> String {
        let mut text = self.to_utc().to_rfc3339_opts(SecondsFormat::Micros, true);
        let digits = text.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.').len();
        text.truncate(digits);
        text.push('Z');
        text
    }

    /// The format of an EventBridge Scheduler `at(…)` expression, such as `2024-07-20T14:22:35`.
    pub fn to_whole_seconds(self) -> String {
        self.to_utc().format("%Y-%m-%dT%H:%M:%S").to_string()
    }

    /// The format of mails and pages, such as `28 December 2026, 14:05 UTC`. Seconds are dropped, so a named deadline is never
    /// later than the real one.
    pub fn to_readable(self) -> String {
        self.to_utc().format("%-d %B %Y, %H:%M UTC").to_string()
    }

    /// Parses an RFC 3339 timestamp of the years 0 to 9999. Digits after the microsecond are dropped.
    pub fn parse(text: &str) -> Option<Self> {
        let parsed = DateTime::parse_from_rfc3339(text).ok()?;
        Some(Self(parsed.timestamp_micros()))
    }

    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(micros_of(span)))
    }

    /// The time since `earlier`. Zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.micros() - earlier.micros()).unwrap_or(0))
    }

    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(micros_of(span)))
    }

    /// Rounds up to a whole second. Scheduler jobs fire at whole seconds, so each deadline is the instant at which its job
    /// fires.
    #[must_use]
    pub fn rounded_up_to_second(self) -> Self {
        Self(self.0.saturating_add(999_999).div_euclid(1_000_000) * 1_000_000)
    }

    /// Midnight of the same day, in UTC.
    #[must_use]
    pub const fn start_of_day(self) -> Self {
        Self(self.0.div_euclid(86_400_000_000) * 86_400_000_000)
    }

    fn to_utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }
}

fn micros_of(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

/// Serialises a timestamp as an RFC 3339 string, for JSON that other systems read.
pub mod rfc3339 {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Timestamp;

    pub fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&time.to_rfc3339())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(deserializer)?;
        Timestamp::parse(&text).ok_or_else(|| D::Error::custom("not an RFC 3339 timestamp"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_rfc_3339_string_has_no_trailing_zeros_and_parses_to_the_same_timestamp() {
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
    fn a_readable_time_names_the_day_the_month_and_the_minute_in_utc() {
        for (text, readable) in [
            ("2026-12-28T14:05:59.999999Z", "28 December 2026, 14:05 UTC"),
            ("2024-02-29T00:00:00Z", "29 February 2024, 00:00 UTC"),
            ("2026-03-01T23:30:00-02:00", "2 March 2026, 01:30 UTC"),
        ] {
            assert_eq!(Timestamp::parse(text).map(Timestamp::to_readable).as_deref(), Some(readable));
        }
    }

    #[test]
    fn a_deadline_is_rounded_up_to_a_whole_second() {
        assert_eq!(Timestamp::from_micros(1).rounded_up_to_second().micros(), 1_000_000);
        assert_eq!(Timestamp::from_micros(2_000_000).rounded_up_to_second().micros(), 2_000_000);
    }

    #[test]
    fn printing_an_extreme_timestamp_does_not_panic() {
        for micros in [i64::MIN, i64::MAX, 0] {
            assert!(!Timestamp::from_micros(micros).to_rfc3339().is_empty());
        }
    }
}
