//! What an account owns: one declaration a kind. Routes, tables, limits, the cascade, the usage report, the description of
//! the API and the tests all read it from here.

mod field;
mod network;
mod shape;
mod table;
mod unique;
pub(crate) mod values;

pub use field::{Field, MOST_INTEGER, Source};
pub use shape::{Link, MOST_BYTES, Shape};
pub use table::*;
pub use unique::{ADDRESS_TYPES, Name, Scope, Unique};

use serde_json::{Map, Value};

use crate::permission::Permission;
use crate::reason::Reason;

/// A kind of owned resource.
#[derive(Debug)]
pub struct Kind {
    /// The last part of its routes, `/v1.0/<route>`.
    pub route: &'static str,
    /// The name of its table, and of its cascade step.
    pub table: &'static str,
    /// What one of them is called, in events: `<noun>_created`.
    pub noun: &'static str,
    pub fields: &'static [Field],
    pub not_found: Reason,
    /// Names that rows of this kind hold alone.
    pub unique: Option<Unique>,
    /// How many there may be, by plan.
    pub limits: Limits,
    /// Who may work on them.
    pub needs: Permission,
    pub verbs: Verbs,
    /// The HTTP status of the answer to a creation.
    pub created: u16,
    /// What holds of a new row beside what its fields say each for itself.
    pub rule: Option<Rule>,
}

/// What must hold between the fields of a new row.
#[derive(Debug)]
pub struct Rule {
    /// The field that is refused.
    pub field: &'static str,
    /// What must be, in words.
    pub words: &'static str,
    /// Whether it is so, of what a request gives.
    pub holds: fn(&Map<String, Value>) -> bool,
}

/// The most rows of a kind, by plan: free, basic, professional, unlimited. None is no limit.
pub type Limits = [Option<u64>; 4];

/// Which routes a kind has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbs {
    /// All five, by the crates that kinds share.
    All,
    /// List, get and update: the rows come and go with the account.
    ReadAndUpdate,
    /// All five and more, by crates of its own.
    Own,
}

impl Kind {
    /// A kind of names and texts, without limits; what differs is said in its declaration.
    const fn new(route: &'static str, not_found: Reason, fields: &'static [Field]) -> Self {
        Self {
            route,
            table: route,
            noun: route,
            fields,
            not_found,
            unique: None,
            limits: [None; 4],
            needs: Permission::ADMIN_OR_MANAGER,
            verbs: Verbs::All,
            created: 200,
            rule: None,
        }
    }

    pub fn by_route(route: &str) -> Option<&'static Self> {
        routed().find(|kind| kind.route == route)
    }

    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether any plan limits it, so that its rows are counted one by one.
    pub fn is_limited(&self) -> bool {
        self.limits.iter().any(Option::is_some)
    }

    /// Whether its rows hold names that lead to them: agents hold their usernames, the others what is unique of them.
    pub const fn holds_names(&self) -> bool {
        self.unique.is_some() || matches!(self.verbs, Verbs::Own)
    }

    /// The verbs of its routes, as the crates that kinds share are named.
    pub fn shared_verbs(&self) -> &'static [&'static str] {
        match self.verbs {
            Verbs::All => &["list", "create", "get", "update", "delete"],
            Verbs::ReadAndUpdate => &["list", "get", "update"],
            Verbs::Own => &[],
        }
    }
}

/// The kinds whose routes are served by the crates that kinds share.
pub fn routed() -> impl Iterator<Item = &'static Kind> {
    ALL.iter().copied().filter(|kind| kind.verbs != Verbs::Own)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_eleven_kinds_of_the_specification_are_declared_once_each() {
        let tables: HashSet<_> = ALL.iter().map(|kind| kind.table).collect();
        let routes: HashSet<_> = ALL.iter().map(|kind| kind.route).collect();
        assert_eq!((ALL.len(), tables.len(), routes.len()), (11, 11, 11));
    }

    #[test]
    fn links_lead_to_kinds_that_exist_and_copies_to_fields_of_the_same_kind() {
        for kind in ALL {
            for field in kind.fields {
                if let Some(link) = field.shape.link() {
                    assert!(ALL.iter().any(|kind| kind.table == link.table), "{} {}", kind.route, field.name);
                }
                if let Source::Copy(of) = field.source {
                    assert!(kind.field(of).is_some(), "{} {}", kind.route, field.name);
                }
            }
        }
    }

    #[test]
    fn names_are_made_of_fields_of_the_kind() {
        for kind in ALL {
            let from = kind.unique.as_ref().map_or(&[][..], |unique| unique.from);
            assert_eq!(from.is_empty(), kind.unique.is_none(), "{}", kind.route);
            assert!(from.iter().all(|name| kind.field(name).is_some()), "{}", kind.route);
        }
    }

    #[test]
    fn a_larger_plan_never_allows_less() {
        for kind in ALL {
            let limits = kind.limits.map(|limit| limit.unwrap_or(u64::MAX));
            assert!(limits.is_sorted(), "{}", kind.route);
        }
    }
}
