//! The rules of accounts and of the resources that they own.
//!
//! Every rule is a pure function of its arguments: no clock, no randomness, no I/O. Callers pass in the time and random
//! bits, so tests can check every rule with a table of cases.

pub mod access_key;
pub mod account_status;
pub mod agent;
pub mod agent_fields;
pub mod audit;
pub mod billing;
pub mod brake;
pub mod cause;
mod common_passwords;
pub mod created_by;
pub mod customer;
pub mod deletion;
pub mod destination;
pub mod event_type;
pub mod export;
pub mod failing_endpoint;
pub mod fields;
pub mod hold;
pub mod ids;
pub mod initiator;
pub mod kinds;
pub mod lifecycle;
pub mod outbox_record;
pub mod permission;
pub mod plain_values;
pub mod plan;
pub mod precis;
pub mod principal;
pub mod profile;
pub mod public_address;
pub mod reason;
pub mod resource;
pub mod scheduled_job;
pub mod scope;
pub mod secret;
pub mod sip_digest;
pub mod stored_resource;
pub mod time;
pub mod webhook;

pub use access_key::AccessKey;
pub use agent::Agent;
pub use brake::Brake;
pub use cause::Cause;
pub use created_by::CreatedBy;
pub use customer::{Customer, OperatorSession, PendingEmail, RequestedBy, State, Status};
pub use deletion::{DeletionProgress, DeletionRequest, DeletionState, TableProgress};
pub use event_type::{EventType, RowChange};
pub use export::Export;
pub use hold::Hold;
pub use ids::{AgentId, CustomerId, IdSeed};
pub use initiator::{DeletionCause, Initiator};
pub use permission::Permission;
pub use plan::Plan;
pub use principal::Principal;
pub use profile::Profile;
pub use reason::{ExceededRateLimit, Reason, Refusal};
pub use resource::Resource;
pub use scheduled_job::ScheduledJob;
pub use secret::Secret;
pub use stored_resource::{Ciphertext, EncryptedFields, EncryptedResource, StoredResource};
pub use time::Timestamp;
