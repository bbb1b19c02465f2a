//! The usernames that change in the transaction that confirms an e-mail address.

use custodian_app::Failure;
use custodian_app::ports::EmailConfirmation;
use custodian_app::request_origin::AuditedAction;
use custodian_domain::outbox_record::OutboxRecord;
use custodian_domain::{Customer, Status, kinds};

use crate::claims::{self, Claim};
use crate::identifiers::{self, IdentifierRow};
use crate::transaction::Transaction;
use crate::{agents, audit_log, outbox, usage};

/// Renames agents, and takes the username that equals the confirmed address away from other accounts.
pub(crate) fn rename<'a, C: Copy>(
    mut tx: Transaction<'a, C>,
    on_failure: C,
    customer: &Customer,
    confirmation: &EmailConfirmation,
) -> Result<Transaction<'a, C>, Failure> {
    let address = identifiers::username(&customer.profile.email);
    let holder = confirmation.username_holder.map(|(owner, agent)| IdentifierRow {
        owner,
        agent_id: Some(agent),
        confirmed: None,
        row_id: None,
    });
    let mut is_claimed = false;
    for (before, after) in &confirmation.renames {
        let owner = after.customer_id;
        tx = agents::replace(tx, on_failure, before, after)?;
        let record = OutboxRecord::updated(kinds::AGENTS.noun, before, after);
        tx = outbox::record(tx, on_failure, record.as_ref())?;
        if owner != customer.id {
            tx = usage::require_status(tx, on_failure, owner, after.id.0, Status::NOT_TERMINAL)?;
            if let Some(record) = &record {
                tx = audit_log::record(
                    tx,
                    on_failure,
                    AuditedAction { hides_origin: true, ..AuditedAction::of_row(record) },
                )?;
            }
        }
        let [old, new] = [before, after].map(|agent| identifiers::stored_username(&agent.username));
        let takes_address = new == address;
        is_claimed |= takes_address;
        let previous = holder.filter(|_| takes_address);
        let claim =
            Claim { name: &new, owner, agent: Some(after.id), row_id: None, confirmed: None, previous };
        tx = claims::claim(tx, on_failure, &claim)?;
        if old != address {
            tx = claims::release(tx, on_failure, &old, owner)?;
        }
    }
    if is_claimed { Ok(tx) } else { claims::revoke(tx, on_failure, &address, customer.id, holder) }
}
