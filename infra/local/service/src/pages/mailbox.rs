//! The mailbox as a page. Links are clickable; every text is escaped, because accounts choose names that appear in mails.

use axum::response::Response;
use custodian_app::mail::escape_html;
use serde_json::Value;

use super::layout::{page, paragraph};
use super::texts::{MAX_ENTRIES, count_text, short_time};

/// The mails as a page, the newest first.
pub(crate) fn mailbox_page(mails: &[String]) -> Response {
    let parsed = mails.iter().take(MAX_ENTRIES).filter_map(|mail| serde_json::from_str(mail).ok());
    let articles: String = parsed.map(|mail: Value| article(&mail)).collect();
    let about = "The local service sends no mail to anybody. When an account is deleted, its mails are removed, and those about \
                 the deletion a day later, unless the service runs with --keep-mail.";
    let content = [paragraph(&count_text(mails.len(), "mail")), articles, paragraph(about)];
    page("Mailbox", &content.concat())
}

fn article(mail: &Value) -> String {
    let text = |name: &str| mail[name].as_str().unwrap_or_default();
    format!(
        "<article><h2>{}</h2><p class=\"quiet\">To {}, {}</p><pre>{}</pre></article>",
        escape_html(text("subject")),
        escape_html(text("to")),
        escape_html(&short_time(text("tm_create"))),
        with_links(text("text"))
    )
}

/// Escapes a text, and makes its web addresses clickable.
fn with_links(text: &str) -> String {
    let mut html = String::new();
    // Every piece but the last ends in white space.
    for piece in text.split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        let address = escape_html(word);
        if word.starts_with("http://") || word.starts_with("https://") {
            html.push_str(&format!("<a href=\"{address}\" rel=\"noreferrer\">{address}</a>"));
        } else {
            html.push_str(&address);
        }
        html.push_str(&piece[word.len()..]);
    }
    html
}

#[cfg(test)]
mod tests {
    use super::with_links;

    #[test]
    fn web_addresses_are_links_and_everything_else_is_escaped() {
        let text = "Open <b>\n\nhttp://127.0.0.1:1/a?x=1&y=2\n\"javascript:alert(1)\"";
        let html = "Open &lt;b&gt;\n\n<a href=\"http://127.0.0.1:1/a?x=1&amp;y=2\" rel=\"noreferrer\">\
                    http://127.0.0.1:1/a?x=1&amp;y=2</a>\n&quot;javascript:alert(1)&quot;";
        assert_eq!(with_links(text), html);
        assert!(!with_links("https://x/\"onclick=\"alert(1)").contains("\"onclick"));
    }
}
