//! Identity: sign-up, passwords, agents, access keys, mailed links and signing keys.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access_keys;
mod account_takeover;
mod agents;
mod audit_log;
mod audited_acts;
mod audited_routes;
mod confirmed_addresses;
mod customer_search;
mod delegation;
mod email_change;
mod html_pages;
mod interrupted_confirmations;
mod interrupted_revocations;
mod key_makers;
mod key_passwords;
mod key_rotation;
mod limited_keys;
mod lockout;
mod login_token;
mod mail_texts;
mod mailed_links;
mod notices;
mod opened_accounts;
mod page_states;
mod password_rules;
mod passwords;
mod rate_limits;
mod refusals;
mod revoked_callers;
mod rivals;
mod sign_up;
mod site_page;
mod spellings;
mod who_signs_in;
