//! The endpoints to which an account's webhooks are sent. The first one is the `webhook_uri` of the account's profile.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::destination::DestinationRules;
use crate::field_problem::FieldProblem;
use crate::fields::Fields;
use crate::profile::read_destination;
use crate::refusal::Refusal;
use crate::{CustomerId, EventType, Timestamp};

/// The maximum number of endpoints of an account, including the first.
pub const MAX_ENDPOINTS: usize = 5;

/// An endpoint of an account. The first endpoint has the id of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EndpointId {
    pub customer_id: CustomerId,
    pub id: Uuid,
}

impl EndpointId {
    pub const fn first(customer_id: CustomerId) -> Self {
        Self { customer_id, id: customer_id.0 }
    }

    /// `None` is the first endpoint.
    pub fn new(customer_id: CustomerId, id: Option<Uuid>) -> Self {
        Self { customer_id, id: id.unwrap_or(customer_id.0) }
    }

    pub fn is_first(self) -> bool {
        self.id == self.customer_id.0
    }

    /// `None` for the first endpoint. Its jobs, deliveries and row keys omit the endpoint's id, as in releases that had only one
    /// endpoint.
    pub fn additional(self) -> Option<Uuid> {
        (!self.is_first()).then_some(self.id)
    }
}

/// The destination of an endpoint, and the event types that it receives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointSettings {
    pub id: Uuid,
    /// Empty if nothing is sent.
    pub webhook_uri: String,
    pub webhook_method: String,
    /// Empty: events of all types are sent, including types that later releases add.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub event_types: Vec<EventType>,
    /// When the URI was last changed, or when the account was verified, if that was later. Earlier events, except tests, get no
    /// first attempt at this URI. `None` if neither has happened.
    pub since: Option<Timestamp>,
    pub tm_create: Timestamp,
    pub tm_update: Timestamp,
}

impl EndpointSettings {
    pub const fn id_of(&self, customer_id: CustomerId) -> EndpointId {
        EndpointId { customer_id, id: self.id }
    }

    /// Whether events of this type are sent to the endpoint. Every endpoint receives tests.
    pub fn receives(&self, event_type: &EventType) -> bool {
        *event_type == EventType::WebhookTest
            || self.event_types.is_empty()
            || self.event_types.contains(event_type)
    }

    /// An endpoint without a URI, to which nothing is sent.
    pub(crate) const fn empty(id: Uuid, now: Timestamp) -> Self {
        Self {
            id,
            webhook_uri: String::new(),
            webhook_method: String::new(),
            event_types: Vec::new(),
            since: None,
            tm_create: now,
            tm_update: now,
        }
    }

    /// The endpoint at another URI. Without a URI, the endpoint loses its choice of events, because a client that later sets only a
    /// URI would not know of the choice.
    #[must_use]
    pub(crate) fn moved_to(&self, webhook_uri: String, now: Timestamp) -> Self {
        if webhook_uri == self.webhook_uri {
            return self.clone();
        }
        let event_types = if webhook_uri.is_empty() { Vec::new() } else { self.event_types.clone() };
        Self { webhook_uri, event_types, since: Some(now), ..self.clone() }
    }

    #[must_use]
    pub(crate) fn patched(&self, patch: &EndpointPatch, now: Timestamp) -> Self {
        let patch = patch.clone();
        let moved = self.moved_to(patch.webhook_uri.unwrap_or_else(|| self.webhook_uri.clone()), now);
        let next = Self {
            webhook_method: patch.webhook_method.unwrap_or_else(|| moved.webhook_method.clone()),
            event_types: patch.event_types.unwrap_or_else(|| moved.event_types.clone()),
            ..moved
        };
        if next == *self { next } else { Self { tm_update: now, ..next } }
    }
}

/// The fields of an endpoint in a request. An absent field stays unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointPatch {
    webhook_uri: Option<String>,
    webhook_method: Option<String>,
    event_types: Option<Vec<EventType>>,
}

impl EndpointPatch {
    /// Empties every field.
    pub(crate) fn clearing() -> Self {
        let empty = Some(String::new());
        Self { webhook_uri: empty.clone(), webhook_method: empty, event_types: Some(Vec::new()) }
    }

    /// Parses the fields of a new endpoint, which needs a URI.
    pub fn read_new(body: &Map<String, Value>, destinations: &DestinationRules) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        fields.require("webhook_uri");
        Self::finish(fields, "", false, destinations)
    }

    /// Parses the fields of a change. The current URI stays valid, even if it is not allowed any more.
    pub fn read(
        body: &Map<String, Value>,
        current: &EndpointSettings,
        id: EndpointId,
        destinations: &DestinationRules,
    ) -> Result<Self, Refusal> {
        // Without a URI, an additional endpoint would be of no use. It can be deleted.
        Self::finish(Fields::new(body), &current.webhook_uri, id.is_first(), destinations)
    }

    fn finish(
        mut fields: Fields<'_>,
        current_uri: &str,
        uri_may_be_empty: bool,
        destinations: &DestinationRules,
    ) -> Result<Self, Refusal> {
        if !uri_may_be_empty && fields.given("webhook_uri").is_some_and(|uri| uri == "") {
            fields.refuse("webhook_uri", FieldProblem::Empty);
        }
        let (webhook_uri, webhook_method) = read_destination(&mut fields, current_uri, destinations);
        let event_types = read_event_types(&mut fields);
        fields.finish(Self { webhook_uri, webhook_method, event_types })
    }
}

/// The chosen event types, each once and in the order of [`EventType::sent_as_webhooks`].
fn read_event_types(fields: &mut Fields<'_>) -> Option<Vec<EventType>> {
    let mut known: Vec<_> = EventType::sent_as_webhooks().collect();
    let chosen: Vec<_> = fields.texts("event_types")?.into_iter().map(EventType::parse).collect();
    if !chosen.iter().all(|event_type| known.contains(event_type)) {
        fields.refuse("event_types", FieldProblem::NotEventTypes);
        return None;
    }
    known.retain(|event_type| chosen.contains(event_type));
    Some(known)
}
