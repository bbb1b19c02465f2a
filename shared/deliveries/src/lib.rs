//! What customers' webhooks are told, when and how often.
//!
//! An event on the bus becomes an errand in a queue. Its payload is built from the row when it is delivered, never carried
//! along; of each attempt the outcome is kept with the account. What failed comes again by a delayed message or, later than
//! a queue can, by a one-off job. A destination that keeps attempts waiting is waited for in a queue of its own. The news of
//! an account's end goes to the destination that the account had: it is kept encrypted for an hour, and is a step of the
//! deletion's ledger.

mod deliver;
mod farewell;
mod manage;
mod payload;
mod ports;
mod post;
mod turn;
mod view;

pub use deliver::deliver;
pub use manage::{redeliver, rotate, show, test};
pub use payload::payload;
pub use ports::{Errand, Errands, Post, Posting, ReadRows};
pub use view::DeliveryView;
