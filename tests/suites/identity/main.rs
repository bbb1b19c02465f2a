//! Identity: sign-up, passwords, agents, access keys, mailed links and signing keys.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access_keys;
mod account_takeover;
mod agents;
mod delegation;
mod email_change;
mod html_pages;
mod key_rotation;
mod mailed_links;
mod page_states;
mod passwords;
mod proven_addresses;
mod rate_limits;
mod sign_up;
mod who_signs_in;
