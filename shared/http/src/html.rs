//! HTML pages, without scripts and external resources.

pub use custodian_app::mail::escape_html;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use sha2::{Digest, Sha256};

use crate::response::Response;

const STYLE: &str = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:3rem auto;padding:0 1rem;\
color:#1a1a1a;background:#fff}h1{font-size:1.5rem}label{display:block;margin:1rem 0 .25rem}\
input{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;border:1px solid #6b6b6b;border-radius:.25rem;\
color:#1a1a1a;background:#fff}input[readonly]{background:#eee}\
button{font:inherit;margin-top:1rem;padding:.6rem 1.2rem;border:0;border-radius:.25rem;background:#0b57a4;color:#fff}\
input:focus,button:focus{outline:3px solid #b86e00;outline-offset:2px}\
@media(prefers-color-scheme:dark){body{color:#eee;background:#16181c}button{background:#7db8f0;color:#10131a}}";

/// A page with one heading. `body` is HTML, in which the caller must escape all text.
pub fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    let title = escape_html(title);
    let text = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\"><title>{title}</title><style>{STYLE}</style></head>\
         <body><main><h1>{title}</h1>{body}</main></body></html>"
    );
    Response::with_status(status, "text/html; charset=utf-8", text)
        .header(CONTENT_SECURITY_POLICY, policy)
        .header(REFERRER_POLICY, "no-referrer")
}

/// A page with one message.
pub fn message(status: StatusCode, title: &str, text: &str) -> Response {
    let role = if status.is_success() { "status" } else { "alert" };
    page(status, title, &format!("<p role=\"{role}\">{}</p>", escape_html(text)))
}
