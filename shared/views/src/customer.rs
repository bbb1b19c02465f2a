//! Customers.

use custodian_domain::{Customer, CustomerId, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use crate::hold::OwnHold;
use crate::values::{MultiLineText, Text, Time};
use crate::versioned::Versioned;

/// An account. Every text is empty once it is deleted or expired, except in the response to a deletion by a platform admin.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "Customer"))]
pub struct CustomerView<'a> {
    #[serde(skip)]
    version: u64,
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    id: Uuid,
    name: Text<'a, 255>,
    detail: MultiLineText<'a, 4096>,
    email: Text<'a, 255>,
    phone_number: Text<'a, 255>,
    address: MultiLineText<'a, 1024>,
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::field_schema::webhook_method"))]
    webhook_method: &'a str,
    webhook_uri: Text<'a, 1023>,
    /// The zero UUID until the account is active, and again once it is deleted or expired.
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    billing_account_id: Uuid,
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    email_verified: bool,
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::field_schema::account_status", extend("readOnly" = true)))]
    status: &'static str,
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    tm_deletion_scheduled: Option<Time>,
    /// The hold on the account, which prevents its deletion until `until`. Absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    hold: Option<OwnHold<'a>>,
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    tm_create: Time,
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    tm_update: Time,
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    tm_delete: Option<Time>,
}

impl<'a> CustomerView<'a> {
    /// Leaves out a hold that has ended by itself, because the row keeps it.
    pub fn new(row: &'a Customer, now: Timestamp) -> Self {
        let profile = &row.profile;
        Self {
            version: row.version,
            id: row.id.0,
            name: Text(&profile.name),
            detail: MultiLineText(&profile.detail),
            email: Text(&profile.email),
            phone_number: Text(&profile.phone_number),
            address: MultiLineText(&profile.address),
            webhook_method: &profile.webhook_method,
            webhook_uri: Text(&profile.webhook_uri),
            billing_account_id: row.billing_account_id,
            email_verified: row.email_verified,
            status: row.status().as_str(),
            tm_deletion_scheduled: row.tm_deletion_scheduled().map(Time),
            hold: row.active_hold(now).map(OwnHold::from),
            tm_create: Time(row.tm_create),
            tm_update: Time(row.tm_update),
            tm_delete: row.tm_delete().map(Time),
        }
    }

    /// The response to a deletion by a platform admin. It has the data from before the deletion, because the stored row is
    /// anonymised, and the state from after it.
    pub fn as_deleted(before: &'a Customer, after: &Customer, now: Timestamp) -> Self {
        Self {
            version: after.version,
            status: after.status().as_str(),
            tm_deletion_scheduled: None,
            tm_delete: after.tm_delete().map(Time),
            ..Self::new(before, now)
        }
    }
}

impl Versioned for CustomerView<'_> {
    fn version(&self) -> u64 {
        self.version
    }

    fn account(&self) -> CustomerId {
        CustomerId(self.id)
    }
}
