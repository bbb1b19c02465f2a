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
}

impl PendingEmail {
    /// How long an address waits for its confirmation.
    pub const WAITS: Duration = Duration::from_secs(24 * 3600);
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
    #[must_use]
    pub fn patched(&self, patch: &ProfilePatch, now: Timestamp) -> Self {
        let profile = patch.clone().apply(&self.profile);
        // A client sends back what it has read: the very address that stands asks for nothing.
        let asks = patch.email().is_some_and(|email| email != self.profile.email);
        let pending_email = self.pending_email.clone().filter(|_| !asks);
        let is_other = folded(&profile.email) != folded(&self.profile.email);
        let moved = Some(now.plus(PendingEmail::WAITS)).filter(|_| is_other && self.email_verified);
        let email_trusted_from = moved.or(self.email_trusted_from);
        Self {
            version: self.version + 1,
            profile,
            pending_email,
            email_trusted_from,
            tm_update: now,
            ..self.clone()
        }
    }

    /// The next version of this row with another profile, whose e-mail address has to be confirmed first. To name the
    /// present address drops one that was to be confirmed.
    #[must_use]
    pub fn patched_unconfirmed(&self, patch: &ProfilePatch, now: Timestamp) -> Self {
        let next = self.patched(patch, now);
        if folded(&next.profile.email) == folded(&self.profile.email) {
            return next;
        }
        let waiting = self
            .pending_email
            .clone()
            .filter(|pending| pending.ends > now && folded(&pending.address) == folded(&next.profile.email));
        let asked =
            || PendingEmail { address: next.profile.email.clone(), ends: now.plus(PendingEmail::WAITS) };
        let pending_email = Some(waiting.unwrap_or_else(asked));
        let profile = Profile { email: self.profile.email.clone(), ..next.profile.clone() };
        Self { pending_email, profile, email_trusted_from: self.email_trusted_from, ..next }
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
