//! The specification's own examples give the specification's own answers, field for field and in its order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod credentials;
mod examples;
mod life;

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
