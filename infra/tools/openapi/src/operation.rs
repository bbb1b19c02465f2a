//! An operation of the document: one part is written by hand, the other comes from the route and its audience.

use custodian_domain::Reason;
use custodian_domain::kinds::Kind;
use custodian_http::Route;
use serde_json::{Value, json};

use crate::errors::ErrorFormat;
use crate::schema::{object, reference, with_optional_nulls};

/// A refusal of a request that its schema permits, because no schema can express the rule, such as one about stored rows, the clock
/// or the caller.
pub(crate) struct AlsoRefused {
    pub(crate) reason: Reason,
    /// The field or the parameter that the refusal names.
    pub(crate) field: Option<&'static str>,
    pub(crate) rule: String,
}

/// The description of a route.
pub(crate) struct Operation {
    pub(crate) route: Route,
    pub(crate) description: String,
    pub(crate) parameters: Vec<Value>,
    pub(crate) body: Option<Value>,
    /// Whether a request may have no body.
    pub(crate) body_is_optional: bool,
    /// Whether the route reads JSON with any media type.
    pub(crate) accepts_any_media_type: bool,
    /// The status code of a successful response.
    pub(crate) status: u16,
    /// The schema of a successful response; `None` for an HTML page or a file.
    pub(crate) response: Option<Value>,
    /// The media type of the file that the operation may return instead.
    pub(crate) file: Option<&'static str>,
    pub(crate) headers: Vec<&'static str>,
    /// Headers that not every successful response has, with their descriptions.
    pub(crate) optional_headers: Vec<(&'static str, Value)>,
    pub(crate) declared_reasons: Vec<Reason>,
    pub(crate) also_refused: Vec<AlsoRefused>,
    pub(crate) error_format: ErrorFormat,
    /// The kind whose permission the route requires instead of its audience's.
    pub(crate) kind: Option<&'static Kind>,
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
            declared_reasons: Vec::new(),
            also_refused: Vec::new(),
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
        with_parameters
            .returns_all_in_one_page(schema)
            .fails_with(&[Reason::InvalidRequestParameter])
            .also_refuses(
                Reason::InvalidRequestParameter,
                "page_token",
                "`page_token` is a token that this list did not return, or that it returned for other parameters.",
            )
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
        self.declared_reasons.extend(reasons);
        self
    }

    /// Also refuses requests that the schema permits.
    pub(crate) fn also_refuses(
        mut self,
        reason: Reason,
        field: impl Into<Option<&'static str>>,
        rule: impl Into<String>,
    ) -> Self {
        self.also_refused.push(AlsoRefused { reason, field: field.into(), rule: rule.into() });
        self
    }

    /// Refuses a field that refers to a row that does not exist.
    pub(crate) fn refuses_unknown(self, field: &'static str, table: &str) -> Self {
        let rule = format!("`{field}` refers to a row of the account's {table} that does not exist.");
        self.also_refuses(Reason::InvalidArgument, field, rule)
    }

    pub(crate) fn error_format(self, error_format: ErrorFormat) -> Self {
        Self { error_format, ..self }
    }

    pub(crate) fn of_kind(self, kind: &'static Kind) -> Self {
        Self { kind: Some(kind), ..self }
    }
}
