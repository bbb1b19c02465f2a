//! The actions that the audit log records, derived from the writes of the store.

use custodian_domain::audit::{AuditActor, AuditDetail, changed_customer_fields};
use custodian_domain::kinds::AGENTS;
use custodian_domain::outbox_record::OutboxRecord;
use custodian_domain::{CustomerId, EventType, Status, Timestamp};
use uuid::Uuid;

use crate::ports::{AgentChange, CustomerChange, KeysToRevoke, Purpose};
use crate::request_origin::{AuditedAction, is_platform_admin};

const CUSTOMER: &str = "customer";

impl AuditedAction {
    pub fn new(
        customer_id: CustomerId,
        entry_type: impl Into<String>,
        resource: (&'static str, Uuid),
        now: Timestamp,
    ) -> Self {
        let detail = AuditDetail::default();
        let entry_type = entry_type.into();
        Self { customer_id, entry_type, resource, detail, actor: None, hides_origin: false, now }
    }

    /// The creation, change or deletion of an owned row.
    pub fn of_row(record: &OutboxRecord) -> Self {
        let noun = match &record.event_type {
            EventType::Row { noun, .. } => noun,
            _ => "",
        };
        let resource = (noun, record.resource_id);
        let action = Self::new(record.customer_id, record.event_type.to_string(), resource, record.tm_create);
        Self { detail: AuditDetail { changed: record.changed.clone(), ..action.detail }, ..action }
    }

    /// The same action, which also deletes these keys.
    #[must_use]
    pub fn with_keys(mut self, revoked: Option<&KeysToRevoke>) -> Self {
        let keys = revoked.into_iter().flat_map(|revoked| &revoked.keys);
        self.detail.accesskeys = keys.map(|key| key.id).collect();
        self
    }

    /// A change of an agent, if it concerns its credentials or a platform admin made it.
    pub fn of_agent_change(change: &AgentChange<'_>) -> Option<Self> {
        let AgentChange { before, after, .. } = *change;
        let has_new_password = before.password_hash != after.password_hash;
        let entry_type = if has_new_password {
            "agent_password_changed"
        } else if before.permission != after.permission {
            "agent_permission_changed"
        } else if before.epoch != after.epoch {
            "agent_signed_out"
        } else if is_platform_admin() {
            "agent_updated"
        } else {
            return None;
        };
        let record = OutboxRecord::updated(AGENTS.noun, before, after);
        let action = Self::new(after.customer_id, entry_type, (AGENTS.noun, after.id.0), after.tm_update);
        let by_link = change.used_token.is_some();
        let detail = AuditDetail {
            changed: record.map(|record| record.changed).unwrap_or_default(),
            by_link,
            ..AuditDetail::default()
        };
        // A person with the link has no credential, and acts as the agent.
        let actor = by_link.then_some(AuditActor::Agent { id: after.id });
        Some(Self { detail, actor, ..action }.with_keys(change.revoked))
    }

    /// A change of a customer, if it concerns the status or the confirmed address or a platform admin made it. The entries of a
    /// deleted account are deleted with it, so a deletion needs none.
    pub fn of_customer_change(change: &CustomerChange<'_>) -> Option<Self> {
        let CustomerChange { before, after, .. } = *change;
        if after.status().is_terminal() {
            return None;
        }
        let is_new_address = change.used_token.is_some_and(|link| link.purpose == Purpose::EmailChange);
        let status_changed = before.status() != after.status();
        let entry_type = match after.status() {
            Status::Frozen if status_changed => "customer_frozen",
            Status::Active if status_changed && before.status() == Status::Frozen => "customer_recovered",
            Status::Active if status_changed => "customer_verified",
            _ if is_new_address => "customer_email_changed",
            _ if is_platform_admin() => "customer_updated",
            _ => return None,
        };
        let key = change.activation_rows.and_then(|rows| rows.access_key.as_ref());
        let detail = AuditDetail {
            from: status_changed.then(|| before.status()),
            to: status_changed.then(|| after.status()),
            changed: changed_customer_fields(before, after),
            accesskeys: key.map(|key| key.id).into_iter().collect(),
            reason: None,
            by_link: change.used_token.is_some(),
        };
        let owner = change.confirmation.and_then(|confirmation| confirmation.owner);
        let actor = match &before.pending_email {
            // A person with a link has no credential. The requester of the new address acts, or the account's owner.
            Some(pending) if is_new_address => Some(AuditActor::from(pending.requested_by)),
            _ if detail.by_link => owner.map(|id| AuditActor::Agent { id }),
            _ => None,
        };
        let action = Self::new(after.id, entry_type, (CUSTOMER, after.id.0), after.tm_update);
        Some(Self { detail, actor, ..action })
    }
}
