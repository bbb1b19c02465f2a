//! JSON views of stored rows, for API responses, webhooks and exports. The fields that the specification has are in its order.
//!
//! With the feature `schema`, every view but `ResourceView` has a JSON Schema. The API description contains these schemas. The doc
//! comment of a view or a field becomes its description, and `readOnly` marks a field that no request can set.

mod access_key;
mod agent;
mod audit;
mod created_by;
mod customer;
mod deletion;
mod deletion_preview;
mod email_change;
mod export;
#[cfg(feature = "schema")]
pub mod field_schema;
mod hold;
mod resource;
#[cfg(feature = "schema")]
pub mod schema;
mod session;
mod usage;
mod values;
mod versioned;
mod webhook;

pub use access_key::{AccessKeyView, NewAccessKeyView};
pub use agent::{AddressView, AgentView};
pub use audit::AuditView;
pub use created_by::CreatedByView;
pub use customer::CustomerView;
pub use deletion::DeletionView;
pub use deletion_preview::DeletionPreviewView;
pub use email_change::EmailChangeView;
pub use export::{ExportHeaderView, ExportView};
pub use hold::{BrakeView, HoldView, OwnHold};
pub use resource::ResourceView;
pub use session::{DelegationView, EmailVerificationView, SessionView};
pub use usage::UsageView;
pub use values::{MultiLineText, Text, Time};
pub use versioned::Versioned;
pub use webhook::{
    DeliveryView, EndpointSettingsView, EventTypeView, NewWebhookSecretView, TestWebhookView, WebhookState,
    WebhookView,
};
