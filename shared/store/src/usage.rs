//! The gates of a customer, and the counters of what it owns.
//!
//! Every row that a customer owns is written in a transaction that also checks one of eight gate rows, chosen by the
//! row's id, so that a busy tenant does not meet itself at one row. Every change of status flips all eight together
//! with the customer; a gate that is missing is closed. Counters of kinds without a limit live in the gate rows and so
//! are sharded by the same choice, and cost no action of their own.

use custodian_app::Failure;
use custodian_domain::{CustomerId, Status};
use uuid::Uuid;

use crate::expr::Expr;
use crate::item::{Item, key2, n, s};
use crate::schema::{ACCESS_KEYS, AGENTS, BILLING_ACCOUNTS, USAGE};
use crate::transaction::Transaction;

const GATES: u8 = 8;
/// What the administrators of a customer are counted under; the guest does not count.
const ADMINS: &str = "admins";

fn gate_key(customer: CustomerId, gate: u8) -> Item {
    key2("customer_id", customer, "key", format!("gate#{gate}"))
}

/// The gate that stands before a row: its id's last bits are random.
fn gate_of(row: Uuid) -> u8 {
    row.as_bytes()[15] % GATES
}

fn counter_key(customer: CustomerId, table: &str) -> Item {
    key2("customer_id", customer, "key", format!("count#{table}"))
}

/// The first gates and counters of a new customer.
pub(crate) fn open_account<G: Copy>(
    mut tx: Transaction<'_, G>,
    guard: G,
    customer: CustomerId,
    status: Status,
) -> Result<Transaction<'_, G>, Failure> {
    let new = || Expr::new("attribute_not_exists(#key)");
    for gate in 0..GATES {
        let mut item = gate_key(customer, gate);
        item.insert("status".to_owned(), s(status.as_str()));
        tx = tx.put(guard, USAGE, item, new())?;
    }
    for (table, rows) in [(AGENTS, 1), (ADMINS, 1), (ACCESS_KEYS, 0), (BILLING_ACCOUNTS, 0)] {
        let mut counter = counter_key(customer, table);
        counter.insert("n".to_owned(), n(rows));
        tx = tx.put(guard, USAGE, counter, new())?;
    }
    Ok(tx)
}

/// Every gate follows the customer's status.
pub(crate) fn flip<G: Copy>(
    mut tx: Transaction<'_, G>,
    guard: G,
    customer: CustomerId,
    status: Status,
) -> Result<Transaction<'_, G>, Failure> {
    for gate in 0..GATES {
        let update = Expr::new("SET #status = :to").with(":to", s(status.as_str()));
        let condition = Expr::new("attribute_exists(#key)");
        tx = tx.update(guard, USAGE, gate_key(customer, gate), update, condition)?;
    }
    Ok(tx)
}

/// Holds only while the customer has one of these statuses.
pub(crate) fn pass<'a, G: Copy>(
    tx: Transaction<'a, G>,
    guard: G,
    customer: CustomerId,
    row: Uuid,
    statuses: &[Status],
) -> Result<Transaction<'a, G>, Failure> {
    let names: Vec<_> = (0..statuses.len()).map(|number| format!(":s{number}")).collect();
    let mut condition = Expr::new(format!("#status IN ({})", names.join(", ")));
    for (name, status) in names.iter().zip(statuses) {
        condition = condition.with(name, s(status.as_str()));
    }
    tx.check(guard, USAGE, gate_key(customer, gate_of(row)), condition)
}

/// Holds only while the customer is active, and counts one row more or less of an unlimited kind.
pub(crate) fn pass_counting<'a, G: Copy>(
    tx: Transaction<'a, G>,
    guard: G,
    customer: CustomerId,
    row: Uuid,
    table: &str,
    by: i8,
) -> Result<Transaction<'a, G>, Failure> {
    let update = Expr::new(format!("ADD #n_{table} :by")).with(":by", n(by));
    let condition = Expr::new("#status = :status").with(":status", s(Status::Active.as_str()));
    tx.update(guard, USAGE, gate_key(customer, gate_of(row)), update, condition)
}

/// One row more of a kind that has a limit; holds only below it.
pub(crate) fn count_up<'a, G: Copy>(
    tx: Transaction<'a, G>,
    guard: G,
    customer: CustomerId,
    table: &str,
    limit: u64,
) -> Result<Transaction<'a, G>, Failure> {
    let update = Expr::new("SET #n = #n + :one").with(":one", n(1));
    let below = Expr::new("attribute_exists(#key) AND #n < :limit").with(":limit", n(limit));
    tx.update(guard, USAGE, counter_key(customer, table), update, below)
}

/// One row less of a kind that has a limit.
pub(crate) fn count_down<'a, G: Copy>(
    tx: Transaction<'a, G>,
    guard: G,
    customer: CustomerId,
    table: &str,
) -> Result<Transaction<'a, G>, Failure> {
    let update = Expr::new("SET #n = #n - :one").with(":one", n(1));
    let some = Expr::new("attribute_exists(#key) AND #n >= :one");
    tx.update(guard, USAGE, counter_key(customer, table), update, some)
}

/// One administrator more, less or neither; holds only if one is left.
pub(crate) fn count_admins<'a, G: Copy>(
    tx: Transaction<'a, G>,
    guard: G,
    customer: CustomerId,
    by: i8,
) -> Result<Transaction<'a, G>, Failure> {
    if by == 0 {
        return Ok(tx);
    }
    let update = Expr::new("SET #n = #n + :by").with(":by", n(by));
    let enough =
        Expr::new("attribute_exists(#key) AND #n > :least").with(":least", n(if by < 0 { 1 } else { 0 }));
    tx.update(guard, USAGE, counter_key(customer, ADMINS), update, enough)
}
