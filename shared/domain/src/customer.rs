//! The customer: one row with one status and one version.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::credentials::TRUST_DELAY;
use crate::pending_email::{PendingEmail, RequestedBy};
use crate::profile::{ProfilePatch, fold_case};
use crate::status::{State, Status};
use crate::webhook_endpoints::EndpointSettings;
use crate::{AgentId, Cause, CustomerId, EventType, Hold, Initiator, Plan, Profile, Timestamp};

/// A customer as stored. Crate `custodian-views` builds the JSON that callers see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    pub id: CustomerId,
    /// Every write but the removal of `former_email` raises it, and is conditional on the version that was read.
    pub version: u64,
    /// Tokens of an earlier epoch are invalid.
    pub epoch: u64,
    #[serde(flatten)]
    pub profile: Profile,
    /// When the current webhook URI was set, or when the account was verified, if that was later. Earlier events, except
    /// tests, get no first attempt at this URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_since: Option<Timestamp>,
    /// The event types that are sent to the webhook URI of the profile. If there are none, all are sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub webhook_event_types: Vec<EventType>,
    /// The webhook endpoints besides the webhook URI of the profile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub webhook_endpoints: Vec<EndpointSettings>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_email: Option<PendingEmail>,
    /// The signup that the profile of an unverified account comes from. Only the link of this signup verifies the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signup: Option<Cause>,
    /// When the current e-mail address becomes trusted: [`TRUST_DELAY`] after the change to it. `None` until the account
    /// confirms a change of its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_trusted_from: Option<Timestamp>,
    /// A former confirmed address. Stored until the notice about the change is sent to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_email: Option<String>,
    /// The default billing account. It is the nil UUID before the verification and after a deletion or expiry.
    pub billing_account_id: Uuid,
    pub email_verified: bool,
    /// The guest agent. Platform admins act as this agent, and `GET /v1.0/me` shows it to access keys.
    pub guest_id: AgentId,
    /// How many times this account was frozen or its freeze extended. Of the purge jobs, only the one with this number may delete
    /// the account.
    pub freezes: u64,
    /// Whether this is the platform's own account, to which the platform admins belong. It cannot be frozen, deleted or
    /// expired.
    pub platform: bool,
    /// The plan decides how many rows the account may own.
    #[serde(default)]
    pub plan: Plan,
    /// The hold on the account, also if it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    #[serde(flatten)]
    pub state: State,
    pub tm_create: Timestamp,
    pub tm_update: Timestamp,
}

impl Customer {
    pub const fn status(&self) -> Status {
        self.state.status()
    }

    /// When the account expires or is purged: at the end of the verification window or of the grace period.
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

    /// Whether an operator froze the account or took over its freeze.
    pub const fn is_suspended(&self) -> bool {
        matches!(self.state, State::Frozen { frozen_by: Initiator::Operator, .. })
    }

    /// The hold, if it lasts at this time.
    pub fn active_hold(&self, now: Timestamp) -> Option<&Hold> {
        self.hold.as_ref().filter(|hold| hold.is_active(now))
    }

    /// The next version of this row with this hold, or without one.
    #[must_use]
    pub fn with_hold(&self, hold: Option<Hold>, now: Timestamp) -> Self {
        Self { hold, ..self.with_state(self.state, now) }
    }

    pub const fn tm_delete(&self) -> Option<Timestamp> {
        match self.state {
            State::Deleted { tm_delete } | State::Expired { tm_delete } => Some(tm_delete),
            _ => None,
        }
    }

    /// The next version of this row in `state`.
    #[must_use]
    pub fn with_state(&self, state: State, now: Timestamp) -> Self {
        Self { version: self.version + 1, state, tm_update: now, ..self.clone() }
    }

    /// The next version of this row with a changed profile. A new e-mail address takes effect at once.
    fn with_profile(&self, patch: &ProfilePatch, now: Timestamp) -> Self {
        let profile = patch.clone().apply(&self.profile);
        let endpoint = self.first_endpoint().moved_to(profile.webhook_uri.clone(), now);
        Self {
            profile,
            webhook_since: endpoint.since,
            webhook_event_types: endpoint.event_types,
            ..self.with_state(self.state, now)
        }
    }

    /// The next version of this row with a changed profile. A new e-mail address waits for its confirmation, unless the
    /// account itself is not verified yet. A patch with the current address cancels a pending one. A patch with the pending
    /// address restarts its confirmation with a new link.
    #[must_use]
    pub fn with_profile_patch(
        &self,
        patch: &ProfilePatch,
        requested_by: RequestedBy,
        now: Timestamp,
    ) -> Self {
        let next = self.with_profile(patch, now);
        if patch.email().is_none() {
            return next;
        }
        let is_unverified = self.status() == Status::Initial;
        if is_unverified || self.has_email(&next.profile.email) {
            return Self { pending_email: None, ..next };
        }
        let (address, tm_expire) = (next.profile.email.clone(), now.plus(PendingEmail::LIFETIME));
        let pending_email = Some(PendingEmail { address, tm_expire, requested_by });
        let profile = Profile { email: self.profile.email.clone(), ..next.profile.clone() };
        Self { pending_email, profile, ..next }
    }

    /// The next version of this row with the confirmed e-mail address. If the address changes again before the notice to the former
    /// address is sent, the row keeps the oldest address. Otherwise a thief who changes the address twice could prevent the notice
    /// to the owner.
    #[must_use]
    pub fn with_confirmed_email(&self, email: String, now: Timestamp) -> Self {
        let current = Some(&self.profile.email).filter(|_| self.email_verified && !self.has_email(&email));
        let former_email = self.former_email.clone().or_else(|| current.cloned());
        let profile = Profile { email, ..self.profile.clone() };
        let email_trusted_from = Some(now.plus(TRUST_DELAY));
        Self {
            pending_email: None,
            email_trusted_from,
            former_email,
            email_verified: true,
            profile,
            ..self.with_state(self.state, now)
        }
    }

    /// The next version of this row with another plan.
    #[must_use]
    pub fn with_plan(&self, plan: Plan, now: Timestamp) -> Self {
        Self { plan, ..self.with_state(self.state, now) }
    }

    /// The next version of this row with another default billing account.
    #[must_use]
    pub fn with_billing_account(&self, billing_account_id: Uuid, now: Timestamp) -> Self {
        Self { billing_account_id, ..self.with_state(self.state, now) }
    }

    /// The next version of this row without a pending e-mail address.
    #[must_use]
    pub fn without_pending_email(&self, now: Timestamp) -> Self {
        Self { pending_email: None, ..self.with_state(self.state, now) }
    }

    /// The next version of an unverified row, with the profile of a newer signup for the same address.
    #[must_use]
    pub fn with_signup(&self, profile: Profile, signup: Cause, now: Timestamp) -> Self {
        Self { profile, signup: Some(signup), ..self.with_state(self.state, now) }
    }

    /// The pending e-mail address, unless its time is over.
    pub fn pending_email_at(&self, now: Timestamp) -> Option<&PendingEmail> {
        self.pending_email.as_ref().filter(|pending| now < pending.tm_expire)
    }

    /// Whether this is the account's e-mail address, in any spelling of its letters.
    pub fn has_email(&self, address: &str) -> bool {
        fold_case(&self.profile.email) == fold_case(address)
    }

    /// Whether the account has confirmed this e-mail address. Only a confirmed address signs in, and only a confirmed address
    /// is closed to every other account: an unconfirmed one is closed only to new accounts.
    pub fn has_confirmed_email(&self, address: &str) -> bool {
        self.email_verified && !self.status().is_terminal() && self.has_email(address)
    }

    /// The next version of this row in a terminal state, without personal data. Ids, counters and times remain.
    #[must_use]
    pub fn anonymised(&self, state: State, now: Timestamp) -> Self {
        Self {
            profile: Profile::default(),
            webhook_since: None,
            webhook_event_types: Vec::new(),
            webhook_endpoints: Vec::new(),
            pending_email: None,
            signup: None,
            email_trusted_from: None,
            former_email: None,
            plan: Plan::default(),
            hold: None,
            billing_account_id: Uuid::nil(),
            email_verified: false,
            epoch: self.epoch + 1,
            ..self.with_state(state, now)
        }
    }
}
