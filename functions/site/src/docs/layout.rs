//! The page around the content of the reference. Its policy permits only style sheets and images of this service, and images of the
//! logo's origin.

use custodian_app::context::Brand;
use custodian_app::mail::escape_html;
use custodian_http::{Response, pages};
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_FRAME_OPTIONS};
use url::Url;

use super::accent;
use super::description::Description;
use super::paths::{DOCS, STYLE_SHEET, WEBHOOK_PAYLOADS};
use crate::assets::url;

/// The differences from the style of the pages in `custodian_http::pages`, which are as wide as a phone.
const STYLE: &str = include_str!("style.css");

/// A page with this title. `current` is the last part of its path. The content is HTML, in which every text is escaped.
pub(super) fn page(
    brand: &Brand,
    description: &Description,
    title: &str,
    current: &str,
    content: &str,
) -> Response {
    let logo = pages::web_url(&brand.logo_url).filter(|url| url.scheme() == "https");
    let image = logo.as_ref().map(|url| format!("<img src=\"{}\" alt=\"\">", escape_html(url.as_str())));
    let (product, title) = (escape_html(&brand.product_name), escape_html(title));
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title} – {product}</title><link rel=\"icon\" href=\"{icon}\">\
         <link rel=\"stylesheet\" href=\"{DOCS}/{STYLE_SHEET}\"></head>\
         <body><a class=\"skip\" href=\"#content\">Skip to the content</a>\
         <header>{image}<a href=\"{DOCS}\">{product} API {version}</a></header>\
         <div class=\"columns\">{navigation}<main id=\"content\"><h1>{title}</h1>{content}</main></div></body></html>",
        icon = url("icon.svg"),
        image = image.unwrap_or_default(),
        version = escape_html(description.version()),
        navigation = navigation(description, current),
    );
    Response::html(html)
        .header(CONTENT_SECURITY_POLICY, policy(logo.as_ref()))
        .header(REFERRER_POLICY, "no-referrer")
        .header(X_FRAME_OPTIONS, "DENY")
}

/// The page of a path that the reference does not have.
pub(super) fn missing(brand: &Brand, description: &Description) -> Response {
    let content = format!(
        "<p>The API reference has no page at this address.</p><p><a href=\"{DOCS}\">All operations</a></p>"
    );
    page(brand, description, "This page does not exist", "", &content).status(404)
}

/// The style sheet, with the color of the deployment.
pub(super) fn style_sheet(brand: &Brand) -> Response {
    Response::text(
        "text/css; charset=utf-8",
        format!("{}{STYLE}{}", pages::STYLE, accent::rules(&brand.accent_color)),
    )
}

/// Links to all pages.
fn navigation(description: &Description, current: &str) -> String {
    let link = |name: &str, title: &str| {
        let path = if name.is_empty() { DOCS.to_owned() } else { format!("{DOCS}/{name}") };
        let mark = if name == current { " aria-current=\"page\"" } else { "" };
        format!("<li><a href=\"{path}\"{mark}>{}</a></li>", escape_html(title))
    };
    let tags: String = description.tags().map(|tag| link(tag.name, tag.title)).collect();
    format!(
        "<nav aria-label=\"Pages\"><ul>{}{tags}{}</ul></nav>",
        link("", "Overview"),
        link(WEBHOOK_PAYLOADS, "Webhook payloads")
    )
}

fn policy(logo: Option<&Url>) -> String {
    let logo = logo.map(|logo| format!(" {}", logo.origin().ascii_serialization())).unwrap_or_default();
    format!(
        "default-src 'none'; style-src 'self'; img-src 'self'{logo}; form-action 'none'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}
