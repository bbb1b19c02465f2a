//! The declaration of a kind of owned resource.

use serde_json::{Map, Value};

use super::field::Field;
use super::part::Part;
use super::unique::{Unique, UniqueScope};
use crate::field_problem::FieldProblem;
use crate::permission::Permission;
use crate::reason::Reason;

/// A kind of resource that a customer owns.
#[derive(Debug)]
pub struct Kind {
    /// The first segment of its paths after `/v1.0/`.
    pub route: &'static str,
    /// The name of its table and of its cascade step.
    pub table: &'static str,
    /// The singular in event types, `<noun>_created`.
    pub noun: &'static str,
    pub fields: &'static [Field],
    pub not_found: Reason,
    pub unique: Option<Unique>,
    pub limits: Limits,
    /// The permission that every operation on its rows requires, except those of an agent on itself.
    pub required_permission: Permission,
    pub verbs: Verbs,
    /// The HTTP status of a successful creation.
    pub created_status: u16,
    /// Conditions that span several fields of a row.
    pub rules: &'static [KindRule],
    /// The routes that change a part of a row.
    pub parts: &'static [Part],
}

/// A condition that spans several fields of a row. A new row must meet it, and an update of a row that meets it must not break it.
/// A row of an earlier release may break it and can still be changed.
#[derive(Debug)]
pub struct KindRule {
    /// The field that the error response names.
    pub field: &'static str,
    /// The problem that the error response describes.
    pub problem: FieldProblem,
    pub is_met: fn(&Map<String, Value>) -> bool,
    /// The rows that the rule concerns, as the description of the API says it. Empty for all rows.
    pub concerns: &'static str,
}

/// The maximum number of rows by plan: free, basic, professional, unlimited. `None` means no limit.
pub type Limits = [Option<u64>; 4];

/// The routes of a kind, and the functions that serve them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbs {
    /// All five, served by the shared functions.
    All,
    /// List, get and update. Verifying the account creates the row, and deleting the account deletes it.
    ReadAndUpdate,
    /// All five and more, served by the kind's own functions.
    Own,
}

impl Kind {
    /// Whether the bytes of the rows count against the plan. The number of agents and billing accounts bounds their bytes.
    pub fn counts_bytes(&self) -> bool {
        self.verbs == Verbs::All
    }

    /// The defaults of a declaration: all verbs, no limits, no unique names.
    pub(super) const fn new(route: &'static str, not_found: Reason, fields: &'static [Field]) -> Self {
        Self {
            route,
            table: route,
            noun: route,
            fields,
            not_found,
            unique: None,
            limits: [None; 4],
            required_permission: Permission::ADMIN_OR_MANAGER,
            verbs: Verbs::All,
            created_status: 200,
            rules: &[],
            parts: &[],
        }
    }

    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether any plan limits the number of rows. The store counts the rows of a limited kind in a row of its own.
    pub fn is_limited(&self) -> bool {
        self.limits.iter().any(Option::is_some)
    }

    /// Whether rows reserve names in the identifiers table. Agents reserve their usernames there.
    pub const fn holds_names(&self) -> bool {
        self.unique.is_some() || matches!(self.verbs, Verbs::Own)
    }

    /// Whether a name from `unique` can be taken by another account. An account may try only a limited number of such names.
    pub fn has_platform_names(&self) -> bool {
        self.unique.as_ref().is_some_and(|unique| unique.scope == UniqueScope::Platform)
    }

    /// The verbs of the shared functions that serve this kind, such as `create` of the function `resource-create`.
    pub fn shared_verbs(&self) -> &'static [&'static str] {
        match self.verbs {
            Verbs::All => &["list", "create", "get", "update", "delete"],
            Verbs::ReadAndUpdate => &["list", "get", "update"],
            Verbs::Own => &[],
        }
    }
}
