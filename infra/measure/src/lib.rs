//! What a measurement of the real binaries needs: AWS as far as they see it, on loopback and over TLS, a runtime that
//! invokes them, and a request for each.
//!
//! A function is the program that is deployed. It is started as Lambda starts it, with the environment of the template,
//! asks our stand-in of the Runtime API for invocations, and speaks to our DynamoDB over TLS.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::missing_panics_doc)]

use std::time::Duration;

use custodian_auth::password;
use custodian_domain::Secret;

pub mod cloud;
pub mod event;
pub mod process;
pub mod programs;
pub mod requests;
pub mod runtime;
pub mod stage;
pub mod table;

/// The functions that hash a password, once.
pub const HASHING: [&str; 6] = [
    "auth-login",
    "auth-password-reset",
    "auth-unregister",
    "agents-create",
    "agents-password",
    "customers-create",
];

/// What hashing a password takes here and now.
pub fn bare_hash() -> Duration {
    let password = Secret::new("correct horse battery");
    table::median((0..15).map(|_| {
        let begun = cloud::now();
        assert!(password::hash(&password, [7; 16]).is_some());
        begun.elapsed()
    }))
}
