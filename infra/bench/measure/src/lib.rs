//! Measures the functions on this machine: a stub of AWS on loopback over TLS, a stub of Lambda's
//! Runtime API that invokes a function, and one request per function.
//!
//! The measurements `cold-start` and `warm` start a function as Lambda does, with environment variables as in the template. The
//! function polls the stub of the Runtime API for invocations, and calls the stub of AWS over TLS.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::missing_panics_doc)]

pub mod aws_stub;
pub mod bare_loops;
pub mod event;
pub mod fixture;
pub mod function_process;
pub mod large_account;
pub mod neighbour;
pub mod programs;
pub mod requests;
pub mod runtime_api;
pub mod table;
