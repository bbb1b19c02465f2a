//! An operation: what is written by hand of it, and what follows from its route and from whom it serves.

use custodian_domain::kinds::Kind;
use custodian_domain::{Permission, Reason};
use custodian_http::Audience;
use serde_json::{Map, Value, json};

use crate::refusals::{self, Told};
use crate::schema::{named, object};

/// A route as it is described.
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    words: String,
    parameters: Vec<Value>,
    body: Option<Value>,
    /// The code and the schema of a success, if it is told as JSON.
    pub(crate) code: u16,
    pub(crate) answer: Option<Value>,
    headers: Vec<&'static str>,
    reasons: Vec<Reason>,
    told: Told,
    /// Whose right is asked for beside the audience's.
    kind: Option<&'static Kind>,
}

impl Operation {
    /// `words` begin with a sentence that serves as the summary.
    pub(crate) fn new(method: &'static str, path: impl Into<String>, words: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            words: words.into(),
            parameters: Vec::new(),
            body: None,
            code: 200,
            answer: None,
            headers: Vec::new(),
            reasons: Vec::new(),
            told: Told::Json,
            kind: None,
        }
    }

    pub(crate) fn parameter(mut self, parameter: Value) -> Self {
        self.parameters.push(parameter);
        self
    }

    pub(crate) fn takes(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    pub(crate) fn gives(self, answer: Value) -> Self {
        Self { answer: Some(answer), ..self }
    }

    /// A row, with its version as `ETag`.
    pub(crate) fn gives_row(self, schema: &str) -> Self {
        self.gives(named(schema)).with_header("ETag")
    }

    /// A page of rows.
    pub(crate) fn gives_page(self, schema: &str) -> Self {
        let page = object(
            vec![
                ("result", json!({ "type": "array", "items": named(schema), "maxItems": 100 })),
                ("next_page_token", json!({ "type": "string", "description": "Empty on the last page." })),
            ],
            &["result", "next_page_token"],
        );
        let parameter = |name: &str| json!({ "$ref": format!("#/components/parameters/{name}") });
        let paged = self.parameter(parameter("page_size")).parameter(parameter("page_token"));
        paged.gives(page).refuses(&[Reason::InvalidRequestParameter])
    }

    pub(crate) fn with_header(mut self, name: &'static str) -> Self {
        self.headers.push(name);
        self
    }

    pub(crate) fn with_code(self, code: u16) -> Self {
        Self { code, ..self }
    }

    pub(crate) fn refuses(mut self, reasons: &[Reason]) -> Self {
        self.reasons.extend(reasons);
        self
    }

    pub(crate) fn told(self, told: Told) -> Self {
        Self { told, ..self }
    }

    pub(crate) fn of_kind(self, kind: &'static Kind) -> Self {
        Self { kind: Some(kind), ..self }
    }

    pub(crate) fn key(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// What every route of its sort can be refused for, and what is said of it alone, in the order of the codes.
    pub(crate) fn reasons(&self, audience: Audience) -> Vec<Reason> {
        let mut reasons = self.reasons.clone();
        reasons.extend([Reason::PayloadTooLarge, Reason::Internal, Reason::ServiceUnavailable]);
        if !matches!(audience, Audience::Anyone) {
            reasons.extend([
                Reason::AuthenticationRequired,
                Reason::InvalidCredentials,
                Reason::PermissionDenied,
            ]);
        }
        reasons.extend(closed(audience));
        if self.path.contains("{id}") {
            reasons.push(Reason::InvalidId);
        }
        if self.body.is_some() {
            reasons.extend([Reason::InvalidJsonBody, Reason::UnsupportedMediaType, Reason::InvalidArgument]);
        }
        if self.is_conditional() {
            reasons.push(Reason::PreconditionFailed);
        }
        if self.is_repeatable() {
            reasons.extend([
                Reason::InvalidRequestParameter,
                Reason::IdempotencyKeyReused,
                Reason::IdempotencyKeyInUse,
                Reason::IdempotentAnswerLost,
            ]);
        }
        let mut ordered: Vec<_> =
            Reason::ALL.iter().filter(|reason| reasons.contains(reason)).copied().collect();
        ordered.sort_by_key(|reason| reason.class().code);
        ordered
    }

    /// One set of reasons a code.
    fn refusals(&self, audience: Audience) -> Vec<(String, Value)> {
        let reasons = self.reasons(audience);
        let same = |a: &Reason, b: &Reason| a.class().code == b.class().code;
        reasons.chunk_by(same).map(|reasons| refusals::response(reasons, self.told)).collect()
    }

    /// `If-Match` is taken.
    fn is_conditional(&self) -> bool {
        matches!(self.method, "PUT" | "DELETE")
    }

    /// `Idempotency-Key` is taken.
    fn is_repeatable(&self) -> bool {
        self.method == "POST" && self.path.starts_with("/v1.0/")
    }

    /// Whom it serves, in words.
    pub(crate) fn served(&self, audience: Audience) -> String {
        let needs = match audience {
            Audience::Anyone => return "anybody".to_owned(),
            Audience::Operator => return "platform admins".to_owned(),
            Audience::Account { needs, .. } => self.kind.map_or(needs, |kind| kind.needs),
        };
        let account = if closed(audience).is_empty() { "" } else { " of an active account" };
        let who = match needs {
            Permission::ADMIN => "admins",
            Permission::ADMIN_OR_MANAGER => "admins and managers",
            _ => "every agent",
        };
        format!("{who}{account}")
    }

    /// The operation as the document has it, and the responses that it refers to.
    pub(crate) fn describe(&self, id: &str, audience: Audience) -> (Value, Vec<(String, Value)>) {
        let summary = self.words.split_inclusive(". ").next().unwrap_or_default().trim();
        let tag = self.path.trim_start_matches("/v1.0").split('/').nth(1).unwrap_or_default();
        let words = format!("{}\n\nFor {}.", self.words, self.served(audience));
        let mut operation = json!({
            "operationId": id, "tags": [tag], "summary": summary.trim_end_matches('.'), "description": words,
        });
        if matches!(audience, Audience::Anyone) {
            operation["security"] = json!([]);
        }
        let mut parameters = self.parameters.clone();
        let header = |name: &str| json!({ "$ref": format!("#/components/parameters/{name}") });
        parameters.extend(self.is_conditional().then(|| header("If-Match")));
        parameters.extend(self.is_repeatable().then(|| header("Idempotency-Key")));
        if !parameters.is_empty() {
            operation["parameters"] = parameters.into();
        }
        if let Some(body) = &self.body {
            let mut content = json!({ "application/json": { "schema": body } });
            if self.told == Told::Both {
                content["application/x-www-form-urlencoded"] = json!({ "schema": body });
            }
            operation["requestBody"] = json!({ "required": true, "content": content });
        }
        let refusals = self.refusals(audience);
        let mut responses = Map::from_iter([(self.code.to_string(), self.success())]);
        for (name, _) in &refusals {
            let code = name.split('.').next().unwrap_or_default().to_owned();
            responses.insert(code, json!({ "$ref": format!("#/components/responses/{name}") }));
        }
        operation["responses"] = responses.into();
        (operation, refusals)
    }

    fn success(&self) -> Value {
        let names = ["X-Request-Id"].iter().chain(&self.headers);
        let headers: Map<_, _> = names
            .map(|name| ((*name).to_owned(), json!({ "$ref": format!("#/components/headers/{name}") })))
            .collect();
        let mut content = Map::new();
        if let Some(answer) = &self.answer {
            content.insert("application/json".to_owned(), json!({ "schema": answer }));
        }
        if self.told != Told::Json {
            content.insert("text/html".to_owned(), json!({ "schema": { "type": "string" } }));
        }
        json!({ "description": "Done.", "headers": headers, "content": content })
    }
}

/// What the status of the caller's account is refused for.
fn closed(audience: Audience) -> &'static [Reason] {
    match audience {
        Audience::Anyone => &[],
        // Who is no operator is told of the own account first.
        Audience::Operator => &[Reason::AccountFrozen, Reason::AccountNotVerified],
        Audience::Account { closed, .. } => closed,
    }
}
