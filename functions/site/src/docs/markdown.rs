//! Turns the Markdown of the description into HTML: headings, paragraphs, lists and code. All texts are escaped, and other Markdown
//! stays as it is.

use custodian_app::mail::escape_html;

/// The HTML of a text. Its headings are one level below the heading of the page.
pub(super) fn html(text: &str) -> String {
    text.split("\n\n").map(str::trim).filter(|block| !block.is_empty()).map(block).collect()
}

fn block(text: &str) -> String {
    if let Some(heading) = text.strip_prefix("## ") {
        return format!("<h2 id=\"{}\">{}</h2>", anchor(heading), inline(heading));
    }
    if text.starts_with("- ") {
        let items = text.lines().map(|line| format!("<li>{}</li>", inline(line.trim_start_matches("- "))));
        return format!("<ul>{}</ul>", items.collect::<String>());
    }
    format!("<p>{}</p>", inline(text))
}

/// A text of one paragraph, with its code.
pub(super) fn inline(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let html = parts.map(|(at, part)| match (at % 2, escape_html(part)) {
        (1, code) => format!("<code>{code}</code>"),
        (_, text) => text,
    });
    html.collect()
}

/// The anchor of a heading.
pub(super) fn anchor(heading: &str) -> String {
    let words = heading.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::html;

    #[test]
    fn every_block_has_its_element_and_markup_is_escaped() {
        assert_eq!(
            html("## A <heading>\n\nA `<code>` & text.\n\n- one\n- `two`"),
            "<h2 id=\"a-heading\">A &lt;heading&gt;</h2><p>A <code>&lt;code&gt;</code> &amp; text.</p>\
             <ul><li>one</li><li><code>two</code></li></ul>"
        );
    }
}
