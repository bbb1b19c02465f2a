//! Access keys.

use custodian_domain::scope::Scope;
use custodian_domain::{AccessKey, CustomerId, Secret, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use crate::created_by::CreatedByView;
use crate::values::{MultiLineText, Text, Time};
use crate::versioned::Versioned;

/// An access key for programs. Its token is shown when the key is created.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "AccessKey"))]
pub struct AccessKeyView<'a> {
    #[serde(skip)]
    version: u64,
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    id: Uuid,
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    customer_id: Uuid,
    name: Text<'a, 255>,
    detail: MultiLineText<'a, 4096>,
    /// Only [`NewAccessKeyView`] sets it. It is a field here because the specification has it in the middle.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(skip))]
    token: Option<&'a str>,
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^vb_.{8}$"), extend("readOnly" = true)))]
    token_prefix: &'a str,
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    tm_expire: Time,
    /// What the key may do: `read`, kinds such as `numbers`, and kinds such as `numbers:read`. Empty if it is not limited.
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::field_schema::scopes"))]
    scopes: Vec<&'a str>,
    /// `null` for keys that an earlier release made.
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    created_by: Option<CreatedByView>,
    /// The day of the last use.
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    tm_last_used: Option<Time>,
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    tm_create: Time,
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    tm_update: Time,
    #[cfg_attr(feature = "schema", schemars(extend("readOnly" = true)))]
    tm_delete: Option<Time>,
}

/// A new access key with its token. Only a repetition with the same `Idempotency-Key` shows the token again.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct NewAccessKeyView<'a>(AccessKeyView<'a>);

impl<'a> From<&'a AccessKey> for AccessKeyView<'a> {
    fn from(key: &'a AccessKey) -> Self {
        Self {
            version: key.version,
            id: key.id,
            customer_id: key.customer_id.0,
            name: Text(&key.name),
            detail: MultiLineText(&key.detail),
            token: None,
            token_prefix: &key.token_prefix,
            tm_expire: Time(key.tm_expire),
            scopes: key.scopes.iter().map(Scope::as_str).collect(),
            created_by: key.created_by.map(CreatedByView::from),
            tm_last_used: key.tm_last_used.map(Time),
            tm_create: Time(key.tm_create),
            tm_update: Time(key.tm_update),
            tm_delete: None,
        }
    }
}

impl<'a> AccessKeyView<'a> {
    /// The response to the key's deletion.
    pub fn deleted(key: &'a AccessKey, now: Timestamp) -> Self {
        Self { tm_delete: Some(Time(now)), ..Self::from(key) }
    }
}

impl<'a> NewAccessKeyView<'a> {
    pub fn new(key: &'a AccessKey, token: &'a Secret) -> Self {
        Self(AccessKeyView { token: Some(token.expose()), ..AccessKeyView::from(key) })
    }
}

impl Versioned for AccessKeyView<'_> {
    fn version(&self) -> u64 {
        self.version
    }

    fn account(&self) -> CustomerId {
        CustomerId(self.customer_id)
    }
}

impl Versioned for NewAccessKeyView<'_> {
    fn version(&self) -> u64 {
        self.0.version()
    }

    fn account(&self) -> CustomerId {
        self.0.account()
    }
}
