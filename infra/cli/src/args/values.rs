//! Parsers of values.

use custodian_domain::Timestamp;

/// A time such as 2026-12-28T14:05:00Z, or a date, which means its first moment in UTC.
pub(super) fn parse_time(text: &str) -> Result<Timestamp, &'static str> {
    let date = Timestamp::parse(&format!("{text}T00:00:00Z"));
    date.or_else(|| Timestamp::parse(text)).ok_or("write a time as 2026-12-28T14:05:00Z or 2026-12-28")
}

#[cfg(test)]
mod tests {
    use super::parse_time;

    #[test]
    fn a_date_is_its_first_moment() {
        assert_eq!(parse_time("2026-12-28"), parse_time("2026-12-28T00:00:00Z"));
        assert_eq!(parse_time("2026-12-28T02:00:00+02:00"), parse_time("2026-12-28"));
        for bad in ["", "tomorrow", "2026-13-01", "28.12.2026"] {
            assert!(parse_time(bad).is_err(), "{bad}");
        }
    }
}
