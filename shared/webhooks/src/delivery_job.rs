//! The message that asks for one delivery attempt.

use std::borrow::Cow;

use custodian_app::LogSubject;
use custodian_domain::webhook::{Delivery, DeliveryStatus};
use custodian_domain::webhook_endpoints::EndpointId;
use custodian_domain::{CustomerId, EventType, Timestamp};
use custodian_events::Event;
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use uuid::Uuid;

/// One attempt to deliver an event. It identifies the change and contains no values.
#[derive(Clone, Debug, Deserialize)]
pub struct DeliveryJob {
    /// EventBridge puts the event into the field `detail` of its message. In the job of an additional endpoint the field is `event`:
    /// a worker of release 0.2 does not know other endpoints, so it must not be able to read such a job.
    #[serde(rename = "detail", alias = "event")]
    pub event: Event,
    /// The endpoint, unless it is the first one.
    #[serde(rename = "endpoint", default)]
    pub endpoint_id: Option<Uuid>,
    #[serde(default = "first_attempt")]
    pub attempt: u32,
    /// How often the attempt was deferred before.
    #[serde(default)]
    pub deferrals: u32,
    /// Whether the job is in the queue of slow endpoints.
    #[serde(default)]
    pub slow: bool,
    /// Whether an administrator asked to send the delivery again. A test webhook does not set it.
    #[serde(rename = "asked", default)]
    pub redelivery: bool,
}

impl DeliveryJob {
    pub const fn first(event: Event) -> Self {
        Self { event, endpoint_id: None, attempt: 1, deferrals: 0, slow: false, redelivery: false }
    }

    /// The first job of the same event for an endpoint.
    pub(crate) fn at(&self, endpoint: EndpointId) -> Self {
        Self { endpoint_id: endpoint.additional(), ..Self::first(self.event.clone()) }
    }

    pub(crate) fn endpoint(&self) -> EndpointId {
        EndpointId::new(self.event.customer_id, self.endpoint_id)
    }

    /// Whether the bus delivered this job. It is for all endpoints, and the first of them is attempted with it.
    pub(crate) fn is_from_bus(&self) -> bool {
        let is_first = self.attempt == 1 && self.deferrals == 0 && self.endpoint_id.is_none();
        is_first && !self.slow && !self.is_awaited()
    }

    /// The job of the next automatic attempt.
    pub(crate) fn next_attempt(&self) -> Self {
        Self { attempt: self.attempt + 1, ..self.at(self.endpoint()) }
    }

    /// The job of the same attempt, deferred once more.
    pub(crate) fn deferred(&self) -> Self {
        Self { deferrals: self.deferrals + 1, slow: false, ..self.clone() }
    }

    /// The job that the stored state of a delivery waits for. A redelivery stays one until it is made.
    pub(crate) fn pending(&self, delivery: &Delivery) -> Self {
        let attempt = delivery.attempts + 1;
        let redelivery = self.redelivery && self.attempt == attempt;
        Self { attempt, deferrals: delivery.deferrals, redelivery, ..self.at(self.endpoint()) }
    }

    /// The delivery of the event before its first attempt.
    pub(crate) fn new_delivery(&self, id: Uuid, now: Timestamp) -> Delivery {
        let event = &self.event;
        Delivery {
            customer_id: event.customer_id,
            id,
            event_id: event.id,
            endpoint_id: self.endpoint_id,
            event_type: event.event_type.clone(),
            resource_id: event.resource_id,
            version: event.version,
            time: event.time,
            status: DeliveryStatus::Pending,
            attempts: 0,
            deferrals: 0,
            status_code: None,
            error: None,
            latency_ms: None,
            tm_next: None,
            leased_until: None,
            tm_create: now,
            tm_update: now,
        }
    }

    /// Whether an administrator waits for this attempt: it is made even if the endpoint is disabled or failing.
    pub(crate) fn is_awaited(&self) -> bool {
        self.redelivery || self.event.event_type == EventType::WebhookTest
    }

    /// The name of the Scheduler job that enqueues this delivery job after a delay that is too long for the queue. Scheduling it
    /// twice gives one name, and a deferred job has another name than the job that it follows.
    pub(crate) fn name(&self, delivery: Uuid) -> String {
        match self.deferrals {
            0 => format!("webhook-{delivery}-{}", self.attempt),
            deferrals => format!("webhook-{delivery}-{}-{deferrals}", self.attempt),
        }
    }
}

impl Serialize for DeliveryJob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        fields.serialize_entry(if self.endpoint_id.is_some() { "event" } else { "detail" }, &self.event)?;
        if let Some(endpoint) = self.endpoint_id {
            fields.serialize_entry("endpoint", &endpoint)?;
        }
        fields.serialize_entry("attempt", &self.attempt)?;
        if self.deferrals > 0 {
            fields.serialize_entry("deferrals", &self.deferrals)?;
        }
        if self.slow {
            fields.serialize_entry("slow", &true)?;
        }
        if self.redelivery {
            fields.serialize_entry("asked", &true)?;
        }
        fields.end()
    }
}

const fn first_attempt() -> u32 {
    1
}

impl LogSubject for DeliveryJob {
    fn customer_id(&self) -> Option<CustomerId> {
        Some(self.event.customer_id)
    }

    fn message_type(&self) -> Cow<'_, str> {
        Cow::from(self.event.event_type.to_string())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_worker_that_knows_only_the_first_endpoint_cannot_read_the_job_of_another_one() {
        let customer = CustomerId(Uuid::from_u128(1));
        let event = Event::new(
            Uuid::from_u128(2),
            EventType::CustomerUpdated,
            customer,
            1,
            Timestamp::from_micros(0),
        );
        let first = DeliveryJob { deferrals: 3, redelivery: true, ..DeliveryJob::first(event) };
        let other = first.at(EndpointId { customer_id: customer, id: Uuid::from_u128(3) });
        for job in [&first, &other] {
            let stored = serde_json::to_value(job).unwrap_or_default();
            assert_eq!(stored.get("detail").is_some(), job.endpoint_id.is_none());
            let read: DeliveryJob = serde_json::from_value(stored.clone()).expect("it is readable");
            assert_eq!(read.endpoint(), job.endpoint());
            assert_eq!(serde_json::to_value(&read).unwrap_or_default(), stored);
        }
        let stored = serde_json::to_value(&first).unwrap_or_default();
        assert_eq!(
            (&stored["deferrals"], &stored["asked"], stored.get("slow")),
            (&json!(3), &json!(true), None)
        );
    }
}
