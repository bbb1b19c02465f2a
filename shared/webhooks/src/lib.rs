//! Webhooks: signing them, judging where they may go, delivering them once, and deciding when to try again.
//!
//! What does not touch the network ([`deliver`], [`resolve`]) or the system's roots ([`trust`]) is a pure function: time
//! and random bits are passed in. This crate is the one home of HTTP to where customers say; it knows no table, queue or
//! customer. The rules of delivery:
//!
//! - The destination is judged by the address that is connected to, at every attempt ([`address`]).
//! - An attempt opens a connection of its own, follows nothing and keeps nothing ([`deliver`]).
//! - What a receiver answers is a status and a wish to wait ([`outcome`]). Its body is neither kept nor shown.
//! - What is said of a destination, in errors and in `Debug`, never quotes it: a customer's URL may hold a credential.

pub mod address;
mod connection;
pub mod deliver;
pub mod destination;
mod exchange;
pub mod message;
pub mod outcome;
pub mod resolve;
mod retry_after;
pub mod schedule;
pub mod secret;
pub mod signature;
pub mod trust;

pub use deliver::{Deliverer, Limits};
pub use destination::{Destination, Reach, Refusal};
pub use message::{Message, MessageId, Method};
pub use outcome::{Fault, Outcome, Report};
pub use resolve::{Resolve, SystemResolver};
pub use schedule::{Attempt, Patience, next};
pub use secret::{SecretSet, SigningSecret};
pub use trust::{Trust, Untrusting};
