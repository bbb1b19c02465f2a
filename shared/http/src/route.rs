//! The route of an endpoint.

use std::fmt;

/// Method and path. The default route is the method `$default` without a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    pub method: &'static str,
    /// The path as in the template: `/v1.0/customers/{id}`.
    pub path: String,
}

/// The gateway's route key.
impl fmt::Display for Route {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = if self.path.is_empty() { "" } else { " " };
        write!(text, "{}{space}{}", self.method, self.path)
    }
}

impl Route {
    pub fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self { method, path: path.into() }
    }
}
