//! The tables: keys, indexes, TTL and streams. `infra/tools/template` generates the tables of template.yaml from this list, and
//! the local service creates its tables from it. The registry of kinds provides the tables of the kinds.

use custodian_domain::kinds::ALL;

#[derive(Clone, Copy, Debug)]
pub struct Table {
    pub name: &'static str,
    pub hash: &'static str,
    pub range: Option<&'static str>,
    pub indexes: &'static [Index],
    /// The TTL attribute, in whole seconds.
    pub ttl: Option<&'static str>,
    /// Whether the table has a stream, with old and new images.
    pub stream: bool,
}

/// A global secondary index. It projects only keys, so it has no personal data. The store reads the rows from the table.
#[derive(Debug)]
pub struct Index {
    pub name: &'static str,
    pub hash: &'static str,
    pub range: KeyAttribute,
}

/// A key attribute and its type.
#[derive(Clone, Copy, Debug)]
pub enum KeyAttribute {
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
pub const EXPORTS: &str = "exports";
pub const OUTBOX: &str = "outbox";
pub const THROTTLE: &str = "throttle";
pub const TOKENS: &str = "tokens";
pub const USAGE: &str = "usage";
pub const DELETIONS: &str = "deletions";
pub const DELETION_LINKS: &str = "deletion_links";
pub const RECEIPT_SIGNING_KEYS: &str = "receipt_signing_keys";
pub const RECEIPT_VERIFYING_KEYS: &str = "receipt_verifying_keys";
pub const WEBHOOKS: &str = "webhooks";
pub const SIGNING_KEYS: &str = "signing_keys";
pub const VERIFYING_KEYS: &str = "verifying_keys";

/// Lists customers by status, newest first.
pub const BY_STATUS: &str = "by_status";
/// Lists customers with a deadline, earliest deadline first. Other customers are not in the index.
pub const DUE: &str = "due";
/// Lists customers with a hold, even one that has ended by itself, by status, newest first. Other customers are not in the index.
pub const HELD: &str = "held";
/// The attribute of a customer with a hold: its status.
pub const HELD_ATTRIBUTE: &str = "held";
/// Lists the header rows of the ledgers that still need work, those with the oldest `tm_progress` first. Partitions: `open`,
/// `sealed` (completed, not verified) and `confirmed` (verified, last mail not sent).
pub const OPEN: &str = "open";

/// A table of rows that customers own.
const fn owned(name: &'static str) -> Table {
    Table { name, hash: "customer_id", range: Some("id"), indexes: &[], ttl: None, stream: false }
}

/// A table of rows about a customer, with a text key.
const fn keyed(name: &'static str, ttl: Option<&'static str>) -> Table {
    Table { name, hash: "customer_id", range: Some("key"), indexes: &[], ttl, stream: false }
}

/// A table of paired rows: the main row, and the row under its owner.
const fn paired(name: &'static str, ttl: Option<&'static str>) -> Table {
    Table { name, hash: "id", range: Some("key"), indexes: &[], ttl, stream: false }
}

/// A table with a simple primary key.
const fn single(name: &'static str, ttl: Option<&'static str>) -> Table {
    Table { name, hash: "id", range: None, indexes: &[], ttl, stream: false }
}

/// The tables that do not belong to a kind.
const OTHER_TABLES: [Table; 17] = [
    Table {
        indexes: &[
            Index { name: BY_STATUS, hash: "status", range: KeyAttribute::Text("id") },
            Index { name: DUE, hash: "due_status", range: KeyAttribute::Number("due_at") },
            Index { name: HELD, hash: HELD_ATTRIBUTE, range: KeyAttribute::Text("id") },
        ],
        stream: true,
        ..single(CUSTOMERS, None)
    },
    paired(IDENTIFIERS, None),
    owned(ACCESS_KEYS),
    owned(AUDITS),
    Table { ttl: Some("ttl"), ..owned(EXPORTS) },
    paired(TOKENS, Some("ttl")),
    keyed(IDEMPOTENCY, Some("ttl")),
    single(THROTTLE, Some("ttl")),
    keyed(USAGE, None),
    keyed(WEBHOOKS, Some("ttl")),
    Table { stream: true, ..keyed(OUTBOX, Some("ttl")) },
    Table {
        indexes: &[Index { name: OPEN, hash: "open", range: KeyAttribute::Number("tm_progress") }],
        stream: true,
        ..keyed(DELETIONS, Some("ttl"))
    },
    single(DELETION_LINKS, Some("ttl")),
    single(SIGNING_KEYS, None),
    single(VERIFYING_KEYS, None),
    single(RECEIPT_SIGNING_KEYS, None),
    single(RECEIPT_VERIFYING_KEYS, None),
];

pub const TABLES: &[Table] = &{
    let mut tables = [OTHER_TABLES[0]; OTHER_TABLES.len() + ALL.len()];
    let mut index = 0;
    while index < tables.len() {
        tables[index] = if index < OTHER_TABLES.len() {
            OTHER_TABLES[index]
        } else {
            owned(ALL[index - OTHER_TABLES.len()].table)
        };
        index += 1;
    }
    tables
};
