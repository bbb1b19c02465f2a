//! Identity: sign-up, passwords, agents, access keys, mailed links and signing keys.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access_keys;
mod account_takeover;
mod agents;
mod delegation;
mod email_change;
mod html_pages;
mod interrupted_proofs;
mod key_rotation;
mod lockout;
mod mail_texts;
mod mailed_links;
mod notices;
mod page_states;
mod password_rules;
mod passwords;
mod proven_addresses;
mod rate_limits;
mod refusals;
mod rivals;
mod sign_up;
mod spellings;
mod who_signs_in;
