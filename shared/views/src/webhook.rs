//! An account's webhook endpoints and their deliveries.

use custodian_domain::webhook::{Delivery, DeliveryStatus};
use custodian_domain::webhook_endpoints::EndpointSettings;
use custodian_domain::{CustomerId, EventType};
use serde::Serialize;
use uuid::Uuid;

use crate::values::Time;

/// The destination of an endpoint, and the event types that it receives.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
pub struct EndpointSettingsView {
    /// The first endpoint, which is at the `webhook_uri` of the account, has the id of the account.
    pub id: Uuid,
    pub customer_id: Uuid,
    #[cfg_attr(feature = "schema", schemars(with = "crate::values::Text<'static, 1023>"))]
    pub webhook_uri: String,
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::field_schema::webhook_method"))]
    pub webhook_method: String,
    /// The types of the events that are sent; empty if all are sent.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::field_schema::event_types"))]
    pub event_types: Vec<String>,
    pub tm_create: Time,
    pub tm_update: Time,
}

impl EndpointSettingsView {
    pub fn new(customer_id: CustomerId, settings: EndpointSettings) -> Self {
        Self {
            id: settings.id,
            customer_id: customer_id.0,
            webhook_uri: settings.webhook_uri,
            webhook_method: settings.webhook_method,
            event_types: settings.event_types.iter().map(ToString::to_string).collect(),
            tm_create: Time(settings.tm_create),
            tm_update: Time(settings.tm_update),
        }
    }
}

/// A webhook endpoint of an account.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "WebhookEndpoint"))]
pub struct WebhookView {
    #[serde(flatten)]
    pub settings: EndpointSettingsView,
    /// The first characters of the secret; empty if there is none.
    pub secret_prefix: String,
    /// Until then, replaced secrets sign as well.
    pub tm_previous_secret_until: Option<Time>,
    /// `off`: no URI; `refused`: the URI is not allowed; `disabled`: the endpoint returned 410; `failing`: its last
    /// attempts all failed, and deliveries wait until `tm_failing_until`.
    pub state: WebhookState,
    /// When a failing endpoint is tried again.
    pub tm_failing_until: Option<Time>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[serde(rename_all = "lowercase")]
pub enum WebhookState {
    Off,
    Refused,
    Disabled,
    Failing,
    Active,
}

/// A signing secret that no response has shown before. Only a repetition with the same `Idempotency-Key` shows it again.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
pub struct NewWebhookSecretView {
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^whsec_")))]
    pub secret: String,
}

/// A type of event that an endpoint can choose.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "WebhookEventType"))]
pub struct EventTypeView {
    /// The name of the type, such as `agent_created`.
    #[serde(rename = "type")]
    pub name: String,
    /// What happened.
    pub description: String,
}

impl From<&EventType> for EventTypeView {
    fn from(event_type: &EventType) -> Self {
        Self { name: event_type.to_string(), description: event_type.description().into_owned() }
    }
}

/// The delivery of a test webhook.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
pub struct TestWebhookView {
    pub id: Uuid,
}

/// The delivery of one event to one webhook endpoint.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Delivery"))]
pub struct DeliveryView {
    id: Uuid,
    event_id: Uuid,
    /// The endpoint to which the event is sent.
    endpoint_id: Uuid,
    /// The type of the event, such as `customer_updated`.
    #[serde(rename = "type")]
    kind: String,
    /// The row that the event concerns; null if it concerns the account itself.
    resource_id: Option<Uuid>,
    /// Orders the events of one row.
    version: u64,
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::field_schema::delivery_status"))]
    status: DeliveryStatus,
    attempts: u32,
    /// The status code of the response to the last attempt, if there was one.
    #[cfg_attr(feature = "schema", schemars(range(min = 100, max = 999)))]
    status_code: Option<u16>,
    /// Why the last attempt failed, or why the next one was deferred. `http_status`: see `status_code`. `disabled`: 410, which
    /// disables the endpoint, or no further attempt because the endpoint is disabled. `timed_out`: no connection or no response
    /// in time. `connection_refused`, `connection_failed`: no connection. `certificate`: the certificate is not valid for the
    /// host. `tls`: the handshake failed. `connection_closed`: the connection ended before the response. `invalid_response`: no
    /// HTTP response. `no_public_address`: the name of the host has no public address. `refused`: the URL is not allowed.
    /// `no_destination`: the endpoint has no `webhook_uri` any more, or was deleted. The next values are reasons for a deferral.
    /// `account_budget`: as much as permitted was sent to this endpoint in an hour. `destination_budget`: all accounts together
    /// have sent as much as they may to this host and port in a minute. `endpoint_failing`: the endpoint's last attempts all
    /// failed. Earlier deliveries may have `failed` and `unreachable`.
    error: Option<String>,
    latency_ms: Option<u64>,
    /// The time of the next attempt.
    tm_next: Option<Time>,
    tm_create: Time,
    tm_update: Time,
}

impl From<&Delivery> for DeliveryView {
    fn from(row: &Delivery) -> Self {
        Self {
            id: row.id,
            event_id: row.event_id,
            endpoint_id: row.endpoint().id,
            kind: row.event_type.to_string(),
            resource_id: row.resource_id,
            version: row.version,
            status: row.status,
            attempts: row.attempts,
            status_code: row.status_code,
            error: row.error.clone(),
            latency_ms: row.latency_ms,
            tm_next: row.tm_next.map(Time),
            tm_create: Time(row.tm_create),
            tm_update: Time(row.tm_update),
        }
    }
}
