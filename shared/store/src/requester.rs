//! The condition that the credential that requested a change of the e-mail address is still valid.

use custodian_app::Failure;
use custodian_app::ports::CustomerChange;
use custodian_domain::{Permission, Reason, RequestedBy};

use crate::caller::{has_epoch, require_key, require_operator};
use crate::resources::row_key;
use crate::schema::AGENTS;
use crate::transaction::Transaction;

/// Requires that the requester of the pending address could request it now.
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
                None => tx.check(on_failure, AGENTS, row_key(account, agent_id.0), has_epoch(epoch)),
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
        // An earlier release did not store which platform admin it was.
        // This version cannot check a requester that a newer one wrote.
        RequestedBy::PlatformAdmin { operator: None } | RequestedBy::Unknown => {
            Err(Reason::InvalidToken.into())
        }
    }
}
