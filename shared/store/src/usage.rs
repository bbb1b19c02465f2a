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
use crate::schema::{AGENTS, BILLING_ACCOUNTS, USAGE};
use crate::transaction::Transaction;

const GATES: u8 = 8;

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
    let mut agents = counter_key(customer, AGENTS);
    agents.insert("n".to_owned(), n(1));
    tx.put(guard, USAGE, agents, new())
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

/// Holds only while the customer has this status.
pub(crate) fn pass<'a, G: Copy>(
    tx: Transaction<'a, G>,
    guard: G,
    customer: CustomerId,
    row: Uuid,
    status: Status,
) -> Result<Transaction<'a, G>, Failure> {
    let condition = Expr::new("#status = :status").with(":status", s(status.as_str()));
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

/// Counts the billing account that comes with verification.
pub(crate) fn count_billing_account<G: Copy>(
    tx: Transaction<'_, G>,
    guard: G,
    customer: CustomerId,
) -> Result<Transaction<'_, G>, Failure> {
    let mut item = counter_key(customer, BILLING_ACCOUNTS);
    item.insert("n".to_owned(), n(1));
    tx.put(guard, USAGE, item, Expr::new("attribute_not_exists(#key)"))
}
