//! The row of an idempotency lease. The idempotency store writes it, and each transaction with the request's effect updates it.

use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::request_conditions::IdempotencyLease;

use crate::expr::Expr;
use crate::item::{Item, composite_key, s};

pub(crate) fn row_key(lease: &IdempotencyLease) -> Item {
    composite_key("customer_id", lease.customer_id, "key", &lease.key)
}

/// Marks the record as done. The transaction of the request's effect contains this update.
pub(crate) fn mark_done() -> Expr {
    Expr::new("SET #done = :done").with(":done", AttributeValue::Bool(true))
}

/// The condition that this request still holds the lease.
pub(crate) fn held_by(lease: &IdempotencyLease) -> Expr {
    Expr::new("#lease = :lease").with(":lease", s(&lease.lease_id))
}
