//! Renders a mail as text and as HTML.
//!
//! The HTML is a layout of tables with inline styles, because mail clients ignore most other styles. The style sheet in the head
//! adds dark colours and narrow screens for the clients that support it.

use custodian_domain::email::is_email;

use crate::context::{Brand, Settings};
use crate::mail::sender::sender;
use crate::ports::Mail;

/// The content of a mail. `render` escapes every value in the HTML.
#[derive(Clone, Debug)]
pub struct Message {
    pub subject: &'static str,
    pub heading: String,
    /// The event, and its consequences for the reader.
    pub paragraphs: Vec<String>,
    pub button: Option<Button>,
    /// Links that are less important than the button.
    pub links: Vec<Button>,
    /// The lifetime of the link, and advice for a reader who did not expect the mail.
    pub small_print: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Button {
    pub label: &'static str,
    pub link: String,
}

impl Message {
    /// A message whose heading is its subject.
    pub(super) fn new(subject: &'static str, paragraphs: Vec<String>, small_print: Vec<String>) -> Self {
        Self {
            subject,
            heading: subject.to_owned(),
            paragraphs,
            button: None,
            links: Vec::new(),
            small_print,
        }
    }

    #[must_use]
    pub(super) fn button(self, label: &'static str, link: String) -> Self {
        Self { button: Some(Button { label, link }), ..self }
    }

    #[must_use]
    pub(super) fn link(mut self, label: &'static str, link: String) -> Self {
        self.links.push(Button { label, link });
        self
    }

    /// The mail to one recipient.
    pub fn render(&self, settings: &Settings, to: &str) -> Mail {
        Mail {
            from: sender(&settings.brand.product_name, &settings.mail_sender),
            to: to.to_owned(),
            subject: self.subject.to_owned(),
            text: self.text(&settings.brand),
            html: self.html(&settings.brand),
        }
    }

    fn text(&self, brand: &Brand) -> String {
        let mut parts = vec![self.heading.clone()];
        parts.extend(self.paragraphs.iter().cloned());
        let links = self.button.iter().chain(&self.links);
        parts.extend(links.map(|Button { label, link }| format!("{label}:\n{link}")));
        parts.extend(self.small_print.iter().cloned());
        let help = (!brand.support.is_empty()).then(|| format!("\nHelp: {}", brand.support));
        parts.push(format!("-- \n{}{}", brand.product_name, help.unwrap_or_default()));
        parts.join("\n\n") + "\n"
    }

    fn html(&self, brand: &Brand) -> String {
        let (title, product) = (escape_html(self.subject), escape_html(&brand.product_name));
        let (heading, header) = (escape_html(&self.heading), header(brand));
        let paragraphs =
            self::paragraphs(&self.paragraphs, "text", "16px;font-size:16px;line-height:24px;color:#111827");
        let button = self.button.as_ref().map(button).unwrap_or_default();
        let links: String = self.links.iter().map(link).collect();
        let small = "12px;font-size:14px;line-height:21px;color:#4b5563";
        let small_print = self::paragraphs(&self.small_print, "quiet", small);
        let help = help(&brand.support);
        format!(
            "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">
<meta name=\"color-scheme\" content=\"light dark\">
<meta name=\"supported-color-schemes\" content=\"light dark\">
<title>{title}</title>
<style>{STYLES}</style>
</head>
<body class=\"page\" style=\"margin:0;padding:0;background:#f3f4f6;{FONT}\">
<div role=\"main\" lang=\"en\">
<table role=\"presentation\" class=\"page\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"background:#f3f4f6\">
<tr><td align=\"center\" style=\"padding:24px 12px\">
<table role=\"presentation\" class=\"card\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"max-width:560px;background:#ffffff;border-radius:8px;text-align:left\">
<tr><td class=\"cell text\" style=\"padding:32px;color:#111827;{FONT}\">
{header}
<h1 class=\"text\" style=\"margin:0 0 16px;font-size:22px;line-height:29px;color:#111827\">{heading}</h1>
{paragraphs}{button}{links}{small_print}</td></tr>
</table>
<p class=\"quiet\" style=\"margin:16px 0 0;font-size:13px;line-height:20px;color:#4b5563;{FONT}\">{product}{help}</p>
</td></tr>
</table>
</div>
</body>
</html>
"
        )
    }
}

const FONT: &str =
    "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

const STYLES: &str = "
:root{color-scheme:light dark;supported-color-schemes:light dark}
a{color:#1d4ed8}
@media (max-width:480px){.cell{padding:24px 20px!important}}
@media (prefers-color-scheme:dark){
.page{background:#111827!important}
.card{background:#1f2937!important}
.text{color:#f9fafb!important}
.quiet{color:#d1d5db!important}
.button{background:#93c5fd!important}
.label{color:#111827!important}
a.link{color:#93c5fd!important}
}
";

/// The logo, or the name of the product.
fn header(brand: &Brand) -> String {
    let (product, logo) = (escape_html(&brand.product_name), escape_html(&brand.logo_url));
    if logo.is_empty() {
        let style = "margin:0 0 24px;font-size:15px;line-height:20px;font-weight:600;color:#4b5563";
        return format!("<p class=\"quiet\" style=\"{style}\">{product}</p>");
    }
    let style = "display:block;margin:0 0 24px;border:0;height:32px;max-width:200px";
    format!("<img src=\"{logo}\" alt=\"{product}\" height=\"32\" style=\"{style}\">")
}

fn paragraphs(texts: &[String], class: &str, style: &str) -> String {
    let line = |text: &String| {
        format!("<p class=\"{class}\" style=\"margin:0 0 {style}\">{}</p>\n", escape_html(text))
    };
    texts.iter().map(line).collect()
}

/// A link in the text.
fn link(Button { label, link }: &Button) -> String {
    let (label, link) = (escape_html(label), escape_html(link));
    format!(
        "<p class=\"text\" style=\"margin:0 0 16px;font-size:16px;line-height:24px;color:#111827\">{label}:<br>
<a class=\"link\" href=\"{link}\" style=\"color:#1d4ed8;word-break:break-all\">{link}</a></p>
"
    )
}

/// A button, and its link in plain text for clients that show no button.
fn button(Button { label, link }: &Button) -> String {
    let (label, link) = (escape_html(label), escape_html(link));
    format!(
        "<table role=\"presentation\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\" style=\"margin:8px 0 16px\">
<tr><td class=\"button\" style=\"border-radius:6px;background:#1d4ed8\"><a class=\"label\" href=\"{link}\" style=\"display:inline-block;padding:12px 24px;font-size:16px;line-height:20px;font-weight:600;color:#ffffff;text-decoration:none\">{label}</a></td></tr>
</table>
<p class=\"quiet\" style=\"margin:0 0 16px;font-size:14px;line-height:21px;color:#4b5563\">If the button does not work, open this link:<br>
<a class=\"link\" href=\"{link}\" style=\"color:#1d4ed8;word-break:break-all\">{link}</a></p>
"
    )
}

/// Where people get help: an e-mail address or a URL as a link, another text as it is.
fn help(support: &str) -> String {
    let shown = escape_html(support);
    let is_url = ["https://", "http://"].iter().any(|scheme| support.starts_with(scheme));
    let link = |target: String| {
        format!("<br>Help: <a class=\"link\" href=\"{target}\" style=\"color:#1d4ed8\">{shown}</a>")
    };
    match support {
        "" => String::new(),
        _ if is_url => link(shown.clone()),
        _ if is_email(support) => link(format!("mailto:{shown}")),
        _ => format!("<br>Help: {shown}"),
    }
}

/// Escapes a text for HTML. Names can contain markup.
pub fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
