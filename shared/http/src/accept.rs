//! The headers `Accept` and `Accept-Encoding`.

/// Whether a value of `Accept` is that of a browser that opens a page.
pub fn accepts_html(accept: &str) -> bool {
    accept.split(',').any(|range| range.split(';').next().unwrap_or_default().trim() == "text/html")
}

/// Whether a media range of `Accept` accepts problem details (RFC 9457).
pub(crate) fn accepts_problem(range: &str) -> bool {
    is_accepted(range, "application/problem+json")
}

/// Whether a coding of `Accept-Encoding` is gzip.
pub(crate) fn is_gzip(coding: &str) -> bool {
    is_accepted(coding, "gzip")
}

/// Whether an element of `Accept` or `Accept-Encoding` is this value with a weight above zero.
fn is_accepted(element: &str, value: &str) -> bool {
    let mut parts = element.split(';').map(|part| part.trim().to_ascii_lowercase());
    let is_refused = |parameter: String| {
        parameter.strip_prefix("q=").is_some_and(|weight| weight.parse::<f32>() == Ok(0.0))
    };
    parts.next().as_deref() == Some(value) && !parts.any(is_refused)
}
