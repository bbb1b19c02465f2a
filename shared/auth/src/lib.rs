//! Passwords, signed tokens, access keys, mailed tokens and encryption. This crate does no I/O: callers pass in keys, random
//! bytes and the time.

mod agent_claim;
mod hash_arena;

pub mod access_key;
pub mod claims;
pub mod encryption;
pub mod jwt;
pub mod keyed_hash;
pub mod mail_token;
pub mod password;
pub mod receipt;

pub use claims::Claims;
pub use jwt::{KeyRing, Signer};
pub use keyed_hash::KeyedHasher;
