//! The conditions that a credential is still valid, and that the caller of a request is as it was read.

use custodian_app::Failure;
use custodian_domain::ids::PLATFORM;
use custodian_domain::{CustomerId, OperatorSession, Permission, Principal, Timestamp};
use uuid::Uuid;

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
        // The caller had the permission when it was read. Every change of a permission raises the epoch, so the epoch alone would
        // do. Comparing the permission as well costs no extra action.
        let same_permission =
            Expr::new("#permission = :permission").with(":permission", n(agent.permission.bits()));
        let is_same = has_epoch(agent.epoch).and(&same_permission);
        tx = tx.check(on_failure, AGENTS, row_key(agent.customer_id, agent.id.0), is_same)?;
    }
    if let Principal::Delegate { operator, .. } = caller {
        tx = require_operator(tx, on_failure, *operator)?;
    }
    if let Some(key) = caller.key() {
        tx = require_key(tx, on_failure, key.customer_id, key.id, now)?;
    }
    Ok(tx)
}

/// The condition that an agent still has this epoch.
pub(crate) fn has_epoch(epoch: u64) -> Expr {
    Expr::new("#epoch = :epoch").with(":epoch", n(epoch))
}

/// Requires that an access key exists and has not expired.
pub(crate) fn require_key<C: Copy>(
    tx: Transaction<'_, C>,
    on_failure: C,
    account: CustomerId,
    id: Uuid,
    now: Timestamp,
) -> Result<Transaction<'_, C>, Failure> {
    let is_live = Expr::new("#tm_expire > :now").with(":now", n(now.micros()));
    tx.check(on_failure, ACCESS_KEYS, row_key(account, id), is_live)
}

/// Requires that a platform admin has not been revoked since a session of it began.
pub(crate) fn require_operator<C: Copy>(
    tx: Transaction<'_, C>,
    on_failure: C,
    operator: OperatorSession,
) -> Result<Transaction<'_, C>, Failure> {
    let permissions = Permission::of_platform_admins().map(|permission| n(permission.bits()));
    let is_operator = has_epoch(operator.epoch).and(&Expr::one_of("permission", permissions));
    tx.check(on_failure, AGENTS, row_key(PLATFORM, operator.agent_id.0), is_operator)
}
