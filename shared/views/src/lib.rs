//! The JSON views: what callers and webhooks see of stored rows, with the fields of the specification in its order.
//!
//! With the feature `schema`, every view has a JSON Schema, from which the API description is made. The doc comment of a
//! view or of a field is its description there, and `readOnly` marks a field that no request can set.

mod access_key;
mod agent;
mod customer;
#[cfg(feature = "schema")]
pub mod field_schema;
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
pub use customer::CustomerView;
pub use resource::ResourceView;
pub use session::{DelegationView, EmailVerificationView, SessionView};
pub use usage::UsageView;
pub use values::{MultiLineText, Text, Time};
pub use versioned::Versioned;
pub use webhook::{DeliveryView, NewWebhookSecretView, TestWebhookView, WebhookState, WebhookView};
