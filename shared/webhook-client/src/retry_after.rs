//! `Retry-After`: seconds, or an HTTP date in any of its three forms (RFC 9110, 10.2.3 and 5.6.7).

use std::time::{Duration, UNIX_EPOCH};

use custodian_domain::Timestamp;

/// The delay from `now`. It is zero for a past date, and `None` for a value that is neither a number nor a date.
pub(crate) fn parse(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // A number that exceeds `u64` is larger than every limit, like `u64::MAX`.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    let now = Duration::from_micros(u64::try_from(now.micros()).ok()?);
    Some(date.saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110.
    const EXAMPLE: Timestamp = Timestamp::from_micros(784_111_777_000_000);

    fn delay_in_seconds(text: &str) -> Option<u64> {
        parse(text, EXAMPLE.minus(Duration::from_secs(90))).map(|delay| delay.as_secs())
    }

    #[test]
    fn seconds_are_read() {
        assert_eq!([delay_in_seconds("0"), delay_in_seconds(" 120 ")], [Some(0), Some(120)]);
        assert_eq!(delay_in_seconds(&"9".repeat(40)), Some(u64::MAX));
    }

    #[test]
    fn a_date_is_read_in_all_three_forms_and_a_past_date_is_no_delay() {
        for text in
            ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        {
            assert_eq!(delay_in_seconds(text), Some(90), "{text}");
        }
        assert_eq!(delay_in_seconds("Sat, 06 Nov 1993 08:49:37 GMT"), Some(0));
    }

    #[test]
    fn other_values_are_ignored() {
        for bad in
            ["", "-1", "1.5", "+5", "soon", "0x10", "Sun, 06 Nov 1994", "Sun, 99 Nov 1994 08:49:37 GMT"]
        {
            assert_eq!(delay_in_seconds(bad), None, "{bad}");
        }
    }
}
