//! Embedded content that a client gets compressed if it accepts that.

use custodian_http::{Request, Response};
use http::header::{CONTENT_ENCODING, VARY};

/// The content in the form that the client accepts. Most clients accept gzip, so the plain content is only made on demand.
pub(crate) fn response(
    request: &Request,
    content_type: &'static str,
    gzip: &'static [u8],
    plain: impl FnOnce() -> &'static [u8],
) -> Response {
    let response = if request.accepts_gzip() {
        Response::embedded(content_type, gzip).header(CONTENT_ENCODING, "gzip")
    } else {
        Response::embedded(content_type, plain())
    };
    response.header(VARY, "accept-encoding")
}
