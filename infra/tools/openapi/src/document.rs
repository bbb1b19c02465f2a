//! The parts of the document that describe one operation.

use custodian_domain::Reason;
use custodian_http::Audience;
use serde_json::{Map, Value, json};

use crate::errors::{self, ErrorFormat};
use crate::operation::{AlsoRefused, Operation};
use crate::tags;

impl Operation {
    /// The operation in the document, and the error responses that it refers to.
    pub(crate) fn describe(&self, id: &str, audience: Audience) -> (Value, Vec<(String, Value)>) {
        let summary = self.description.split_inclusive(". ").next().unwrap_or_default().trim();
        let mut operation = json!({
            "operationId": id, "tags": [tags::of_path(&self.route.path)], "summary": summary.trim_end_matches('.'),
            "description": self.explanation(audience),
        });
        if !self.also_refused.is_empty() {
            operation["x-also-refused"] = self.also_refused.iter().map(AlsoRefused::to_json).collect();
        }
        if matches!(audience, Audience::Anyone) {
            operation["security"] = json!([]);
        }
        let mut parameters = self.parameters.clone();
        let header = |name: &str| json!({ "$ref": format!("#/components/parameters/{name}") });
        parameters.extend(self.is_conditional().then(|| header("If-Match")));
        parameters.extend(self.is_cacheable().then(|| header("If-None-Match")));
        parameters.extend(self.route.takes_idempotency_key().then(|| header("Idempotency-Key")));
        if !parameters.is_empty() {
            operation["parameters"] = parameters.into();
        }
        if let Some(body) = &self.body {
            let mut content = json!({ "application/json": { "schema": body } });
            if self.accepts_forms() {
                content["application/x-www-form-urlencoded"] = json!({ "schema": body });
            }
            operation["requestBody"] = json!({ "required": !self.body_is_optional, "content": content });
        }
        let errors = self.error_responses(audience);
        let mut responses = Map::from_iter([(self.status.to_string(), self.success())]);
        if self.is_cacheable() {
            responses.insert("304".to_owned(), json!({ "$ref": "#/components/responses/304" }));
        }
        if self.accepts_forms() {
            responses.insert("303".to_owned(), redirect());
        }
        for (name, _) in &errors {
            let code = name.split('.').next().unwrap_or_default().to_owned();
            responses.insert(code, json!({ "$ref": format!("#/components/responses/{name}") }));
        }
        if self.status == 303 {
            responses.insert("200".to_owned(), self.redirected());
        }
        operation["responses"] = responses.into();
        (operation, errors)
    }

    /// What a client gets that follows the redirect. Without its content, because some generators support only JSON.
    fn redirected(&self) -> Value {
        let media_type = self.file.unwrap_or("application/octet-stream");
        json!({ "description": format!(
            "The file (`{media_type}`), for a client that follows the redirect. It comes from the storage, without the headers of the API."
        ) })
    }

    fn success(&self) -> Value {
        let names = ["X-Request-Id"].iter().chain(&self.headers);
        let headers: Map<_, _> = names
            .map(|name| ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") })))
            .chain(self.optional_headers.iter().map(|(name, header)| ((*name).to_owned(), header.clone())))
            .collect();
        let mut content = Map::new();
        if let Some(response) = &self.response {
            content.insert("application/json".to_owned(), json!({ "schema": response }));
        }
        if self.status == 303 {
            content.insert("text/html".to_owned(), empty_page());
        }
        if self.error_format == ErrorFormat::Page || self.returns_page_to_browsers() {
            content.insert("text/html".to_owned(), json!({ "schema": { "type": "string" } }));
        }
        if let Some(media_type) = self.file.filter(|_| self.status != 303) {
            content.insert(media_type.to_owned(), json!({ "schema": { "type": "string" } }));
        }
        json!({ "description": "Success.", "headers": headers, "content": content })
    }

    /// What the operation does, who can call it, and what it refuses although the schema permits it.
    fn explanation(&self, audience: Audience) -> String {
        let mut text = format!("{}\n\nFor {}.", self.description, self.callers(audience));
        if !self.also_refused.is_empty() {
            let rules: Vec<_> =
                self.also_refused.iter().map(|refused| format!("- {}", refused.rule)).collect();
            text.push_str(&format!(
                "\n\nA request is also refused if, independently of its schema:\n\n{}",
                rules.join("\n")
            ));
        }
        text
    }

    /// The error responses, one per status code.
    fn error_responses(&self, audience: Audience) -> Vec<(String, Value)> {
        let reasons = self.reasons(audience);
        let same_code = |a: &Reason, b: &Reason| a.class().code == b.class().code;
        reasons.chunk_by(same_code).map(|reasons| errors::response(reasons, self.error_format)).collect()
    }
}

impl AlsoRefused {
    fn to_json(&self) -> Value {
        let mut refused = json!({ "reason": self.reason.key(), "rule": self.rule });
        if let Some(field) = self.field {
            refused["field"] = json!(field);
        }
        refused
    }
}

/// The response to an accepted form.
fn redirect() -> Value {
    json!({
        "description": "The form was accepted. `Location` is the page with the result.",
        "headers": {
            "X-Request-Id": { "$ref": "#/components/headers/X-Request-Id" },
            "Location": { "$ref": "#/components/headers/Location" },
        },
        "content": { "text/html": empty_page() },
    })
}

/// The body of a redirect.
fn empty_page() -> Value {
    json!({ "schema": { "type": "string", "maxLength": 0 } })
}
