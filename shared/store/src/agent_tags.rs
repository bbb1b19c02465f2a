//! The tags of agents.

use custodian_app::Failure;
use custodian_domain::CustomerId;
use custodian_domain::kinds::TAGS;
use uuid::Uuid;

use crate::expr::Expr;
use crate::resources::row_key;
use crate::transaction::Transaction;

/// Requires that the tags of an agent exist. The nil id refers to no tag.
pub(crate) fn require_tags<'a, C: Copy>(
    mut tx: Transaction<'a, C>,
    on_failure: C,
    customer: CustomerId,
    tags: &[Uuid],
) -> Result<Transaction<'a, C>, Failure> {
    for tag in tags.iter().filter(|tag| !tag.is_nil()) {
        tx = tx.check(on_failure, TAGS.table, row_key(customer, *tag), Expr::new("attribute_exists(#id)"))?;
    }
    Ok(tx)
}
