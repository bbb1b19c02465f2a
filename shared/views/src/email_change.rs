//! Requested changes of the account's e-mail address.

use custodian_domain::{PendingEmail, RequestedBy};
use serde::Serialize;

use crate::values::{Text, Time};

/// An e-mail address that waits for its confirmation.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
pub struct EmailChangeView<'a> {
    email: Text<'a, 255>,
    /// Who requested the change. It stays valid only as long as the session or access key that requested it.
    requested_by: Requester,
    /// When the mailed link stops working.
    tm_expire: Time,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
#[serde(rename_all = "lowercase")]
enum Requester {
    Agent,
    AccessKey,
    Operator,
    /// A newer version of the service stored the request.
    Unknown,
}

impl<'a> From<&'a PendingEmail> for EmailChangeView<'a> {
    fn from(pending: &'a PendingEmail) -> Self {
        let requested_by = match pending.requested_by {
            RequestedBy::Agent { .. } => Requester::Agent,
            RequestedBy::Key { .. } => Requester::AccessKey,
            RequestedBy::PlatformAdmin { .. } => Requester::Operator,
            RequestedBy::Unknown => Requester::Unknown,
        };
        Self { email: Text(&pending.address), requested_by, tm_expire: Time(pending.tm_expire) }
    }
}
