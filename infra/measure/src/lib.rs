//! What a measurement of the real binaries needs: AWS as far as they see it, on loopback and over TLS, a runtime that
//! invokes them, and a request for each.
//!
//! A function is the program that is deployed. It is started as Lambda starts it, with the environment of the template,
//! asks our stand-in of the Runtime API for invocations, and speaks to our DynamoDB over TLS.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::missing_panics_doc)]

pub mod cloud;
pub mod event;
pub mod process;
pub mod programs;
pub mod requests;
pub mod runtime;
pub mod stage;
pub mod table;
