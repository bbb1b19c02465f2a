//! The condition that the credential that requested a change of the e-mail address is still valid.

use custodian_app::Failure;
use custodian_app::ports::CustomerChange;
use custodian_domain::ids::PLATFORM;
use custodian_domain::{AgentId, CustomerId, OperatorSession, Permission, Reason, RequestedBy, Timestamp};
use uuid::Uuid;

use crate::expr::Expr;
use crate::item::n;
use crate::resources::row_key;
use crate::schema::{ACCESS_KEYS, AGENTS};
use crate::transaction::Transaction;

/// Requires that whoever requested the pending address could request it now.
pub(crate) fn require_valid<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    change: CustomerChange<'_>,
) -> Result<Transaction<'a, C>, Failure> {
    let (account, now) = (change.before.id, change.after.tm_update);
    let Some(pending) = &change.before.pending_email else { return Ok(tx) };
    match pending.requested_by {
        RequestedBy::Agent { agent_id, epoch, key_id } => {
            let tx = match key_id {
                Some(key) => require_key(tx, on_failure, account, key, now)?,
                None => tx,
            };
            // If the same transaction renames the agent, it does so on condition of the version that was read.
            match change.renamed(agent_id) {
                Some(agent) if agent.epoch == epoch => Ok(tx),
                Some(_) => Err(Reason::InvalidToken.into()),
                None => require_agent(tx, on_failure, account, agent_id, epoch),
            }
        }
        RequestedBy::Key { key_id } => require_key(tx, on_failure, account, key_id, now),
        // The platform admin may be the agent whose username gives way to the address.
        RequestedBy::PlatformAdmin { operator: Some(operator) } => match change.renamed(operator.agent_id) {
            Some(agent) if agent.epoch == operator.epoch && agent.permission.allows(Permission::PLATFORM) => {
                Ok(tx)
            }
            Some(_) => Err(Reason::InvalidToken.into()),
            None => require_operator(tx, on_failure, operator),
        },
        // An earlier revision did not store which platform admin it was.
        RequestedBy::PlatformAdmin { operator: None } => Err(Reason::InvalidToken.into()),
    }
}

fn require_key<C: Copy>(
    tx: Transaction<'_, C>,
    on_failure: C,
    account: CustomerId,
    id: Uuid,
    now: Timestamp,
) -> Result<Transaction<'_, C>, Failure> {
    let is_live = Expr::new("#tm_expire > :now").with(":now", n(now.micros()));
    tx.check(on_failure, ACCESS_KEYS, row_key(account, id), is_live)
}

fn require_agent<C: Copy>(
    tx: Transaction<'_, C>,
    on_failure: C,
    account: CustomerId,
    id: AgentId,
    epoch: u64,
) -> Result<Transaction<'_, C>, Failure> {
    let same_epoch = Expr::new("#epoch = :epoch").with(":epoch", n(epoch));
    tx.check(on_failure, AGENTS, row_key(account, id.0), same_epoch)
}

fn require_operator<C: Copy>(
    tx: Transaction<'_, C>,
    on_failure: C,
    operator: OperatorSession,
) -> Result<Transaction<'_, C>, Failure> {
    let permissions: Vec<_> = Permission::of_platform_admins().map(|permission| permission.bits()).collect();
    let names: Vec<_> = (0..permissions.len()).map(|number| format!(":p{number}")).collect();
    let text = format!("#epoch = :epoch AND #permission IN ({})", names.join(", "));
    let mut is_operator = Expr::new(text).with(":epoch", n(operator.epoch));
    for (name, bits) in names.iter().zip(permissions) {
        is_operator = is_operator.with(name, n(bits));
    }
    tx.check(on_failure, AGENTS, row_key(PLATFORM, operator.agent_id.0), is_operator)
}
