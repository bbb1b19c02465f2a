//! The tables: their keys, indexes, time to live and streams, as the template declares them and the local service
//! creates them. A test compares the two. Those of the kinds are taken from their registry.

use custodian_domain::kinds::ALL;

/// A table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    pub name: &'static str,
    pub hash: &'static str,
    pub range: Option<&'static str>,
    pub indexes: &'static [Index],
    /// The attribute of the time to live, in whole seconds.
    pub ttl: Option<&'static str>,
    /// Whether changes are streamed, with the old and the new image.
    pub stream: bool,
}

/// A global secondary index of keys only: it holds nothing personal, and rows are read from the table, consistently.
#[derive(Debug)]
pub struct Index {
    pub name: &'static str,
    pub hash: &'static str,
    pub range: Key,
}

/// A key attribute and its type.
#[derive(Clone, Copy, Debug)]
pub enum Key {
    Text(&'static str),
    Number(&'static str),
}

pub const CUSTOMERS: &str = "customers";
pub const IDEMPOTENCY: &str = "idempotency";
pub const IDENTIFIERS: &str = "identifiers";
pub const AGENTS: &str = "agents";
pub const ACCESS_KEYS: &str = "accesskeys";
pub const AUDITS: &str = "audits";
pub const BILLING_ACCOUNTS: &str = "billing_accounts";
pub const OUTBOX: &str = "outbox";
pub const THROTTLE: &str = "throttle";
pub const TOKENS: &str = "tokens";
pub const USAGE: &str = "usage";
pub const DELETIONS: &str = "deletions";
pub const WEBHOOKS: &str = "webhooks";
pub const SIGNING_KEYS: &str = "signing_keys";
pub const VERIFYING_KEYS: &str = "verifying_keys";

/// Lists customers by status, newest first.
pub const BY_STATUS: &str = "by_status";
/// Lists what has a deadline, the earliest first; a row is in it only while it has one.
pub const DUE: &str = "due";
/// Lists ledgers that are not sealed, and those that are but were not looked at again, the longest neglected first.
pub const OPEN: &str = "open";

/// A table of rows that customers own.
const fn owned(name: &'static str) -> Table {
    Table { name, hash: "customer_id", range: Some("id"), indexes: &[], ttl: None, stream: false }
}

/// A table of rows about a customer, by a key of their own.
const fn keyed(name: &'static str, ttl: Option<&'static str>) -> Table {
    Table { name, hash: "customer_id", range: Some("key"), indexes: &[], ttl, stream: false }
}

/// A table in which a row and the pair that tells whose it is share one partition scheme.
const fn paired(name: &'static str, ttl: Option<&'static str>) -> Table {
    Table { name, hash: "id", range: Some("key"), indexes: &[], ttl, stream: false }
}

/// A table of single rows.
const fn single(name: &'static str, ttl: Option<&'static str>) -> Table {
    Table { name, hash: "id", range: None, indexes: &[], ttl, stream: false }
}

/// What there is beside the tables of the kinds.
const OTHERS: [Table; 13] = [
    Table {
        indexes: &[
            Index { name: BY_STATUS, hash: "status", range: Key::Text("id") },
            Index { name: DUE, hash: "due_status", range: Key::Number("due_at") },
        ],
        stream: true,
        ..single(CUSTOMERS, None)
    },
    paired(IDENTIFIERS, None),
    owned(ACCESS_KEYS),
    owned(AUDITS),
    paired(TOKENS, Some("ttl")),
    keyed(IDEMPOTENCY, Some("ttl")),
    single(THROTTLE, Some("ttl")),
    keyed(USAGE, None),
    keyed(WEBHOOKS, Some("ttl")),
    Table { stream: true, ..keyed(OUTBOX, Some("ttl")) },
    Table {
        indexes: &[Index { name: OPEN, hash: "open", range: Key::Number("tm_progress") }],
        stream: true,
        ..keyed(DELETIONS, None)
    },
    single(SIGNING_KEYS, None),
    single(VERIFYING_KEYS, None),
];

/// A table for every kind of what customers own, and the others.
pub const TABLES: &[Table] = &{
    let mut tables = [OTHERS[0]; OTHERS.len() + ALL.len()];
    let mut at = 0;
    while at < tables.len() {
        tables[at] = if at < OTHERS.len() { OTHERS[at] } else { owned(ALL[at - OTHERS.len()].table) };
        at += 1;
    }
    tables
};
