//! Passwords, signed tokens and the secrets that mails carry. No I/O: keys, random bytes and the time are passed in.

mod memory;

pub mod access_key;
pub mod keys;
pub mod mail_token;
pub mod password;
pub mod pseudonyms;
pub mod sealed;

pub use keys::{Claims, KeyRing, Signer};
pub use pseudonyms::Pseudonyms;
