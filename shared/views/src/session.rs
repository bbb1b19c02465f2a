//! Responses of `/auth`.

use custodian_domain::{Customer, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use crate::access_key::NewAccessKeyView;
use crate::customer::CustomerView;
use crate::values::{Text, Time};

/// The response to a sign-in.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
pub struct SessionView<'a> {
    username: Text<'a, 1020>,
    /// A signed token (JWT).
    token: &'a str,
}

impl<'a> SessionView<'a> {
    pub const fn new(username: &'a str, token: &'a str) -> Self {
        Self { username: Text(username), token }
    }
}

/// A session in which a platform admin acts as a customer's guest agent.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
pub struct DelegationView<'a> {
    /// A signed token (JWT).
    token: &'a str,
    customer_id: Uuid,
    expire: Time,
}

impl<'a> DelegationView<'a> {
    pub const fn new(token: &'a str, customer_id: Uuid, expire: Timestamp) -> Self {
        Self { token, customer_id, expire: Time(expire) }
    }
}

/// The response to the verification of an e-mail address.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
pub struct EmailVerificationView<'a> {
    customer: CustomerView<'a>,
    accesskey: Option<NewAccessKeyView<'a>>,
}

impl<'a> EmailVerificationView<'a> {
    pub fn new(customer: &'a Customer, access_key: Option<NewAccessKeyView<'a>>, now: Timestamp) -> Self {
        Self { customer: CustomerView::new(customer, now), accesskey: access_key }
    }
}
