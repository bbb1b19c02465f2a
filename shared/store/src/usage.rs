//! The gates of a customer, and the counters of what it owns.
//!
//! Every row that a customer owns is written in a transaction that also checks one of eight gate rows, chosen by the
//! row's id, so that a busy tenant does not meet itself at one row. Every change of status flips all eight together
//! with the customer; a gate that is missing is closed. Counters of kinds without a limit live in the gate rows and so
//! are sharded by the same choice, and cost no action of their own.

use custodian_app::Failure;
use custodian_domain::access_key::MOST;
use custodian_domain::kinds::{ALL, Kind};
use custodian_domain::{Customer, CustomerId, Plan, Status};
use uuid::Uuid;

use crate::expr::Expr;
use crate::item::{Item, key2, n, s};
use crate::schema::{ACCESS_KEYS, AGENTS, BILLING_ACCOUNTS, USAGE};
use crate::transaction::Transaction;

const GATES: u8 = 8;
/// What the administrators of a customer are counted under; the guest does not count.
pub(crate) const ADMINS: &str = "admins";
/// Counts every change of a counter, so that a recount can tell that nothing moved meanwhile.
pub(crate) const MOVES: &str = "moves";

/// Where some rows of a kind are counted.
pub(crate) struct Counter {
    pub(crate) key: String,
    pub(crate) attribute: String,
}

/// Everywhere that rows of a kind are counted.
pub(crate) fn counters(kind: &Kind) -> impl Iterator<Item = Counter> {
    let (table, one_by_one) = (kind.table, kind.is_limited() || kind.table == BILLING_ACCOUNTS);
    let single = one_by_one.then(|| counter(table));
    let gates = (0..GATES).filter(move |_| !one_by_one);
    let gates =
        gates.map(move |gate| Counter { key: format!("gate#{gate}"), attribute: format!("n_{table}") });
    single.into_iter().chain(gates)
}

/// The counter of what is counted one by one.
pub(crate) fn counter(name: &str) -> Counter {
    Counter { key: format!("count#{name}"), attribute: "n".to_owned() }
}

/// Holds while a counter has not moved.
pub(crate) fn unmoved(moves: i64) -> Expr {
    Expr::new(format!("#{MOVES} = :moves")).with(":moves", n(moves))
}

pub(crate) fn row_key(customer: CustomerId, key: &str) -> Item {
    key2("customer_id", customer, "key", key)
}

fn gate_key(customer: CustomerId, gate: u8) -> Item {
    row_key(customer, &format!("gate#{gate}"))
}

/// The gate that stands before a row: its id's last bits are random.
fn gate_of(row: Uuid) -> u8 {
    row.as_bytes()[15] % GATES
}

fn counter_key(customer: CustomerId, table: &str) -> Item {
    row_key(customer, &format!("count#{table}"))
}

/// More than any limit: what is counted one by one without one.
const NO_LIMIT: u64 = 1 << 53;

/// The kinds whose rows are counted one by one.
fn limited() -> impl Iterator<Item = &'static Kind> {
    ALL.iter().copied().filter(|kind| kind.is_limited())
}

fn limit_of(plan: Plan, kind: &Kind) -> u64 {
    plan.limit(kind).unwrap_or(NO_LIMIT)
}

/// The first gates and counters of a new customer, with its admin.
pub(crate) fn open_account<'a, G: Copy>(
    mut tx: Transaction<'a, G>,
    guard: G,
    customer: &Customer,
) -> Result<Transaction<'a, G>, Failure> {
    let new = || Expr::new("attribute_not_exists(#key)");
    for gate in 0..GATES {
        let mut item = gate_key(customer.id, gate);
        item.insert("status".to_owned(), s(customer.status().as_str()));
        item.insert(MOVES.to_owned(), n(0));
        tx = tx.put(guard, USAGE, item, new())?;
    }
    let of_plan =
        limited().map(|kind| (kind.table, u8::from(kind.table == AGENTS), limit_of(customer.plan, kind)));
    let others = [(ADMINS, 1, NO_LIMIT), (ACCESS_KEYS, 0, MOST), (BILLING_ACCOUNTS, 0, NO_LIMIT)];
    for (name, rows, limit) in of_plan.chain(others) {
        let mut counter = counter_key(customer.id, name);
        counter.extend([("n".to_owned(), n(rows)), ("limit".to_owned(), n(limit)), (MOVES.to_owned(), n(0))]);
        tx = tx.put(guard, USAGE, counter, new())?;
    }
    Ok(tx)
}

/// Every limit follows the customer's plan.
pub(crate) fn set_limits<G: Copy>(
    mut tx: Transaction<'_, G>,
    guard: G,
    customer: CustomerId,
    plan: Plan,
) -> Result<Transaction<'_, G>, Failure> {
    for kind in limited() {
        let update = Expr::new("SET #limit = :limit").with(":limit", n(limit_of(plan, kind)));
        let there = Expr::new("attribute_exists(#key)");
        tx = tx.update(guard, USAGE, counter_key(customer, kind.table), update, there)?;
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

/// Holds only while the customer is active (the first guard) and, where the plan limits the kind and there is to be a row
/// more, below its limit (the second), and counts.
pub(crate) fn pass_counted<'a, G: Copy>(
    tx: Transaction<'a, G>,
    (gate, full): (G, G),
    customer: CustomerId,
    row: Uuid,
    kind: &Kind,
    by: i8,
) -> Result<Transaction<'a, G>, Failure> {
    if !kind.is_limited() {
        let update = Expr::new(format!("ADD #n_{} :by, #{MOVES} :one", kind.table));
        let update = update.with(":by", n(by)).with(":one", n(1));
        let open = Expr::new("#status = :status").with(":status", s(Status::Active.as_str()));
        return tx.update(gate, USAGE, gate_key(customer, gate_of(row)), update, open);
    }
    let tx = pass(tx, gate, customer, row, &[Status::Active])?;
    if by > 0 { count_up(tx, full, customer, kind.table) } else { count_down(tx, full, customer, kind.table) }
}

fn counted() -> String {
    format!("#{MOVES} = #{MOVES} + :one")
}

/// One row more of what is counted one by one; holds only below its limit.
pub(crate) fn count_up<'a, G: Copy>(
    tx: Transaction<'a, G>,
    guard: G,
    customer: CustomerId,
    name: &str,
) -> Result<Transaction<'a, G>, Failure> {
    let update = Expr::new(format!("SET #n = #n + :one, {}", counted())).with(":one", n(1));
    let below = Expr::new("attribute_exists(#key) AND #n < #limit");
    tx.update(guard, USAGE, counter_key(customer, name), update, below)
}

/// One row less of what is counted one by one.
pub(crate) fn count_down<'a, G: Copy>(
    tx: Transaction<'a, G>,
    guard: G,
    customer: CustomerId,
    name: &str,
) -> Result<Transaction<'a, G>, Failure> {
    let update = Expr::new(format!("SET #n = #n - :one, {}", counted())).with(":one", n(1));
    let there = Expr::new("attribute_exists(#key)");
    tx.update(guard, USAGE, counter_key(customer, name), update, there)
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
    let update = Expr::new(format!("SET #n = #n + :by, {}", counted())).with(":by", n(by)).with(":one", n(1));
    let enough =
        Expr::new("attribute_exists(#key) AND #n > :least").with(":least", n(if by < 0 { 1 } else { 0 }));
    tx.update(guard, USAGE, counter_key(customer, ADMINS), update, enough)
}
