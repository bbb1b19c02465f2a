//! Events about customers and the rows that they own.
//!
//! Request handlers publish no events. Pure functions derive them from change streams: from the old and the new image of a
//! customer, from outbox records, and from completed ledgers; only `operations_terminate` is derived from another event. So a crash
//! between the commit and the event cannot lose an event, and the same change always gives the same event. An event contains ids,
//! the status, the version and the names of changed fields, but never their values.

mod derive;
mod event;
mod metrics;
mod ports;
pub mod schema;
mod stream_change;

pub use derive::{of_stream_change, operations_terminate};
pub use event::{Event, EventMessage, PENDING_EMAIL, SIGNUP, SOURCE};
pub use metrics::metrics_of;
pub use ports::EventBus;
pub use stream_change::StreamChange;
