//! Keeps pages of other origins away from the `/_local/` routes, which move the clock and show mails.
//!
//! Browsers name the origin of a page in its requests (`Origin`, `Sec-Fetch-Site`). Programs send neither header. A form, and a
//! request that needs no preflight, cannot have the content type of JSON, so no page can change anything without a preflight,
//! which these routes never permit.

use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, Method};
use axum::middleware::Next;
use axum::response::Response;
use custodian_domain::Reason;

use crate::refusal::LocalRefusal;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a page of this service, or no page, sent the request. The user's own navigation has the site `none`.
pub(crate) fn is_own_page(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).map_or(&b""[..], |host| host.as_bytes());
    let mut origins = headers.get_all(ORIGIN).iter();
    let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
    origins.all(|origin| {
        let origin = origin.as_bytes();
        let authority = origin.strip_prefix(b"http://").or_else(|| origin.strip_prefix(b"https://"));
        authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
    }) && sites.all(|site| site == "same-origin" || site == "none")
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

/// Refuses pages of other origins, and changes without the content type of JSON.
pub(crate) async fn require_own_page(request: Request, next: Next) -> Result<Response, LocalRefusal> {
    if !is_own_page(request.headers()) {
        return Err(LocalRefusal::ORIGIN_NOT_ALLOWED);
    }
    let is_read = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    if !is_read && !is_json(request.headers()) {
        return Err(Reason::UnsupportedMediaType.into());
    }
    Ok(next.run(request).await)
}
