//! The operations of one tag.

use custodian_app::mail::escape_html;
use serde_json::Value;

use super::description::{Description, Operation, Tag, text};
use super::{index, markdown, schema};

/// The content of a tag's page.
pub(super) fn page(description: &Description, tag: &Tag<'_>) -> String {
    let operations = description.operations(tag.name);
    let sections: String = operations.iter().map(|operation| section(description, operation)).collect();
    format!("<p>{}</p>{}{sections}", markdown::inline(tag.description), index::operations("", &operations))
}

fn section(description: &Description, operation: &Operation<'_>) -> String {
    let (id, value) = (operation.id(), operation.value);
    format!(
        "<section aria-labelledby=\"{id}\"><h2 id=\"{id}\">{}</h2>\
         <p class=\"route\"><span class=\"method\">{}</span> <code>{}</code></p>{}{}{}{}{}{}</section>",
        markdown::inline(operation.summary()),
        operation.method.to_uppercase(),
        escape_html(operation.path),
        markdown::html(without_summary(operation)),
        parameters(description, operation),
        request(description, value),
        command(value),
        responses(description, value),
        reasons(description, value),
    )
}

/// The explanation, without a first paragraph that only repeats the summary.
fn without_summary<'a>(operation: &Operation<'a>) -> &'a str {
    let explanation = text(&operation.value["description"]);
    let rest = explanation.strip_prefix(text(&operation.value["summary"]));
    rest.and_then(|rest| rest.strip_prefix(".\n\n")).unwrap_or(explanation)
}

fn parameters(description: &Description, operation: &Operation<'_>) -> String {
    let own = operation.value["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let all: Vec<_> = description.path_parameters(operation.path).iter().chain(own).collect();
    let is_header = |parameter: &&&Value| description.resolve(parameter)["in"] == "header";
    // Headers come last, because they are the same for many operations.
    let (headers, others): (Vec<_>, Vec<_>) = all.iter().partition(is_header);
    let ordered = others.into_iter().chain(headers);
    let entries: String = ordered.map(|parameter| self::parameter(description, parameter)).collect();
    format!("<h3>Parameters</h3><dl>{entries}</dl>")
}

/// An entry of the list of parameters.
pub(super) fn parameter(description: &Description, parameter: &Value) -> String {
    let parameter = description.resolve(parameter);
    let place = match text(&parameter["in"]) {
        "header" => "header",
        "path" => "in the path",
        _ => "in the query",
    };
    let required = parameter["required"] == true;
    let notes = [Some(place), required.then_some("required")];
    schema::entry(description, text(&parameter["name"]), parameter, &parameter["schema"], &notes)
}

fn request(description: &Description, operation: &Value) -> String {
    let body = &operation["requestBody"];
    if body.is_null() {
        return String::new();
    }
    let note = if body["required"] == true { "" } else { "<p>The body is optional.</p>" };
    let content = &body["content"]["application/json"];
    format!(
        "<h3>Body</h3>{note}{}{}",
        schema::fields(description, &content["schema"]),
        example("Example of a body", content)
    )
}

fn command(operation: &Value) -> String {
    let source = text(&operation["x-codeSamples"][0]["source"]);
    format!("<h3>With curl</h3><pre>{}</pre>", escape_html(source))
}

fn responses(description: &Description, operation: &Value) -> String {
    let all = operation["responses"].as_object().into_iter().flatten();
    let successes = all.filter(|(code, _)| code.starts_with(['2', '3']));
    successes
        .map(|(code, response)| self::response(description, code, description.resolve(response)))
        .collect()
}

fn response(description: &Description, code: &str, response: &Value) -> String {
    let content = &response["content"]["application/json"];
    let text = markdown::inline(text(&response["description"]));
    let headers = response["headers"].as_object().into_iter().flatten();
    let headers: Vec<_> = headers.map(|(name, _)| format!("<code>{}</code>", escape_html(name))).collect();
    let headers =
        if headers.is_empty() { String::new() } else { format!("<p>Headers: {}.</p>", headers.join(", ")) };
    let fields = match content["schema"].is_null() {
        true => String::new(),
        false => format!(
            "<details><summary>Fields of the response {code}</summary>{}</details>",
            schema::fields(description, &content["schema"])
        ),
    };
    format!(
        "<h3>Response {code}</h3><p>{text}</p>{headers}{fields}{}",
        example("Example of a response", content)
    )
}

/// The first example of a body.
pub(super) fn example(title: &str, content: &Value) -> String {
    let value = &content["examples"]["example"]["value"];
    if value.is_null() {
        return String::new();
    }
    let json = serde_json::to_string_pretty(value).unwrap_or_default();
    format!("<p>{title}:</p><pre>{}</pre>", escape_html(&json))
}

/// Why the operation can fail.
fn reasons(description: &Description, operation: &Value) -> String {
    let all = operation["responses"].as_object().into_iter().flatten();
    let refusals = all.filter(|(code, _)| code.starts_with(['4', '5']));
    let row = |(code, response): (&String, &Value)| -> String {
        let response = description.resolve(response);
        let reasons = text(&response["description"]).split("\n\n").filter_map(|line| line.split_once(": "));
        reasons
            .map(|(reason, message)| {
                format!(
                    "<tr><td>{code}</td><td>{}</td><td>{}</td></tr>",
                    markdown::inline(reason),
                    markdown::inline(message)
                )
            })
            .collect()
    };
    format!(
        "<details><summary>Reasons for which it fails</summary><table><thead><tr><th scope=\"col\">Status</th>\
         <th scope=\"col\">Reason</th><th scope=\"col\">Message</th></tr></thead><tbody>{}</tbody></table></details>",
        refusals.map(row).collect::<String>()
    )
}
