//! A function of the stack: its binary, its route, its ports and its settings.

use custodian_domain::kinds::Kind;
use custodian_http::{Audience, Route};

use crate::grant::Use;
use crate::handler::Handler;
use crate::trigger::{Retries, Trigger};
use crate::yaml::logical_id;

/// A deployed function.
#[derive(Debug)]
pub struct Function {
    /// The name without the stack's name, such as `tags-list`.
    pub name: String,
    /// The name of the folder and of the binary, such as `resource-list`.
    pub binary: String,
    pub http: Option<(Route, Audience)>,
    /// Further paths with the method of the route.
    pub other_paths: &'static [&'static str],
    /// The kind that the function is configured for or always works on.
    pub kind: Option<&'static Kind>,
    pub handler: Handler,
    pub settings: &'static Settings,
}

/// Settings that cannot be derived from a function's code.
#[derive(Debug)]
pub struct Settings {
    pub function: &'static str,
    /// A comment for the template.
    pub about: &'static str,
    /// In MiB; `None` for the default in `Globals`.
    pub memory: Option<u16>,
    /// In seconds; `None` for the default in `Globals`.
    pub timeout: Option<u16>,
    pub uses: &'static [Use],
    /// The kind that the function always works on.
    pub kind: Option<&'static Kind>,
    pub triggers: &'static [Trigger],
    pub retries: Retries,
    /// Whether the function sends messages to the queue that triggers it. By default, Lambda stops such a loop.
    pub recursive: bool,
}

pub const fn settings(function: &'static str) -> Settings {
    Settings {
        function,
        about: "",
        memory: None,
        timeout: None,
        uses: &[],
        kind: None,
        triggers: &[],
        retries: Retries::Default,
        recursive: false,
    }
}

impl Settings {
    /// The settings of a function that needs no special ones.
    pub const NONE: &'static Self = &settings("");

    /// Argon2 needs memory, and Lambda allocates CPU in proportion to memory.
    pub const fn hashes_passwords(self) -> Self {
        Self { memory: Some(1024), ..self }
    }

    pub const fn uses(self, uses: &'static [Use]) -> Self {
        Self { uses, ..self }
    }

    pub const fn kind(self, kind: &'static Kind) -> Self {
        Self { kind: Some(kind), ..self }
    }
}

impl Function {
    /// The name as part of logical ids, such as `TagsList`.
    pub fn id(&self) -> String {
        logical_id(&self.name)
    }

    /// The kind in `RESOURCE_KIND`. Only functions that several kinds share have this variable.
    pub fn configured_kind(&self) -> Option<&'static Kind> {
        self.kind.filter(|_| self.settings.kind.is_none())
    }

    pub fn authenticates(&self) -> bool {
        self.http.as_ref().is_some_and(|(_, audience)| !matches!(audience, Audience::Anyone))
    }

    pub fn is_of_own_account(&self) -> bool {
        self.http.as_ref().is_some_and(|(_, audience)| matches!(audience, Audience::Account { .. }))
    }

    /// Whether authentication also reads the row of the function's kind that the path names.
    pub fn reads_kind_row_along(&self) -> bool {
        self.is_of_own_account() && self.http.as_ref().is_some_and(|(route, _)| route.path.contains("{id}"))
    }

    /// Whether requests to the function may carry an `Idempotency-Key`.
    pub fn is_idempotent(&self) -> bool {
        self.authenticates() && self.http.as_ref().is_some_and(|(route, _)| route.takes_idempotency_key())
    }
}
