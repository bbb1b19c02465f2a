//! The counters that have rows of their own, as parts of a transaction.

use custodian_app::Failure;
use custodian_domain::CustomerId;

use crate::expr::Expr;
use crate::item::{Item, n, number_attribute};
use crate::schema::USAGE;
use crate::transaction::Transaction;
use crate::usage_rows::{ADMINS, CHANGE_COUNT, counter_key};

/// The condition that the counters of a usage row have not changed since `change_count` was read.
pub(crate) fn has_change_count(change_count: i64) -> Expr {
    Expr::new(format!("#{CHANGE_COUNT} = :moves")).with(":moves", n(change_count))
}

/// Whether a counter with a row of its own has reached its limit.
pub(crate) fn is_at_limit(counter: &Item) -> bool {
    number_attribute(counter, "n") >= number_attribute(counter, "limit")
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

/// Adds `delta` to the number of administrators. If it becomes smaller, requires that at least one remains. It may be 0 before it
/// grows: a restored table may lack the last administrator.
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
    let has_enough = if delta < 0 {
        Expr::new("attribute_exists(#key) AND #n > :least").with(":least", n(1))
    } else {
        Expr::new("attribute_exists(#key)")
    };
    tx.update(on_failure, USAGE, counter_key(customer, ADMINS), update, has_enough)
}
