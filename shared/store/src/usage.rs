//! The gates of a customer, and the counters of its rows.
//!
//! Every transaction that creates or changes an owned row also checks one of the customer's eight gate rows. The row's id
//! selects the gate, so concurrent writes of a busy tenant rarely conflict. A change of status sets all eight gates together
//! with the customer; a missing gate is closed.
//!
//! A few updates check no gate, because their condition requires that the row exists: a rehashed password, the last use of a
//! key, a sent mail and the response in an idempotency record. Deletions of an idempotency record, a used mail token or the
//! deletion notice check no gate either, because a deletion leaves no row behind.
//!
//! The counters of kinds without a limit are attributes of the gate rows. So they are sharded like the gates, and a transaction
//! needs no extra action to count.

use custodian_app::Failure;
use custodian_domain::access_key::MAX_ACCESS_KEYS;
use custodian_domain::kinds::{ALL, Kind};
use custodian_domain::{Customer, CustomerId, Plan, Status};
use uuid::Uuid;

use crate::expr::Expr;
use crate::item::{Item, composite_key, n, s};
use crate::schema::{ACCESS_KEYS, AGENTS, BILLING_ACCOUNTS, USAGE};
use crate::transaction::Transaction;

const GATES: u8 = 8;
/// The counter of the administrators without the guest agent.
pub(crate) const ADMINS: &str = "admins";
/// The attribute that counts the changes of a counter. With it, a recount detects concurrent changes.
pub(crate) const CHANGE_COUNT: &str = "moves";

/// The key of a usage row, and its counter attribute.
pub(crate) struct CounterAttribute {
    pub(crate) key: String,
    pub(crate) attribute: String,
}

/// The attributes whose sum is the number of rows of a kind.
pub(crate) fn counter_attributes(kind: &Kind) -> impl Iterator<Item = CounterAttribute> {
    let (table, has_own_row) = (kind.table, kind.is_limited() || kind.table == BILLING_ACCOUNTS);
    let single = has_own_row.then(|| counter_attribute(table));
    let gates = (0..GATES).filter(move |_| !has_own_row);
    let gates = gates
        .map(move |gate| CounterAttribute { key: format!("gate#{gate}"), attribute: format!("n_{table}") });
    single.into_iter().chain(gates)
}

/// The attribute of a counter that has a row of its own.
pub(crate) fn counter_attribute(name: &str) -> CounterAttribute {
    CounterAttribute { key: format!("count#{name}"), attribute: "n".to_owned() }
}

/// The condition that the counters of a usage row have not changed since `change_count` was read.
pub(crate) fn has_change_count(change_count: i64) -> Expr {
    Expr::new(format!("#{CHANGE_COUNT} = :moves")).with(":moves", n(change_count))
}

pub(crate) fn row_key(customer: CustomerId, key: &str) -> Item {
    composite_key("customer_id", customer, "key", key)
}

fn gate_key(customer: CustomerId, gate: u8) -> Item {
    row_key(customer, &format!("gate#{gate}"))
}

/// The gate that a write to this row checks. The last bits of an id are random.
fn gate_for(row: Uuid) -> u8 {
    row.as_bytes()[15] % GATES
}

pub(crate) fn counter_key(customer: CustomerId, table: &str) -> Item {
    row_key(customer, &format!("count#{table}"))
}

/// The stored limit of a counter without a limit. It is higher than any count.
const NO_LIMIT: u64 = 1 << 53;

/// The kinds with a limit.
fn limited_kinds() -> impl Iterator<Item = &'static Kind> {
    ALL.iter().copied().filter(|kind| kind.is_limited())
}

fn limit_of(plan: Plan, kind: &Kind) -> u64 {
    plan.limit(kind).unwrap_or(NO_LIMIT)
}

/// Creates the gates and counters of a new customer, which has one administrator.
pub(crate) fn open_account<'a, C: Copy>(
    mut tx: Transaction<'a, C>,
    on_failure: C,
    customer: &Customer,
) -> Result<Transaction<'a, C>, Failure> {
    let new = || Expr::new("attribute_not_exists(#key)");
    for gate in 0..GATES {
        let mut item = gate_key(customer.id, gate);
        item.insert("status".to_owned(), s(customer.status().as_str()));
        item.insert(CHANGE_COUNT.to_owned(), n(0));
        tx = tx.put(on_failure, USAGE, item, new())?;
    }
    let limited = limited_kinds()
        .map(|kind| (kind.table, u8::from(kind.table == AGENTS), limit_of(customer.plan, kind)));
    let other_counters =
        [(ADMINS, 1, NO_LIMIT), (ACCESS_KEYS, 0, MAX_ACCESS_KEYS), (BILLING_ACCOUNTS, 0, NO_LIMIT)];
    for (name, rows, limit) in limited.chain(other_counters) {
        let mut item = counter_key(customer.id, name);
        item.extend([
            ("n".to_owned(), n(rows)),
            ("limit".to_owned(), n(limit)),
            (CHANGE_COUNT.to_owned(), n(0)),
        ]);
        tx = tx.put(on_failure, USAGE, item, new())?;
    }
    Ok(tx)
}

/// Sets the limits of the customer's plan.
pub(crate) fn set_limits<C: Copy>(
    mut tx: Transaction<'_, C>,
    on_failure: C,
    customer: CustomerId,
    plan: Plan,
) -> Result<Transaction<'_, C>, Failure> {
    for kind in limited_kinds() {
        let update = Expr::new("SET #limit = :limit").with(":limit", n(limit_of(plan, kind)));
        let exists = Expr::new("attribute_exists(#key)");
        tx = tx.update(on_failure, USAGE, counter_key(customer, kind.table), update, exists)?;
    }
    Ok(tx)
}

/// Sets the customer's status in all gates.
pub(crate) fn set_status<C: Copy>(
    mut tx: Transaction<'_, C>,
    on_failure: C,
    customer: CustomerId,
    status: Status,
) -> Result<Transaction<'_, C>, Failure> {
    for gate in 0..GATES {
        let update = Expr::new("SET #status = :to").with(":to", s(status.as_str()));
        let condition = Expr::new("attribute_exists(#key)");
        tx = tx.update(on_failure, USAGE, gate_key(customer, gate), update, condition)?;
    }
    Ok(tx)
}

/// Requires that the customer has one of these statuses.
pub(crate) fn require_status<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    customer: CustomerId,
    row: Uuid,
    statuses: &[Status],
) -> Result<Transaction<'a, C>, Failure> {
    let names: Vec<_> = (0..statuses.len()).map(|number| format!(":s{number}")).collect();
    let mut condition = Expr::new(format!("#status IN ({})", names.join(", ")));
    for (name, status) in names.iter().zip(statuses) {
        condition = condition.with(name, s(status.as_str()));
    }
    tx.check(on_failure, USAGE, gate_key(customer, gate_for(row)), condition)
}

/// Counts a created or deleted row. Requires that the customer is active (the first condition). For a new row of a limited
/// kind, also requires that the count is below the limit (the second condition).
pub(crate) fn require_status_and_count<'a, C: Copy>(
    tx: Transaction<'a, C>,
    (gate, limit): (C, C),
    customer: CustomerId,
    row: Uuid,
    kind: &Kind,
    delta: i8,
) -> Result<Transaction<'a, C>, Failure> {
    if !kind.is_limited() {
        let update = Expr::new(format!("ADD #n_{} :by, #{CHANGE_COUNT} :one", kind.table));
        let update = update.with(":by", n(delta)).with(":one", n(1));
        let is_active = Expr::new("#status = :status").with(":status", s(Status::Active.as_str()));
        return tx.update(gate, USAGE, gate_key(customer, gate_for(row)), update, is_active);
    }
    let tx = require_status(tx, gate, customer, row, &[Status::Active])?;
    if delta > 0 {
        count_up(tx, limit, customer, kind.table)
    } else {
        count_down(tx, limit, customer, kind.table)
    }
}

fn count_change() -> String {
    format!("#{CHANGE_COUNT} = #{CHANGE_COUNT} + :one")
}

/// Adds one to a counter with a row of its own. Requires that the count is below the limit.
pub(crate) fn count_up<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    customer: CustomerId,
    name: &str,
) -> Result<Transaction<'a, C>, Failure> {
    let update = Expr::new(format!("SET #n = #n + :one, {}", count_change())).with(":one", n(1));
    let is_below_limit = Expr::new("attribute_exists(#key) AND #n < #limit");
    tx.update(on_failure, USAGE, counter_key(customer, name), update, is_below_limit)
}

/// Subtracts one from a counter with a row of its own.
pub(crate) fn count_down<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    customer: CustomerId,
    name: &str,
) -> Result<Transaction<'a, C>, Failure> {
    let update = Expr::new(format!("SET #n = #n - :one, {}", count_change())).with(":one", n(1));
    let exists = Expr::new("attribute_exists(#key)");
    tx.update(on_failure, USAGE, counter_key(customer, name), update, exists)
}

/// Subtracts the deleted rows from a counter with a row of its own. Requires that the counter has not changed since
/// `change_count` was read.
pub(crate) fn count_down_if_unchanged<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    customer: CustomerId,
    name: &str,
    deleted: usize,
    change_count: i64,
) -> Result<Transaction<'a, C>, Failure> {
    let is_unchanged = has_change_count(change_count);
    if deleted == 0 {
        return tx.check(on_failure, USAGE, counter_key(customer, name), is_unchanged);
    }
    let update = Expr::new(format!("SET #n = #n - :deleted, {}", count_change()));
    let update = update.with(":deleted", n(deleted)).with(":one", n(1));
    tx.update(on_failure, USAGE, counter_key(customer, name), update, is_unchanged)
}

/// Adds `delta` to the number of administrators. Requires that at least one remains.
pub(crate) fn count_admins<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    customer: CustomerId,
    delta: i8,
) -> Result<Transaction<'a, C>, Failure> {
    if delta == 0 {
        return Ok(tx);
    }
    let update =
        Expr::new(format!("SET #n = #n + :by, {}", count_change())).with(":by", n(delta)).with(":one", n(1));
    let has_enough =
        Expr::new("attribute_exists(#key) AND #n > :least").with(":least", n(if delta < 0 { 1 } else { 0 }));
    tx.update(on_failure, USAGE, counter_key(customer, ADMINS), update, has_enough)
}
