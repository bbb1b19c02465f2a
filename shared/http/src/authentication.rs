//! Authentication. One consistent read returns the customer and the principal that the credential names, and the row that the
//! endpoint prefetches. It shows everything about the account and the principal that can invalidate a credential, such as the
//! status, both epochs, and a deleted agent or key. If the read fails, the request fails. The scopes of a limited key are checked
//! here too, so that no route forgets them.

use custodian_app::ports::{Authenticator, Prefetch, Prefetched};
use custodian_app::{Context, Failure, ignore, log};
use custodian_domain::{AgentId, Customer, Permission, Principal, Reason, Refusal, Timestamp};

use crate::credential::{self, Credential};
use crate::route::Route;
use crate::{Request, same_origin};

pub(crate) fn require_permission(principal: &Principal, needed: Permission) -> Result<(), Refusal> {
    if principal.permission().allows(needed) { Ok(()) } else { Err(Reason::PermissionDenied.into()) }
}

/// A caller with a valid credential, and the prefetched row.
pub(crate) struct Authenticated {
    pub(crate) customer: Customer,
    pub(crate) principal: Principal,
    pub(crate) prefetched: Prefetched,
}

pub(crate) async fn authenticate<S: Authenticator, E: Sync>(
    cx: &Context<S, E>,
    route: &Route,
    request: &Request,
    prefetch: Prefetch,
) -> Result<Authenticated, Failure> {
    let presented = credential::find(request).ok_or(Reason::AuthenticationRequired)?;
    if presented.is_cookie && !request.is_read() {
        same_origin::require(request, &cx.settings.base_url)?;
    }
    let now = cx.now();
    let credential = Credential::read(cx, presented.text, now).await?;
    let rows = cx.store.auth_context(credential.customer_id(), credential.principal_id(), prefetch).await?;
    let prefetched = rows.prefetched;
    let (customer, principal) =
        credential.validate(rows.customer, rows.principal, now).ok_or(Reason::InvalidCredentials)?;
    record_key_use(cx, &principal, now).await;
    log::record_customer(customer.id);
    record_principal(&principal);
    principal.may_call(&route.path, route.is_read())?;
    Ok(Authenticated { customer, principal, prefetched })
}

/// Adds the principal of a request to its log lines, also if the request is refused.
fn record_principal(principal: &Principal) {
    match principal {
        Principal::Agent { agent, .. } => log::record_agent(agent.id),
        Principal::Key(key) => {
            tracing::Span::current().record("key_id", tracing::field::display(key.id));
        }
        Principal::Delegate { guest, operator } => {
            log::record_agent(guest.id);
            record_operator(operator.agent_id);
        }
    }
}

/// Adds the platform admin of a request to its log lines, also if the admin acts as a guest agent.
pub(crate) fn record_operator(id: AgentId) {
    tracing::Span::current().record("operator_id", tracing::field::display(id));
}

/// Stores the day of a key's last use, unless it is already stored.
async fn record_key_use<S: Authenticator, E: Sync>(
    cx: &Context<S, E>,
    principal: &Principal,
    now: Timestamp,
) {
    let Principal::Key(key) = principal else { return };
    let day = now.start_of_day();
    if key.tm_last_used != Some(day) {
        ignore(
            cx.store.record_key_use(key, day).await,
            "the day of last use is a hint, and the next request records it",
        );
    }
}
