//! Getting in: signing up, passwords, agents, access keys, and the promises of a request.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod agents;
mod delegates;
mod email;
mod keys;
mod leases;
mod links;
mod pages;
mod passwords;
mod repeats;
mod signup;
mod takeovers;
mod throttles;
