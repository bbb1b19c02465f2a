//! The gates of a customer, and the counters of its rows.
//!
//! Every transaction that creates or changes an owned row also checks one of the customer's eight gate rows, or the status in
//! the customer's row. Usually the owned row's id selects the gate, so concurrent writes of a busy tenant rarely conflict. A change
//! of status sets all eight gates together with the customer; a missing gate is closed.
//!
//! Some writes check no gate, because their condition requires that the row exists. I3 in ARCHITECTURE.md lists them. Deletions
//! check no gate if they leave no row behind.
//!
//! The counters of kinds without a limit, except billing accounts, are attributes of the gate rows. So they are sharded like the
//! gates, and a transaction needs no extra action to count.
//!
//! The gates also count the bytes of the rows of most kinds, and how many more each gate permits. A write charges the gate that it
//! checks; if that gate has too few bytes left, it checks and charges another one. So only the sums over the gates have a meaning.
//! A gate of an earlier release has no such attributes and permits any number of bytes.

use custodian_app::Failure;
use custodian_domain::access_key::MAX_ACCESS_KEYS;
use custodian_domain::kinds::{ALL, Kind};
use custodian_domain::{Customer, CustomerId, Plan, Status};
use uuid::Uuid;

use crate::counters::{count_down, count_up};
use crate::expr::Expr;
use crate::item::{Item, n, s};
use crate::schema::{ACCESS_KEYS, AGENTS, BILLING_ACCOUNTS, USAGE};
use crate::transaction::Transaction;
use crate::usage_rows::{
    ADMINS, BYTES, BYTES_LEFT, CHANGE_COUNT, GATES, counter_key, gate_for, gate_key, gates,
};

/// The stored limit of a counter without a limit. It is higher than any count.
const NO_LIMIT: u64 = 1 << 53;

/// The kinds with a limit.
fn limited_kinds() -> impl Iterator<Item = &'static Kind> {
    ALL.iter().copied().filter(|kind| kind.is_limited())
}

fn limit_of(plan: Plan, kind: &Kind) -> u64 {
    plan.limit(kind).unwrap_or(NO_LIMIT)
}

/// The bytes that each gate permits.
pub(crate) fn max_bytes_per_gate(plan: Plan) -> u64 {
    plan.max_bytes().unwrap_or(NO_LIMIT) / u64::from(GATES)
}

/// Creates the gates and counters of a new customer.
pub(crate) fn open_account<'a, C: Copy>(
    mut tx: Transaction<'a, C>,
    on_failure: C,
    customer: &Customer,
) -> Result<Transaction<'a, C>, Failure> {
    for item in new_rows(customer) {
        tx = tx.put(on_failure, USAGE, item, Expr::new("attribute_not_exists(#key)"))?;
    }
    Ok(tx)
}

/// The gates and counters of a new customer, which has one administrator besides the guest agent.
pub(crate) fn new_rows(customer: &Customer) -> Vec<Item> {
    let mut items = Vec::new();
    for gate in gates() {
        let mut item = gate_key(customer.id, gate);
        item.extend([
            ("status".to_owned(), s(customer.status().as_str())),
            (CHANGE_COUNT.to_owned(), n(0)),
            (BYTES.to_owned(), n(0)),
            (BYTES_LEFT.to_owned(), n(max_bytes_per_gate(customer.plan))),
        ]);
        items.push(item);
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
        items.push(item);
    }
    items
}

/// Sets the limits of the customer's plan. Requires that the customer still has its status.
pub(crate) fn set_limits<'a, C: Copy>(
    mut tx: Transaction<'a, C>,
    on_failure: C,
    after: &Customer,
) -> Result<Transaction<'a, C>, Failure> {
    let (customer, plan) = (after.id, after.plan);
    for gate in gates() {
        let update = Expr::new(format!(
            "SET #{BYTES_LEFT} = :max - if_not_exists(#{BYTES}, :zero) ADD #{CHANGE_COUNT} :one"
        ));
        let update = update.with(":max", n(max_bytes_per_gate(plan))).with(":zero", n(0)).with(":one", n(1));
        let same_status = Expr::new("#status = :status").with(":status", s(after.status().as_str()));
        tx = tx.update(on_failure, USAGE, gate_key(customer, gate), update, same_status)?;
    }
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
    for gate in gates() {
        let update = Expr::new("SET #status = :to").with(":to", s(status.as_str()));
        let condition = Expr::new("attribute_exists(#key)");
        tx = tx.update(on_failure, USAGE, gate_key(customer, gate), update, condition)?;
    }
    Ok(tx)
}

/// Sets the bytes of a gate, and the bytes that it still permits.
pub(crate) fn set_bytes(bytes: i64, left: i64) -> Expr {
    Expr::new(format!("SET #{BYTES} = :bytes, #{BYTES_LEFT} = :left ADD #{CHANGE_COUNT} :one"))
        .with(":bytes", n(bytes))
        .with(":left", n(left))
        .with(":one", n(1))
}

/// The condition that the customer has one of these statuses.
fn has_status(statuses: &[Status]) -> Expr {
    let names = statuses.iter().map(|status| s(status.as_str()));
    Expr::new("attribute_exists(#key)").and(&Expr::one_of("status", names))
}

/// Requires that the customer has one of these statuses.
pub(crate) fn require_status<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    customer: CustomerId,
    row: Uuid,
    statuses: &[Status],
) -> Result<Transaction<'a, C>, Failure> {
    tx.check(on_failure, USAGE, gate_key(customer, gate_for(row)), has_status(statuses))
}

/// What a write changes in the number and the bytes of an account's rows.
#[derive(Clone, Copy)]
pub(crate) struct UsageChange<'a> {
    pub(crate) kind: &'a Kind,
    /// 1 for a new row, -1 for a deleted one, 0 for a changed one.
    pub(crate) rows: i8,
    pub(crate) bytes: i64,
    /// The gate to check and to charge.
    pub(crate) gate: u8,
    /// Whether the gate has a limit of bytes. A gate of an earlier release has none until its bytes are first counted.
    pub(crate) gate_limits_bytes: bool,
}

/// Counts a row and its bytes. Requires that the customer has one of these statuses and that the gate permits the bytes (the
/// first condition). For a new row of a limited kind, also requires that the count is below the limit (the second condition).
pub(crate) fn require_status_and_count<'a, C: Copy>(
    tx: Transaction<'a, C>,
    (gate, limit): (C, C),
    customer: CustomerId,
    statuses: &[Status],
    change: UsageChange<'_>,
) -> Result<Transaction<'a, C>, Failure> {
    let UsageChange { kind, rows, bytes, .. } = change;
    let counts_in_gate = rows != 0 && !kind.is_limited();
    let key = gate_key(customer, change.gate);
    if !counts_in_gate && !kind.counts_bytes() {
        return tx.check(gate, USAGE, key, has_status(statuses));
    }
    let mut update = format!(
        "SET #{BYTES} = if_not_exists(#{BYTES}, :zero) + :bytes, \
         #{BYTES_LEFT} = if_not_exists(#{BYTES_LEFT}, :unlimited) - :bytes ADD #{CHANGE_COUNT} :one"
    );
    if counts_in_gate {
        update.push_str(&format!(", #n_{} :by", kind.table));
    }
    let mut update = Expr::new(update)
        .with(":zero", n(0))
        .with(":bytes", n(bytes))
        .with(":unlimited", n(NO_LIMIT))
        .with(":one", n(1));
    if counts_in_gate {
        update = update.with(":by", n(rows));
    }
    let condition = match (bytes > 0, change.gate_limits_bytes) {
        (false, _) => has_status(statuses),
        (true, true) => has_status(statuses).and(&Expr::new(format!("#{BYTES_LEFT} >= :bytes"))),
        (true, false) => has_status(statuses).and(&Expr::new(format!("attribute_not_exists(#{BYTES_LEFT})"))),
    };
    let tx = tx.update(gate, USAGE, key, update, condition)?;
    match rows {
        1 if kind.is_limited() => count_up(tx, limit, customer, kind.table),
        -1 if kind.is_limited() => count_down(tx, limit, customer, kind.table),
        _ => Ok(tx),
    }
}
