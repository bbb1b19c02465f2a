//! The condition that the caller of a request is as it was read.

use custodian_app::Failure;
use custodian_domain::{Principal, Timestamp};

use crate::expr::Expr;
use crate::item::n;
use crate::resources::row_key;
use crate::schema::{ACCESS_KEYS, AGENTS};
use crate::transaction::Transaction;

/// Requires that the caller has not been revoked since it was read. So a request that is under way when its caller is deleted or
/// demoted leaves no credential behind.
pub(crate) fn require_caller<'a, C: Copy>(
    mut tx: Transaction<'a, C>,
    on_failure: C,
    caller: &Principal,
    now: Timestamp,
) -> Result<Transaction<'a, C>, Failure> {
    if let Principal::Agent { agent, .. } | Principal::Delegate { guest: agent, .. } = caller {
        // The caller had the permission when it was read, and every change of a permission raises the epoch.
        let is_same = Expr::new("#epoch = :epoch AND #permission = :permission")
            .with(":epoch", n(agent.epoch))
            .with(":permission", n(agent.permission.bits()));
        tx = tx.check(on_failure, AGENTS, row_key(agent.customer_id, agent.id.0), is_same)?;
    }
    if let Some(key) = caller.key() {
        let is_live = Expr::new("#tm_expire > :now").with(":now", n(now.micros()));
        tx = tx.check(on_failure, ACCESS_KEYS, row_key(key.customer_id, key.id), is_live)?;
    }
    Ok(tx)
}
