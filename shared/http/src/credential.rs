//! Where a credential may stand. The header wins over the query, the query over the cookie; any of them takes either
//! kind of credential, and a query string is never logged.

use crate::Call;

/// The credential of a call, if there is one.
pub(crate) fn find(call: &Call) -> Option<&str> {
    let header = call.header(http::header::AUTHORIZATION).and_then(bearer);
    let query = || call.query("token").or_else(|| call.query("accesskey"));
    let cookie = || call.cookie("token").or_else(|| call.cookie("accesskey"));
    let filled = |text: &&str| !text.is_empty();
    header.filter(filled).or_else(|| query().filter(filled)).or_else(|| cookie().filter(filled))
}

/// What follows `Bearer`, whose case does not matter.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| rest.trim())
}
