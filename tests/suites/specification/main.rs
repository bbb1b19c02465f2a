//! The specification's examples return the specification's responses, field by field and in its order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod account_lifecycle;
mod credentials;
mod examples;
mod late_jobs;
mod stored_attributes;
mod verbatim;

/// The fifteen fields of a customer, in the specification's order.
pub(crate) const FIELDS: [&str; 15] = [
    "id",
    "name",
    "detail",
    "email",
    "phone_number",
    "address",
    "webhook_method",
    "webhook_uri",
    "billing_account_id",
    "email_verified",
    "status",
    "tm_deletion_scheduled",
    "tm_create",
    "tm_update",
    "tm_delete",
];

pub(crate) const NO_ID: &str = "00000000-0000-0000-0000-000000000000";

/// A UTC time with `Z` and at most six fractional digits, the last of which is not zero.
#[track_caller]
pub(crate) fn assert_time(text: &str) {
    let time = text.strip_suffix('Z').unwrap();
    let (whole, fraction) = time.split_once('.').unwrap_or((time, "1"));
    assert_eq!(whole.len(), "2024-07-20T14:22:35".len(), "{text}");
    assert!((1..=6).contains(&fraction.len()) && !fraction.ends_with('0'), "{text}");
    assert!(fraction.bytes().all(|byte| byte.is_ascii_digit()), "{text}");
}
