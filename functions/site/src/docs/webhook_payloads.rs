//! The page about what a webhook endpoint receives.

use std::collections::BTreeMap;

use custodian_app::mail::escape_html;
use serde_json::Value;

use super::description::{Description, text};
use super::{markdown, operation, schema};

/// The schema of a payload, and the events that have it.
struct Payload<'a> {
    schema: &'a Value,
    events: Vec<(&'a str, &'a Value)>,
}

pub(super) fn content(description: &Description) -> String {
    let mut payloads: BTreeMap<usize, Payload<'_>> = BTreeMap::new();
    for (event_type, webhook) in description.webhooks() {
        let schema = &webhook["requestBody"]["content"]["application/json"]["schema"];
        let known = payloads.values_mut().find(|payload| payload.schema == schema);
        match known {
            Some(payload) => payload.events.push((event_type, webhook)),
            None => {
                let events = vec![(event_type, webhook)];
                payloads.insert(payloads.len(), Payload { schema, events });
            }
        }
    }
    let sections: String = payloads.values().map(|payload| section(description, payload)).collect();
    format!("{}{sections}", introduction(description))
}

fn introduction(description: &Description) -> String {
    let Some((_, webhook)) = description.webhooks().next() else { return String::new() };
    let headers = webhook["parameters"].as_array().into_iter().flatten();
    let headers: String = headers.map(|header| operation::parameter(description, header)).collect();
    let responses = webhook["responses"].as_object().into_iter().flatten();
    let responses: String = responses
        .map(|(code, response)| {
            let code = if code == "default" { "any other" } else { code };
            format!(
                "<dt><code>{code}</code></dt><dd><p>{}</p></dd>",
                markdown::inline(text(&response["description"]))
            )
        })
        .collect();
    format!(
        "<p>Each endpoint of an account gets a request for each event below that it has chosen, or for every one if it has chosen none. The first \
         endpoint is <code>webhook_uri</code>. The same webhook can arrive twice, and \
         webhooks can arrive in any order.</p><h2 id=\"headers\">Headers</h2><dl>{headers}</dl>\
         <h2 id=\"responses\">What the endpoint responds</h2><dl>{responses}</dl>"
    )
}

fn section(description: &Description, payload: &Payload<'_>) -> String {
    let schema = description.resolve(payload.schema);
    let name = text(&payload.schema["$ref"]).rsplit('/').next().unwrap_or_default();
    let events: String = payload
        .events
        .iter()
        .map(|(event_type, webhook)| {
            format!("<li><code>{event_type}</code>: {}</li>", markdown::inline(text(&webhook["summary"])))
        })
        .collect();
    let example = serde_json::to_string_pretty(&schema["examples"][0]).unwrap_or_default();
    format!(
        "<section aria-labelledby=\"{name}\"><h2 id=\"{name}\">{name}</h2><ul>{events}</ul>\
         <details><summary>Fields of {name}</summary>{}</details><p>Example:</p><pre>{}</pre></section>",
        schema::fields(description, payload.schema),
        escape_html(&example)
    )
}
