//! Who made an access key or an agent.

use custodian_domain::CreatedBy;
use serde::Serialize;
use uuid::Uuid;

/// The maker of an access key or an agent.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "CreatedBy"))]
pub struct CreatedByView {
    #[serde(rename = "type")]
    #[cfg_attr(feature = "schema", schemars(schema_with = "crate::field_schema::maker_type"))]
    kind: &'static str,
    /// The agent, access key or platform admin. `null` for `signup` and `unknown`.
    id: Option<Uuid>,
}

impl From<CreatedBy> for CreatedByView {
    fn from(created_by: CreatedBy) -> Self {
        Self { kind: created_by.type_name(), id: created_by.id() }
    }
}
