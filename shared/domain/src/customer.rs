//! The customer: one row, one status, one version.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::profile::{ProfilePatch, folded};
use crate::{AgentId, CustomerId, Plan, Profile, Timestamp};

/// A customer as it is stored. What a caller sees of it is made at the edge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    pub id: CustomerId,
    /// Counts the writes to this row; every write names the version it expects.
    pub version: u64,
    /// Every credential that was signed under another epoch is dead.
    pub epoch: u64,
    #[serde(flatten)]
    pub profile: Profile,
    /// Since when webhooks go where the profile says: what happened before is not told there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_since: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_email: Option<PendingEmail>,
    /// A day after the last change of the address; none if it is the one that the account began with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_trusted_from: Option<Timestamp>,
    /// The zero UUID until the account is active.
    pub billing_account_id: Uuid,
    pub email_verified: bool,
    /// The guest agent, as which access keys act.
    pub guest_id: AgentId,
    /// How often this account was frozen; the number of the purge job that counts.
    pub freezes: u64,
    /// The customer that holds the platform admins: it cannot be frozen, deleted or expired.
    pub platform: bool,
    /// How much it may own.
    #[serde(default)]
    pub plan: Plan,
    #[serde(flatten)]
    pub state: State,
    pub tm_create: Timestamp,
    pub tm_update: Timestamp,
}

/// The address that is to replace an account's once it is confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingEmail {
    pub address: String,
    /// Until then nobody else gets the address, and the mailed link works.
    pub ends: Timestamp,
    pub asked_by: Asker,
}

/// Whose credential asked for another address. What a session or a key has asked for ends with it, so that changing the
/// password, logging out or deleting the key calls off what a thief has asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "lowercase")]
pub enum Asker {
    /// An agent, with its epoch.
    Agent {
        agent_id: AgentId,
        epoch: u64,
    },
    Key {
        key_id: Uuid,
    },
    /// A platform admin, by itself or as the account's guest.
    Operator,
}

impl PendingEmail {
    /// How long an address waits for its confirmation.
    pub const WAITS: Duration = Duration::from_secs(24 * 3600);

    /// The same, waiting no longer than until then.
    #[must_use]
    pub fn ended_by(self, now: Timestamp) -> Self {
        Self { ends: self.ends.min(now), ..self }
    }
}

/// The status with what belongs to it: a deadline exists exactly while the account is frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum State {
    Initial { verify_by: Timestamp },
    Active,
    Frozen { tm_frozen: Timestamp, tm_deletion_scheduled: Timestamp },
    Deleted { tm_delete: Timestamp },
    Expired { tm_delete: Timestamp },
}

/// The status alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Initial,
    Active,
    Frozen,
    Deleted,
    Expired,
}

impl Status {
    pub const ALL: [Self; 5] = [Self::Initial, Self::Active, Self::Frozen, Self::Deleted, Self::Expired];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Initial => "initial",
            Self::Active => "active",
            Self::Frozen => "frozen",
            Self::Deleted => "deleted",
            Self::Expired => "expired",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Deleted and expired absorb: nothing leaves them, and nobody acts for such an account.
    pub const fn is_gone(self) -> bool {
        matches!(self, Self::Deleted | Self::Expired)
    }
}

impl State {
    pub const fn status(&self) -> Status {
        match self {
            Self::Initial { .. } => Status::Initial,
            Self::Active => Status::Active,
            Self::Frozen { .. } => Status::Frozen,
            Self::Deleted { .. } => Status::Deleted,
            Self::Expired { .. } => Status::Expired,
        }
    }
}

impl Customer {
    pub const fn status(&self) -> Status {
        self.state.status()
    }

    /// When the row's one-off job is due: the end of the verification window or of the grace period.
    pub const fn due(&self) -> Option<Timestamp> {
        match self.state {
            State::Initial { verify_by } => Some(verify_by),
            State::Frozen { tm_deletion_scheduled, .. } => Some(tm_deletion_scheduled),
            _ => None,
        }
    }

    pub const fn tm_deletion_scheduled(&self) -> Option<Timestamp> {
        match self.state {
            State::Frozen { tm_deletion_scheduled, .. } => Some(tm_deletion_scheduled),
            _ => None,
        }
    }

    pub const fn tm_delete(&self) -> Option<Timestamp> {
        match self.state {
            State::Deleted { tm_delete } | State::Expired { tm_delete } => Some(tm_delete),
            _ => None,
        }
    }

    /// The next version of this row in `state`, made at `now`.
    #[must_use]
    pub fn moved(&self, state: State, now: Timestamp) -> Self {
        Self { version: self.version + 1, state, tm_update: now, ..self.clone() }
    }

    /// The next version of this row with another profile, whose e-mail address counts at once.
    fn patched(&self, patch: &ProfilePatch, now: Timestamp) -> Self {
        let profile = patch.clone().apply(&self.profile);
        let leads_elsewhere = profile.webhook_uri != self.profile.webhook_uri;
        let webhook_since = if leads_elsewhere { Some(now) } else { self.webhook_since };
        Self { version: self.version + 1, profile, webhook_since, tm_update: now, ..self.clone() }
    }

    /// The next version of this row with another profile, whose e-mail address has to be confirmed first, unless none of
    /// this account's has been yet. To name the present address asks for nothing, since clients send back what they have
    /// read; to name the one that waits lets it wait anew, with a fresh link.
    #[must_use]
    pub fn patched_unconfirmed(&self, patch: &ProfilePatch, asked_by: Asker, now: Timestamp) -> Self {
        let next = self.patched(patch, now);
        let is_first = self.status() == Status::Initial;
        if is_first || folded(&next.profile.email) == folded(&self.profile.email) {
            return next;
        }
        let (address, ends) = (next.profile.email.clone(), now.plus(PendingEmail::WAITS));
        let pending_email = Some(PendingEmail { address, ends, asked_by });
        let profile = Profile { email: self.profile.email.clone(), ..next.profile.clone() };
        Self { pending_email, profile, ..next }
    }

    /// The next version of this row with the address that was to be confirmed.
    #[must_use]
    pub fn with_confirmed_email(&self, email: String, now: Timestamp) -> Self {
        let profile = Profile { email, ..self.profile.clone() };
        let email_trusted_from = Some(now.plus(PendingEmail::WAITS));
        Self {
            pending_email: None,
            email_trusted_from,
            email_verified: true,
            profile,
            ..self.moved(self.state, now)
        }
    }

    /// The next version of this row on another plan.
    #[must_use]
    pub fn with_plan(&self, plan: Plan, now: Timestamp) -> Self {
        Self { plan, ..self.moved(self.state, now) }
    }

    /// The next version of this row with another default billing account.
    #[must_use]
    pub fn with_billing_account(&self, billing_account_id: Uuid, now: Timestamp) -> Self {
        Self { billing_account_id, ..self.moved(self.state, now) }
    }

    /// The next version of this row without an address that was not confirmed in time; none if it has no such.
    #[must_use]
    pub fn without_lapsed_email(&self, now: Timestamp) -> Option<Self> {
        let lapsed = self.pending_email.as_ref().is_some_and(|pending| pending.ends <= now);
        lapsed.then(|| Self { pending_email: None, ..self.moved(self.state, now) })
    }

    /// Every address that this row holds.
    pub fn emails(&self) -> impl Iterator<Item = &str> {
        let own = Some(self.profile.email.as_str()).filter(|email| !email.is_empty());
        own.into_iter().chain(self.pending_email.as_ref().map(|pending| pending.address.as_str()))
    }

    /// What is left of an account that is gone: its id, its history in numbers, and nothing of a person.
    #[must_use]
    pub fn anonymised(&self, state: State, now: Timestamp) -> Self {
        Self {
            profile: Profile::default(),
            webhook_since: None,
            pending_email: None,
            email_trusted_from: None,
            plan: Plan::default(),
            billing_account_id: Uuid::nil(),
            email_verified: false,
            epoch: self.epoch + 1,
            ..self.moved(state, now)
        }
    }
}
