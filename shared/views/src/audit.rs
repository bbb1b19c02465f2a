//! Entries of an account's audit log.

use custodian_domain::audit::AuditEntry;
use serde::Serialize;
use uuid::Uuid;

use crate::values::{Text, Time};

/// Something that was done to an account.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(rename = "AuditEntry"))]
pub struct AuditView<'a> {
    id: Uuid,
    /// What happened, such as `customer_frozen` or `accesskey_created`.
    #[serde(rename = "type")]
    entry_type: &'a str,
    who: ActorView,
    /// The IP address that the request came from. `null` if no request caused the action, if a request of another account did, and
    /// for the account itself if a platform admin acted.
    ip_address: Option<&'a str>,
    /// The `X-Request-Id` of the request.
    request_id: Option<&'a str>,
    /// The row that the action is about.
    resource: Option<AuditedResourceView<'a>>,
    detail: DetailView<'a>,
    tm_create: Time,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
struct ActorView {
    /// `agent`, `accesskey`, `operator` (a platform admin), `delegate` (a platform admin who acted as the guest agent) or
    /// `system`.
    #[serde(rename = "type")]
    actor_type: &'static str,
    /// `null` for `system`, and for the account itself if a platform admin acted.
    id: Option<Uuid>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
struct AuditedResourceView<'a> {
    #[serde(rename = "type")]
    noun: &'a str,
    id: Uuid,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(inline))]
struct DetailView<'a> {
    /// The account's status before the action, if the action changed it.
    from: Option<&'static str>,
    /// The account's status after the action.
    to: Option<&'static str>,
    /// The names of the changed fields.
    changed: &'a [String],
    /// The access keys that were created or deleted with the action.
    accesskeys: &'a [Uuid],
    /// The reason that a platform admin gave.
    reason: Option<Text<'a, 200>>,
    /// Whether a mailed link confirmed the action.
    by_link: bool,
}

impl<'a> AuditView<'a> {
    /// The entry for platform admins.
    pub fn for_platform(entry: &'a AuditEntry) -> Self {
        let (actor, detail) = (entry.actor(), &entry.detail);
        let resource = entry.resource.as_ref();
        Self {
            id: entry.id,
            entry_type: &entry.entry_type,
            who: ActorView { actor_type: actor.type_name(), id: actor.id() },
            ip_address: entry.ip_address.as_deref(),
            request_id: entry.request_id.as_deref(),
            resource: resource.map(|resource| AuditedResourceView { noun: &resource.noun, id: resource.id }),
            detail: DetailView {
                from: detail.from.map(|status| status.as_str()),
                to: detail.to.map(|status| status.as_str()),
                changed: &detail.changed,
                accesskeys: &detail.accesskeys,
                reason: entry.reason().map(Text),
                by_link: detail.by_link,
            },
            tm_create: Time(entry.tm_create),
        }
    }

    /// The entry for the account itself, which learns that a platform admin acted, but not which one.
    pub fn for_account(entry: &'a AuditEntry) -> Self {
        let view = Self::for_platform(entry);
        if !entry.actor().is_platform_admin() {
            return view;
        }
        Self { who: ActorView { id: None, ..view.who }, ip_address: None, ..view }
    }
}
