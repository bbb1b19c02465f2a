//! An operation of the document: one part is written by hand, the other comes from the route and its audience.

use custodian_domain::kinds::Kind;
use custodian_domain::{Permission, Reason};
use custodian_http::{Audience, CredentialRule, Route};
use serde_json::{Map, Value, json};

use crate::errors::{self, ErrorFormat};
use crate::schema::{object, reference, with_optional_nulls};

/// The description of a route.
pub(crate) struct Operation {
    pub(crate) route: Route,
    description: String,
    parameters: Vec<Value>,
    body: Option<Value>,
    /// Whether a request may have no body.
    body_is_optional: bool,
    /// Whether the route reads JSON with any media type.
    accepts_any_media_type: bool,
    /// The status code of a successful response.
    pub(crate) status: u16,
    /// The schema of a successful response; `None` for an HTML page.
    pub(crate) response: Option<Value>,
    /// The media type of the file that the operation may return instead.
    file: Option<&'static str>,
    headers: Vec<&'static str>,
    /// Headers that not every successful response has, with their descriptions.
    optional_headers: Vec<(&'static str, Value)>,
    reasons: Vec<Reason>,
    error_format: ErrorFormat,
    /// The kind whose permission the route requires instead of its audience's.
    kind: Option<&'static Kind>,
}

impl Operation {
    /// The first sentence of `description` becomes the summary.
    pub(crate) fn new(method: &'static str, path: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            route: Route::new(method, path),
            description: description.into(),
            parameters: Vec::new(),
            body: None,
            body_is_optional: false,
            accepts_any_media_type: false,
            status: 200,
            response: None,
            file: None,
            headers: Vec::new(),
            optional_headers: Vec::new(),
            reasons: Vec::new(),
            error_format: ErrorFormat::Json,
            kind: None,
        }
    }

    pub(crate) fn parameter(mut self, parameter: Value) -> Self {
        self.parameters.push(parameter);
        self
    }

    pub(crate) fn body(self, body: Value) -> Self {
        Self { body: Some(with_optional_nulls(body)), ..self }
    }

    pub(crate) fn of_any_media_type(self) -> Self {
        Self { accepts_any_media_type: true, ..self }
    }

    pub(crate) fn optional_body(self, body: Value) -> Self {
        Self { body_is_optional: true, ..self.body(body) }
    }

    /// May also return a file of this media type.
    pub(crate) fn returns_file(self, media_type: &'static str) -> Self {
        Self { file: Some(media_type), ..self }
    }

    pub(crate) fn returns(self, response: Value) -> Self {
        Self { response: Some(response), ..self }
    }

    /// Returns a row, with its version as `ETag`.
    pub(crate) fn returns_row(self, schema: &str) -> Self {
        self.returns(reference(schema)).with_header("ETag")
    }

    /// Returns a page of rows.
    pub(crate) fn returns_page(self, schema: &str) -> Self {
        let parameter = |name: &str| json!({ "$ref": format!("#/components/parameters/{name}") });
        let with_parameters = self.parameter(parameter("page_size")).parameter(parameter("page_token"));
        with_parameters.returns_all_in_one_page(schema).fails_with(&[Reason::InvalidRequestParameter])
    }

    /// Returns rows in the form of a page, of which there is only one.
    pub(crate) fn returns_all_in_one_page(self, schema: &str) -> Self {
        let page = object(
            vec![
                ("result", json!({ "type": "array", "items": reference(schema), "maxItems": 100 })),
                ("next_page_token", json!({ "type": "string", "description": "Empty on the last page." })),
            ],
            &["result", "next_page_token"],
        );
        self.returns(page)
    }

    pub(crate) fn with_header(mut self, name: &'static str) -> Self {
        self.headers.push(name);
        self
    }

    /// A header that not every successful response has.
    pub(crate) fn with_optional_header(mut self, name: &'static str, header: Value) -> Self {
        self.optional_headers.push((name, header));
        self
    }

    pub(crate) fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn fails_with(mut self, reasons: &[Reason]) -> Self {
        self.reasons.extend(reasons);
        self
    }

    pub(crate) fn error_format(self, error_format: ErrorFormat) -> Self {
        Self { error_format, ..self }
    }

    pub(crate) fn of_kind(self, kind: &'static Kind) -> Self {
        Self { kind: Some(kind), ..self }
    }

    /// Every reason for which the route can fail, in the order of the status codes.
    pub(crate) fn reasons(&self, audience: Audience) -> Vec<Reason> {
        let mut reasons = self.reasons.clone();
        reasons.extend([
            Reason::WebhookLoop,
            Reason::PayloadTooLarge,
            Reason::Internal,
            Reason::ServiceUnavailable,
        ]);
        if !matches!(audience, Audience::Anyone) {
            reasons.extend([
                Reason::AuthenticationRequired,
                Reason::InvalidCredentials,
                Reason::PermissionDenied,
                Reason::UnsupportedMediaType,
            ]);
            if !self.route.is_read() {
                reasons.push(Reason::CrossOriginRequest);
            }
        }
        reasons.extend(account_status_reasons(audience));
        // The budget of bytes that an account may read.
        if !matches!(audience, Audience::Anyone) && self.route.is_read() {
            reasons.push(Reason::RateLimitExceeded);
        }
        if self.route.path.contains("{id}") {
            reasons.push(Reason::InvalidId);
        }
        if self.body.is_some() {
            reasons.extend([Reason::InvalidJsonBody, Reason::InvalidArgument]);
            reasons.extend((!self.accepts_any_media_type).then_some(Reason::UnsupportedMediaType));
        }
        if self.is_conditional() {
            reasons.push(Reason::PreconditionFailed);
        }
        if self.route.takes_idempotency_key() {
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

    /// The error responses, one per status code.
    fn error_responses(&self, audience: Audience) -> Vec<(String, Value)> {
        let reasons = self.reasons(audience);
        let same_code = |a: &Reason, b: &Reason| a.class().code == b.class().code;
        reasons.chunk_by(same_code).map(|reasons| errors::response(reasons, self.error_format)).collect()
    }

    /// Whether the route also accepts the form of a page, and redirects to a page.
    pub(crate) fn accepts_forms(&self) -> bool {
        self.error_format == ErrorFormat::JsonOrPage && !self.route.is_read()
    }

    /// Whether a browser gets a page instead of JSON.
    fn returns_page_to_browsers(&self) -> bool {
        self.error_format == ErrorFormat::JsonOrPage && self.route.is_read()
    }

    /// Whether the route accepts `If-Match`. The brake has no version.
    fn is_conditional(&self) -> bool {
        matches!(self.route.method, "PUT" | "DELETE") && self.route.path != "/v1.0/platform/deletions"
    }

    /// Whether the route accepts `If-None-Match`.
    fn is_cacheable(&self) -> bool {
        self.route.is_read() && self.headers.contains(&"ETag")
    }

    /// Who can call the route, in words.
    pub(crate) fn callers(&self, audience: Audience) -> String {
        let needs = match audience {
            Audience::Anyone => return "anyone".to_owned(),
            Audience::PlatformAdmin => return "platform admins".to_owned(),
            Audience::Account { needs, .. } => self.kind.map_or(needs, |kind| kind.required_permission),
        };
        let except = match audience {
            Audience::Account { permits: CredentialRule::NoDelegates, .. } => ", but not for delegates",
            Audience::Account { permits: CredentialRule::NoLimitedKeys, .. } => {
                ", but not for limited access keys"
            }
            Audience::Account { permits: CredentialRule::NoDelegatesOrLimitedKeys, .. } => {
                ", but not for delegates and limited access keys"
            }
            _ => "",
        };
        let account = if account_status_reasons(audience).is_empty() { "" } else { " of an active account" };
        let agents = match needs {
            Permission::ADMIN => "admins",
            Permission::ADMIN_OR_MANAGER => "admins and managers",
            _ => "all agents",
        };
        format!("{agents}{account}{except}")
    }

    /// The operation in the document, and the error responses that it refers to.
    pub(crate) fn describe(&self, id: &str, audience: Audience) -> (Value, Vec<(String, Value)>) {
        let summary = self.description.split_inclusive(". ").next().unwrap_or_default().trim();
        let tag = self.route.path.trim_start_matches("/v1.0").split('/').nth(1).unwrap_or_default();
        let description = format!("{}\n\nFor {}.", self.description, self.callers(audience));
        let mut operation = json!({
            "operationId": id, "tags": [tag], "summary": summary.trim_end_matches('.'), "description": description,
        });
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
        operation["responses"] = responses.into();
        (operation, errors)
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
        if let Some(media_type) = self.file {
            content.insert(media_type.to_owned(), json!({ "schema": { "type": "string" } }));
        }
        json!({ "description": "Success.", "headers": headers, "content": content })
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

/// The reasons for which the route refuses a caller because of the status of their account.
fn account_status_reasons(audience: Audience) -> &'static [Reason] {
    match audience {
        Audience::Anyone => &[],
        // For a caller who is not a platform admin, the status of their own account is checked first.
        Audience::PlatformAdmin => &[Reason::AccountFrozen, Reason::AccountNotVerified],
        Audience::Account { refusals, .. } => refusals,
    }
}
