//! The public API in brief: a line a route, a line a field of what is answered, a line a reason.

use std::fmt::Write as _;

use custodian_domain::Reason;
use serde_json::Value;

/// One line for each route, with whom it serves, what it answers and what it is refused for, and one for each reason.
pub fn surface() -> String {
    let mut text = String::from(
        "# The public API in brief, written by infra/openapi: routes, fields of answers, reasons. See openapi.json.\n\n",
    );
    for (operation, _, audience) in crate::deployed() {
        let mut codes: Vec<u16> =
            operation.reasons(audience).iter().map(|reason| reason.class().code).collect();
        codes.dedup();
        let codes: Vec<_> = codes.iter().map(u16::to_string).collect();
        let answer = operation.answer.as_ref().map_or_else(|| "page".to_owned(), in_brief);
        line(
            &mut text,
            &format!(
                "{:<6} {} | {} | {} {answer} | {}",
                operation.method,
                operation.path,
                operation.served(audience),
                operation.code,
                codes.join(" ")
            ),
        );
    }
    text.push('\n');
    for (name, schema) in crate::views::all() {
        if let Some(fields) = schema["properties"].as_object() {
            let names: Vec<_> = fields.keys().map(String::as_str).collect();
            line(&mut text, &format!("{name}: {}", names.join(" ")));
        }
    }
    text.push('\n');
    for reason in Reason::ALL {
        let class = reason.class();
        line(&mut text, &format!("{} {} {}", class.code, class.name, reason.key()));
    }
    text
}

fn line(text: &mut String, line: &str) {
    // Writing to a text cannot fail.
    let _ = writeln!(text, "{line}");
}

/// The name of a schema, or the names of its fields.
fn in_brief(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        return name.rsplit('/').next().unwrap_or_default().to_owned();
    }
    let items = &schema["properties"]["result"]["items"];
    if items.is_object() {
        return format!("page of {}", in_brief(items));
    }
    let fields = schema["properties"].as_object().into_iter().flat_map(|fields| fields.keys());
    format!("{{{}}}", fields.map(String::as_str).collect::<Vec<_>>().join(", "))
}
