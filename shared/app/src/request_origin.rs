//! Where the current request comes from: its caller, IP address and id, for the entries of the audit log.
//!
//! The origin is task-local, so handlers do not pass it to the use cases and the store. Background functions have none: the
//! system is their actor.

use std::future::Future;

use custodian_domain::audit::{AuditActor, AuditDetail, AuditEntry, AuditedResource};
use custodian_domain::{CustomerId, Timestamp};
use uuid::Uuid;

tokio::task_local! {
    static ORIGIN: RequestOrigin;
}

/// The origin of a request.
#[derive(Clone, Debug)]
pub struct RequestOrigin {
    pub actor: AuditActor,
    pub client_ip: String,
    pub request_id: String,
    pub received: Timestamp,
}

/// An action that the audit log records.
#[derive(Clone, Debug)]
pub struct AuditedAction {
    pub customer_id: CustomerId,
    /// Such as `customer_frozen`.
    pub entry_type: String,
    pub resource: (&'static str, Uuid),
    pub detail: AuditDetail,
    /// Who acted, if it is not the caller.
    pub actor: Option<AuditActor>,
    /// Whether the entry leaves out the request and its caller, because another account caused the action: confirming an address
    /// takes a username away. The account must not learn who did it, so the system acts.
    pub hides_origin: bool,
    /// The time of the entry, if the action has no request or hides it.
    pub now: Timestamp,
}

/// Runs `work` as a part of this request.
pub async fn with_origin<F: Future>(origin: RequestOrigin, work: F) -> F::Output {
    ORIGIN.scope(origin, work).await
}

fn current() -> Option<RequestOrigin> {
    ORIGIN.try_with(RequestOrigin::clone).ok()
}

/// Whether a platform admin acts, by a route of platform admins or as a guest agent.
pub fn is_platform_admin() -> bool {
    ORIGIN.try_with(|origin| origin.actor.is_platform_admin()).unwrap_or(false)
}

impl AuditedAction {
    /// The entry of this action. `id` makes the entry's id from its time.
    pub fn entry(self, id: impl FnOnce(Timestamp) -> Uuid) -> AuditEntry {
        let Self { customer_id, entry_type, resource: (noun, resource_id), detail, actor, now, .. } = self;
        let origin = current().filter(|_| !self.hides_origin);
        let actor =
            actor.or_else(|| origin.as_ref().map(|origin| origin.actor)).unwrap_or(AuditActor::System);
        let tm_create = origin.as_ref().map_or(now, |origin| origin.received);
        let (ip_address, request_id) = origin.map(|origin| (origin.client_ip, origin.request_id)).unzip();
        AuditEntry {
            customer_id,
            id: id(tm_create),
            entry_type,
            who: Some(actor),
            ip_address: ip_address.filter(|address| !address.is_empty()),
            request_id,
            resource: Some(AuditedResource { noun: noun.to_owned(), id: resource_id }),
            detail,
            operator: None,
            reason: None,
            tm_create,
        }
    }
}
