//! What an account is and what may happen to it.
//!
//! Everything here is a pure function of its arguments: no clock, no randomness, no I/O. Time and random bits are
//! passed in, so every rule of the product can be tested as a table.

pub mod access_key;
pub mod actor;
pub mod agent;
pub mod agent_fields;
pub mod alarm;
pub mod billing;
pub mod customer;
pub mod fields;
pub mod gate;
pub mod ids;
pub mod kinds;
pub mod lifecycle;
pub mod note;
pub mod permission;
pub mod plan;
pub mod profile;
pub mod reason;
pub mod resource;
pub mod secret;
pub mod time;
pub mod webhook;

pub use access_key::AccessKey;
pub use actor::Actor;
pub use agent::Agent;
pub use alarm::Alarm;
pub use customer::{Asker, Customer, PendingEmail, State, Status};
pub use ids::{AgentId, CustomerId, Stamp};
pub use permission::Permission;
pub use plan::Plan;
pub use profile::Profile;
pub use reason::{Reason, Refusal};
pub use resource::Resource;
pub use secret::Secret;
pub use time::Timestamp;
