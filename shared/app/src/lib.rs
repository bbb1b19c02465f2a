//! What the product does: the use cases, and the ports they need.
//!
//! A port is one capability. A use case, and so the Lambda behind it, names the ones it needs and can do nothing else.
//! `custodian-store` implements the ports of the database; the ends of AWS and of the local service implement the rest.

pub mod access_keys;
pub mod agents;
pub mod billing;
pub mod change;
pub mod context;
pub mod create;
pub mod delegate;
pub mod failure;
pub mod farewell;
pub mod hooks;
pub mod keys;
pub mod log;
pub mod mail;
pub mod metrics;
pub mod password;
pub mod platform;
pub mod ports;
pub mod resources;
pub mod retry;
pub mod scope;
pub mod sign_in;
pub mod sign_out;
pub mod sign_up;
pub mod throttle;
pub mod unregister;
pub mod update;
pub mod verify;

pub use change::{Outcome, change};
pub use context::{Clock, Context, Entropy, Settings, Sources};
pub use failure::{Failure, ignore};
pub use keys::Keys;
pub use metrics::{Meter, Metric};
