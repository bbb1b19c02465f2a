//! Single values of a body: texts and integers.

use serde_json::Value;

use crate::field_problem::FieldProblem;

/// The largest integer that every JSON parser represents exactly (2^53 - 1).
pub const MAX_INTEGER: i64 = (1 << 53) - 1;

/// The problem of a string that is too long or contains control characters.
pub fn text_error(text: &str, max: usize) -> Option<FieldProblem> {
    if text.len() > max {
        return Some(FieldProblem::TooManyBytes { max });
    }
    text.chars().any(char::is_control).then_some(FieldProblem::ControlCharacters)
}

/// The problem of a text of several lines that is too long or contains other control characters than line breaks and
/// tabs.
pub fn multi_line_text_error(text: &str, max: usize) -> Option<FieldProblem> {
    if text.len() > max {
        return text_error(text, max);
    }
    (!is_multi_line_text(text)).then_some(FieldProblem::ControlCharactersInLines)
}

/// Whether a text contains no control characters other than line breaks and tabs.
pub fn is_multi_line_text(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
}

/// The integer that a JSON number denotes. Some clients write 16 as `16.0` or 30000 as `3e4`. A number with a decimal point or
/// an exponent is read as a double, so its magnitude must not exceed [`MAX_INTEGER`].
pub fn integer(value: &Value) -> Option<i64> {
    let is_exact = |number: &f64| number.fract() == 0.0 && number.abs() <= MAX_INTEGER as f64;
    value.as_i64().or_else(|| value.as_f64().filter(is_exact).map(|number| number as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_without_a_fraction_is_an_integer_in_every_spelling_up_to_the_limit() {
        for (text, number) in [("16", 16), ("16.0", 16), ("3e4", 30_000), ("-2.50e1", -25), ("-0.0", 0)] {
            assert_eq!(serde_json::from_str(text).ok().as_ref().and_then(integer), Some(number), "{text}");
        }
        for text in ["16.5", "1e-1", "1e300", "9007199254740993.0", "18446744073709551615", "\"16\"", "true"]
        {
            assert_eq!(serde_json::from_str(text).ok().as_ref().and_then(integer), None, "{text}");
        }
    }

    #[test]
    fn a_limit_counts_bytes_and_not_characters() {
        assert_eq!(text_error(&"é".repeat(127), 255), None);
        assert!(text_error(&"é".repeat(128), 255).is_some());
    }

    #[test]
    fn only_a_multi_line_text_may_contain_line_breaks_and_tabs() {
        assert_eq!(multi_line_text_error("one\r\n\ttwo\n", 255), None);
        assert!(text_error("one\ntwo", 255).is_some());
        for control in ["\u{0}", "\u{b}", "\u{1b}", "\u{7f}", "\u{85}"] {
            assert!(multi_line_text_error(control, 255).is_some(), "{control:?}");
        }
    }
}
