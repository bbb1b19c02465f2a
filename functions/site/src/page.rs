//! The page around the application. Its Content-Security-Policy permits only files of this origin, images of the logo's origin and
//! requests to this API: no inline script or style, no frame, and no markup from texts (Trusted Types).

use custodian_app::context::Brand;
use custodian_app::mail::escape_html;
use custodian_http::{COOKIES, Request, Response, pages};
use http::HeaderName;
use http::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, VARY, X_FRAME_OPTIONS,
};
use url::Url;

use crate::assets::{MODULES, url};

/// The languages of the application, the default first. Each has a file in `app/texts`.
const LANGUAGES: [&str; 2] = ["en", "de"];
const SEC_FETCH_SITE: &str = "sec-fetch-site";
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The page of every path.
pub(crate) fn page(brand: &Brand, request: &Request) -> Response {
    let language = language(request.header(ACCEPT_LANGUAGE).unwrap_or_default());
    let logo = pages::web_url(&brand.logo_url).filter(|url| url.scheme() == "https");
    let web_url = |text: &str| pages::web_url(text).map(|url| url.to_string()).unwrap_or_default();
    let product = escape_html(&brand.product_name);
    let attributes: String = [
        ("product", &*brand.product_name),
        ("logo", logo.as_ref().map(Url::as_str).unwrap_or_default()),
        ("support", &brand.support),
        ("return", &web_url(&brand.return_url)),
        ("accent", &brand.accent_color),
        ("session", if is_signed_out(request) { "none" } else { "unknown" }),
    ]
    .iter()
    .map(|(name, value)| format!(" data-{name}=\"{}\"", escape_html(value)))
    .collect();
    let texts = format!("texts/{language}.js");
    let modules = MODULES.iter().copied().chain([&*texts]);
    let preloads: String =
        modules.map(|name| format!("<link rel=\"modulepreload\" href=\"{}\">", url(name))).collect();
    let html = format!(
        "<!doctype html><html lang=\"{language}\"{attributes}><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><meta name=\"robots\" content=\"noindex\">\
         <meta name=\"description\" content=\"Your {product} account\"><title>{product}</title>\
         <link rel=\"icon\" href=\"{}\"><link rel=\"stylesheet\" href=\"{}\">{preloads}\
         <script type=\"module\" src=\"{}\"></script></head><body>\
         <noscript><p>This page needs JavaScript. You can set a new password without it: \
         <a href=\"{}\">Forgot your password?</a></p></noscript></body></html>",
        url("icon.svg"),
        url("style.css"),
        url("app.js"),
        pages::FORGOT,
    );
    Response::html(html)
        .header(CONTENT_SECURITY_POLICY, policy(logo.as_ref()))
        .header(CACHE_CONTROL, "private, no-cache")
        .header(VARY, "accept-language, cookie, sec-fetch-site")
        .header(REFERRER_POLICY, "no-referrer")
        .header(X_FRAME_OPTIONS, "DENY")
        .header(OPENER_POLICY, "same-origin")
        .header(RESOURCE_POLICY, "same-origin")
}

fn policy(logo: Option<&Url>) -> String {
    let logo = logo.map(|logo| format!(" {}", logo.origin().ascii_serialization())).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'{logo}; \
         form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

/// Whether the browser has no session, so that the application need not ask. After a link on another site, a browser has the
/// cookie but does not send it with this request (`SameSite=Strict`).
fn is_signed_out(request: &Request) -> bool {
    let sends_cookies = matches!(request.header(SEC_FETCH_SITE), Some("same-origin" | "none"));
    sends_cookies && COOKIES.into_iter().all(|name| request.cookie(name).is_none())
}

/// The first language of `Accept-Language` that the application has. Browsers list their languages by preference.
fn language(accepted: &str) -> &'static str {
    let primary =
        |range: &str| range.trim().split(['-', ';']).next().unwrap_or_default().to_ascii_lowercase();
    let known = |range: &str| LANGUAGES.into_iter().find(|language| *language == primary(range));
    accepted.split(',').find_map(known).unwrap_or(LANGUAGES[0])
}

#[cfg(test)]
mod tests {
    use super::language;

    #[test]
    fn the_language_is_the_first_known_one() {
        let cases = [
            ("de-AT,de;q=0.9,en;q=0.5", "de"),
            ("fr-FR, DE;q=0.9, en;q=0.8", "de"),
            ("en-GB,de", "en"),
            ("fr", "en"),
            ("", "en"),
        ];
        for (accepted, expected) in cases {
            assert_eq!(language(accepted), expected, "{accepted}");
        }
    }
}
