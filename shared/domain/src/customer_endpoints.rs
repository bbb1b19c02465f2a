//! The webhook endpoints of a customer.

use uuid::Uuid;

use crate::webhook_endpoints::{EndpointPatch, EndpointSettings, MAX_ENDPOINTS};
use crate::{Customer, Profile, Timestamp};

impl Customer {
    /// The endpoint at the `webhook_uri` of the profile.
    pub(crate) fn first_endpoint(&self) -> EndpointSettings {
        EndpointSettings {
            id: self.id.0,
            webhook_uri: self.profile.webhook_uri.clone(),
            webhook_method: self.profile.webhook_method.clone(),
            event_types: self.webhook_event_types.clone(),
            since: self.webhook_since,
            tm_create: self.tm_create,
            tm_update: self.tm_update,
        }
    }

    /// All endpoints, the first one first and the others in the order of their creation.
    pub fn endpoints(&self) -> Vec<EndpointSettings> {
        std::iter::once(self.first_endpoint()).chain(self.webhook_endpoints.iter().cloned()).collect()
    }

    pub fn endpoint(&self, id: Uuid) -> Option<EndpointSettings> {
        if id == self.id.0 {
            return Some(self.first_endpoint());
        }
        self.webhook_endpoints.iter().find(|endpoint| endpoint.id == id).cloned()
    }

    /// Whether the account may have another endpoint.
    pub const fn may_add_endpoint(&self) -> bool {
        self.webhook_endpoints.len() + 1 < MAX_ENDPOINTS
    }

    /// The next version of this row with another endpoint.
    #[must_use]
    pub fn with_new_endpoint(&self, id: Uuid, patch: &EndpointPatch, now: Timestamp) -> Self {
        let mut next = self.with_state(self.state, now);
        next.webhook_endpoints.push(EndpointSettings::empty(id, now).patched(patch, now));
        next
    }

    /// The next version of this row with a changed endpoint.
    #[must_use]
    pub fn with_changed_endpoint(&self, id: Uuid, patch: &EndpointPatch, now: Timestamp) -> Self {
        let next = self.with_state(self.state, now);
        if id != self.id.0 {
            let patched = |endpoint: &EndpointSettings| match endpoint.id == id {
                true => endpoint.patched(patch, now),
                false => endpoint.clone(),
            };
            return Self { webhook_endpoints: self.webhook_endpoints.iter().map(patched).collect(), ..next };
        }
        let EndpointSettings { webhook_uri, webhook_method, event_types, since, .. } =
            self.first_endpoint().patched(patch, now);
        let profile = Profile { webhook_uri, webhook_method, ..self.profile.clone() };
        Self { profile, webhook_event_types: event_types, webhook_since: since, ..next }
    }

    /// The next version of this row without an endpoint. The first endpoint remains, without a URI.
    #[must_use]
    pub fn without_endpoint(&self, id: Uuid, now: Timestamp) -> Self {
        if id == self.id.0 {
            return self.with_changed_endpoint(id, &EndpointPatch::clearing(), now);
        }
        let mut next = self.with_state(self.state, now);
        next.webhook_endpoints.retain(|endpoint| endpoint.id != id);
        next
    }
}
