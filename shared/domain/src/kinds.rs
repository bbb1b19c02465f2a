//! What an account owns: one declaration a kind. Routes, tables and the cascade read it from here.

use crate::reason::Reason;

/// A text field of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub name: &'static str,
    pub max_bytes: usize,
}

/// A kind of owned resource.
#[derive(Debug)]
pub struct Kind {
    /// The last part of its routes, `/v1.0/<route>`.
    pub route: &'static str,
    /// The name of its table, and of its cascade step.
    pub table: &'static str,
    pub fields: &'static [Field],
    pub not_found: Reason,
}

pub const TAGS: Kind = Kind {
    route: "tags",
    table: "tags",
    fields: &[Field { name: "name", max_bytes: 255 }, Field { name: "detail", max_bytes: 4096 }],
    not_found: Reason::TagNotFound,
};

/// The kinds that have routes of their own.
pub const ROUTED: &[&Kind] = &[&TAGS];

/// The tables of the eleven kinds that the specification names; a cascade empties them all.
pub const OWNED_TABLES: [&str; 11] = [
    "agents",
    "numbers",
    "flows",
    "queues",
    "trunks",
    "extensions",
    "files",
    "billing_accounts",
    "tags",
    "transcriptions",
    "contacts",
];

impl Kind {
    pub fn by_route(route: &str) -> Option<&'static Self> {
        ROUTED.iter().copied().find(|kind| kind.route == route)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_routed_kind_is_one_of_the_eleven() {
        assert!(ROUTED.iter().all(|kind| OWNED_TABLES.contains(&kind.table)));
    }
}
