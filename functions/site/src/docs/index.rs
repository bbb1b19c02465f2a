//! The first page of the reference: how the API works, and all operations by tag.

use custodian_app::mail::escape_html;

use super::description::{Description, Operation, text};
use super::markdown;
use super::paths::{DESCRIPTION, DOCS, WEBHOOK_PAYLOADS};

pub(super) fn content(description: &Description) -> String {
    let tags: String = description
        .tags()
        .map(|tag| {
            format!(
                "<h3><a href=\"{DOCS}/{}\">{}</a></h3><p>{}</p>{}",
                tag.name,
                escape_html(tag.title),
                markdown::inline(tag.description),
                operations(&format!("{DOCS}/{}", tag.name), &description.operations(tag.name)),
            )
        })
        .collect();
    format!(
        "<p>The same as a document for programs: <a href=\"{DESCRIPTION}\">openapi.json</a> (OpenAPI 3.1).</p>{}{}\
         <h2 id=\"operations\">Operations</h2>{tags}<h3><a href=\"{DOCS}/{WEBHOOK_PAYLOADS}\">Webhook payloads</a></h3>\
         <p>What the webhook endpoint of an account receives.</p>",
        markdown::html(description.introduction()),
        credentials(description),
    )
}

/// The places in which a request can have its credential.
fn credentials(description: &Description) -> String {
    let place = |scheme: &serde_json::Value| match text(&scheme["in"]) {
        "" => "header <code>Authorization: Bearer …</code>".to_owned(),
        "query" => format!("query <code>?{}=…</code>", text(&scheme["name"])),
        place => format!("{place} <code>{}</code>", text(&scheme["name"])),
    };
    let entry = |scheme| {
        format!(
            "<dt>{}</dt><dd><p>{}</p></dd>",
            place(scheme),
            markdown::inline(text(&scheme["description"]))
        )
    };
    let entries: String = description.security_schemes().map(entry).collect();
    format!("<h2 id=\"credentials\">Where a request has its credential</h2><dl>{entries}</dl>")
}

/// Links to operations of the page at a path.
pub(super) fn operations(page: &str, operations: &[Operation<'_>]) -> String {
    let link = |operation: &Operation<'_>| {
        format!(
            "<li><a href=\"{page}#{}\">{}</a><br><code>{} {}</code></li>",
            operation.id(),
            markdown::inline(operation.summary()),
            operation.method.to_uppercase(),
            escape_html(operation.path)
        )
    };
    format!("<ul class=\"operations\">{}</ul>", operations.iter().map(link).collect::<String>())
}
