//! Use cases of the product, and the ports that they need.
//!
//! A port is a trait for one capability. A use case names the ports that it needs in its bounds, so the Lambda function that
//! runs it has no other capability. `custodian-store` implements the ports of the database. `custodian-runtime` (AWS) and the
//! local service implement the rest.

pub mod access_keys;
pub mod agent_credentials;
pub mod agent_list;
pub mod agents;
pub mod audited_actions;
pub mod billing;
pub mod brake;
pub mod budgets;
pub mod change;
pub mod closed_gate;
pub mod confirm_email;
pub mod context;
pub mod create;
pub mod delegate;
pub mod deletion_link;
pub mod deletion_mails;
pub mod deletion_preview;
pub mod failure;
pub mod field_encryption;
pub mod field_location;
pub mod hold;
pub mod log;
pub mod log_subject;
pub mod mail;
pub(crate) mod mail_limits;
pub mod metric_counters;
pub mod metrics;
pub mod named_agents;
pub mod notices;
pub mod password;
pub mod platform;
pub mod platform_keys;
pub mod ports;
pub mod rate_limits;
pub mod read_budget;
pub mod request_conditions;
pub mod request_origin;
pub mod resources;
pub mod retry;
pub mod revoke_keys;
pub mod sign_in;
pub mod sign_out;
pub mod sign_up;
pub mod throttle;
pub mod unregister;
pub mod update;
pub mod verify;

pub use change::{ChangeOutcome, change};
pub use context::{Brand, Context, Providers, Settings, WebhookBudget, WebhookBudgets};
pub use failure::{Failure, ignore};
pub use log_subject::LogSubject;
pub use metric_counters::MetricCounters;
pub use metrics::Metric;
pub use platform_keys::PlatformKeys;
pub use ports::{Clock, Entropy, Metrics};
pub use read_budget::ReadBudget;
