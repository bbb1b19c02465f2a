//! The route of an endpoint.

use std::fmt;

/// Method and path. The default route is the method `$default` without a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub method: &'static str,
    /// The path as in the template: `/v1.0/customers/{id}`.
    pub path: String,
}

/// The method that callers use, and the path.
impl fmt::Display for Route {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = if self.is_default() { "" } else { " " };
        write!(text, "{}{space}{}", self.method, self.path)
    }
}

impl Route {
    pub fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self { method, path: path.into() }
    }

    /// Whether the gateway uses this route for requests that match no other route.
    pub fn is_default(&self) -> bool {
        self.path.is_empty()
    }

    /// Whether this is a route for reading.
    pub fn is_read(&self) -> bool {
        self.method == "GET"
    }

    /// The method of the gateway's route. A route for reading has `ANY`, so that it also matches HEAD. The gateway prefers
    /// another route with the request's own method; [`crate::serve`] refuses the methods that remain, except a CORS preflight.
    pub fn gateway_method(&self) -> &'static str {
        if self.is_read() { "ANY" } else { self.method }
    }

    /// The key of the gateway's route, which its events name.
    pub fn gateway_key(&self) -> String {
        if self.is_default() { self.to_string() } else { format!("{} {}", self.gateway_method(), self.path) }
    }

    /// Whether requests may carry an `Idempotency-Key`.
    pub fn takes_idempotency_key(&self) -> bool {
        self.method == "POST" && self.path.starts_with("/v1.0/")
    }
}
