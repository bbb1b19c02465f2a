//! The layout of a page. It has no script, and its policy permits none.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use custodian_app::mail::escape_html;
use custodian_http::pages::STYLE;
use sha2::{Digest, Sha256};

/// The differences to the product's pages, which are as wide as a phone and have no navigation.
const OWN_STYLE: &str = include_str!("style.css");

/// A page with this heading. The content is HTML, in which every text is escaped.
pub(super) fn page(title: &str, content: &str) -> Response {
    let title = escape_html(title);
    let text = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title} – Custodian</title><style>{STYLE}</style><style>{OWN_STYLE}</style></head>\
         <body><header><a href=\"/\">Custodian</a><nav aria-label=\"Pages\"><a href=\"/_local/mailbox\">Mails</a>\
         <a href=\"/_local/events\">Events</a><a href=\"/_local/schedules\">Schedules</a>\
         <a href=\"/docs\">API reference</a></nav></header>\
         <main><h1>{title}</h1>{content}</main></body></html>"
    );
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (CONTENT_SECURITY_POLICY, policy()),
        (REFERRER_POLICY, "no-referrer".to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        // A reload shows the newest mails.
        (CACHE_CONTROL, "no-store".to_owned()),
        (VARY, "accept".to_owned()),
    ];
    (headers, text).into_response()
}

/// Permits only the styles of the page itself.
fn policy() -> String {
    let [product, own] = [STYLE, OWN_STYLE].map(|style| STANDARD.encode(Sha256::digest(style)));
    format!(
        "default-src 'none'; style-src 'sha256-{product}' 'sha256-{own}'; form-action 'none'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

pub(super) fn paragraph(text: &str) -> String {
    format!("<p>{}</p>", escape_html(text))
}

/// Names and values.
pub(super) fn facts(facts: &[(&str, String)]) -> String {
    let row = |(name, value): &(&str, String)| {
        format!("<dt>{}</dt><dd>{}</dd>", escape_html(name), escape_html(value))
    };
    format!("<dl>{}</dl>", facts.iter().map(row).collect::<String>())
}

/// A table of texts.
pub(super) fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let head = |name: &&str| format!("<th scope=\"col\">{}</th>", escape_html(name));
    let cell = |text: &String| format!("<td>{}</td>", escape_html(text));
    let row = |row: &Vec<String>| format!("<tr>{}</tr>", row.iter().map(cell).collect::<String>());
    let (heads, rows): (String, String) = (heads.iter().map(head).collect(), rows.iter().map(row).collect());
    format!("<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>")
}
