//! The layout of every page, and the elements of its content.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use custodian_app::context::Brand;
use custodian_app::mail::escape_html;
use custodian_domain::email::is_email;
use http::StatusCode;
use http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY};
use sha2::{Digest, Sha256};
use url::Url;

use super::paths::ACCOUNT;
use crate::response::Response;

/// The style of every page. The pages of the local service and of the API reference have it too.
pub const STYLE: &str = include_str!("style.css");
/// Shows the password while the box is checked. Without scripts, the page hides the box.
const SHOW_PASSWORD: &str = include_str!("show_password.js");

/// The content of a page below its heading. `push` and the fields of `form` are HTML; the methods escape every other text that is not
/// a constant.
#[derive(Debug, Default)]
pub(crate) struct Content {
    html: String,
    /// After how many seconds the page reloads itself.
    reload: Option<u64>,
    /// Whether the content has a field whose text the script can show.
    has_password: bool,
}

impl Content {
    /// Content that begins with the result of the person's last action.
    pub(crate) fn result(status: StatusCode, text: &str) -> Self {
        let role = if status.is_success() { "status" } else { "alert" };
        Self::default().push(&format!("<p role=\"{role}\">{}</p>", escape_html(text)))
    }

    pub(crate) fn push(mut self, html: &str) -> Self {
        self.html.push_str(html);
        self
    }

    pub(crate) fn paragraph(self, text: &str) -> Self {
        self.push(&format!("<p>{}</p>", escape_html(text)))
    }

    pub(crate) fn note(self, text: &str) -> Self {
        self.push(&format!("<p class=\"quiet\">{}</p>", escape_html(text)))
    }

    /// Names and values, such as the account that the page is about.
    pub(crate) fn facts(self, facts: &[(&str, &str)]) -> Self {
        let row = |(name, value): &(&str, &str)| format!("<dt>{name}</dt><dd>{}</dd>", escape_html(value));
        self.push(&format!("<dl>{}</dl>", facts.iter().map(row).collect::<String>()))
    }

    pub(crate) fn link(self, href: &str, label: &str) -> Self {
        let (href, label) = (escape_html(href), escape_html(label));
        self.push(&format!("<p><a class=\"button\" href=\"{href}\">{label}</a></p>"))
    }

    /// The link to the product's `return_url`, or to the account page if the deployment sets none.
    pub(crate) fn continue_link(self, brand: &Brand) -> Self {
        match web_url(&brand.return_url) {
            Some(url) => self.link(url.as_str(), &format!("Continue to {}", brand.product_name)),
            None => self.link(ACCOUNT, "Go to your account"),
        }
    }

    /// A form that posts to the page's own route.
    pub(crate) fn form(self, action: &str, fields: &str, button: &str) -> Self {
        self.push(&format!(
            "<form method=\"post\" action=\"{action}\">{fields}<button type=\"submit\">{button}</button></form>"
        ))
    }

    /// Reloads the page after some seconds.
    pub(crate) fn reloading(self, seconds: u64) -> Self {
        Self { reload: Some(seconds), ..self }
    }

    /// The script that shows the password on demand.
    pub(crate) fn with_show_password(self) -> Self {
        Self { has_password: true, ..self }
    }

    /// The page with this content.
    pub(crate) fn page(self, brand: &Brand, status: StatusCode, title: &str) -> Response {
        let logo = web_url(&brand.logo_url).filter(|url| url.scheme() == "https");
        let script = if self.has_password { SHOW_PASSWORD } else { "" };
        let (heading, product) = (escape_html(title), escape_html(&brand.product_name));
        // Without the span, a browser could break the line after the hyphen.
        let unbroken = heading.replace("e-mail", "<span>e-mail</span>");
        let image = logo.as_ref().map(|url| format!("<img src=\"{}\" alt=\"\">", escape_html(url.as_str())));
        let script_tag = if script.is_empty() { String::new() } else { format!("<script>{script}</script>") };
        let reload =
            self.reload.map(|seconds| format!("<meta http-equiv=\"refresh\" content=\"{seconds}\">"));
        let reload = reload.unwrap_or_default();
        let text = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\"><meta name=\"robots\" content=\"noindex\">{reload}\
             <title>{heading} – {product}</title><style>{STYLE}</style></head>\
             <body><header>{}<span>{product}</span></header><main><h1>{unbroken}</h1>{}</main>{}{script_tag}</body></html>",
            image.unwrap_or_default(),
            self.html,
            footer(brand),
        );
        Response::with_status(status, "text/html; charset=utf-8", text)
            .header(CONTENT_SECURITY_POLICY, policy(script, logo.as_ref()))
            .header(REFERRER_POLICY, "no-referrer")
    }
}

/// The Content-Security-Policy: only the style and the script of the page itself, and images of the logo's origin.
fn policy(script: &str, logo: Option<&Url>) -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    let mut policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        hash(STYLE)
    );
    if !script.is_empty() {
        policy.push_str(&format!("; script-src 'sha256-{}'", hash(script)));
    }
    if let Some(logo) = logo {
        policy.push_str(&format!("; img-src {}", logo.origin().ascii_serialization()));
    }
    policy
}

fn footer(brand: &Brand) -> String {
    let support = escape_html(&brand.support);
    if support.is_empty() {
        return String::new();
    }
    let href = match web_url(&brand.support) {
        Some(url) => escape_html(url.as_str()),
        None if is_email(&brand.support) => format!("mailto:{support}"),
        None => return format!("<footer>Help: {support}</footer>"),
    };
    format!("<footer>Help: <a href=\"{href}\">{support}</a></footer>")
}

/// The URL, if it is one that a page may link to.
pub fn web_url(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
}

/// The token of a link in the form of its page. The token must be well formed.
pub(super) fn hidden_token(token: &str) -> String {
    format!("<input type=\"hidden\" name=\"token\" value=\"{token}\">")
}
