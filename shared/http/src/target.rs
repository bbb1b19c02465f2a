//! The row that a path names, and the right that the request needs on it.
//!
//! A target is a part of the caller's type. So a handler gets a row only after the right on it was checked, and every route
//! refuses a caller without the right before it compares `If-Match` or reads the body.

use custodian_app::field_encryption::decrypt_row;
use custodian_app::ports::{Prefetch, Prefetched};
use custodian_app::{Context, Failure};
use custodian_domain::kinds::Kind;
use custodian_domain::{
    AccessKey, Agent, AgentId, Customer, CustomerId, Permission, Principal, Reason, Refusal, Resource,
    StoredResource,
};

use crate::Request;
use crate::authentication::require_permission;

/// A caller with the permission for the route, and the row that the path names.
#[derive(Debug)]
pub struct RowAccess<'a> {
    pub customer: &'a Customer,
    pub principal: &'a Principal,
    pub prefetch: Prefetch,
    pub prefetched: Prefetched,
}

/// A row that a path names, on which the caller has the right that the request needs.
pub trait Target: Sized + Send {
    /// The row to read in the same round trip as the caller's own rows.
    fn prefetch(_: &Request) -> Prefetch {
        Prefetch::None
    }

    /// The row, if it exists and the caller has the right. A malformed id prefetches no row.
    fn authorize(access: RowAccess<'_>) -> Result<Self, Refusal>;

    /// The version that `If-Match` must name.
    fn version(&self) -> Option<u64>;
}

/// The path names no row.
#[derive(Debug)]
pub struct NoTarget;

impl Target for NoTarget {
    fn authorize(_: RowAccess<'_>) -> Result<Self, Refusal> {
        Ok(Self)
    }

    fn version(&self) -> Option<u64> {
        None
    }
}

/// The caller's own account.
#[derive(Debug)]
pub struct OwnAccount {
    version: u64,
}

impl Target for OwnAccount {
    fn authorize(access: RowAccess<'_>) -> Result<Self, Refusal> {
        Ok(Self { version: access.customer.version })
    }

    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

/// Only platform admins may change the profile of the platform's own account, because its e-mail address receives their mailed links.
pub(crate) fn require_right_on_profile(access: &RowAccess<'_>) -> Result<(), Refusal> {
    if access.customer.platform { require_permission(access.principal, Permission::PLATFORM) } else { Ok(()) }
}

/// The profile of the caller's own account.
#[derive(Debug)]
pub struct OwnProfile(OwnAccount);

impl Target for OwnProfile {
    fn authorize(access: RowAccess<'_>) -> Result<Self, Refusal> {
        require_right_on_profile(&access)?;
        OwnAccount::authorize(access).map(Self)
    }

    fn version(&self) -> Option<u64> {
        self.0.version()
    }
}

/// An agent of the caller's account that the caller may see.
#[derive(Debug)]
pub struct VisibleAgent(pub Agent);

impl Target for VisibleAgent {
    fn prefetch(request: &Request) -> Prefetch {
        request.prefetch(|id| Prefetch::Agent(AgentId(id)))
    }

    fn authorize(access: RowAccess<'_>) -> Result<Self, Refusal> {
        let Prefetch::Agent(id) = access.prefetch else { return Err(Reason::InvalidId.into()) };
        // The right depends on the id alone, so the response does not reveal whether the agent exists.
        access.principal.may_see(id)?;
        match access.prefetched {
            Prefetched::Agent(Some(agent)) => Ok(Self(agent)),
            _ => Err(Reason::AgentNotFound.into()),
        }
    }

    fn version(&self) -> Option<u64> {
        Some(self.0.version)
    }
}

/// An agent of the caller's account that the caller may change: the caller itself or, for administrators and managers, an agent of
/// at most their rank.
#[derive(Debug)]
pub struct ChangeableAgent(pub Agent);

impl Target for ChangeableAgent {
    fn prefetch(request: &Request) -> Prefetch {
        VisibleAgent::prefetch(request)
    }

    fn authorize(access: RowAccess<'_>) -> Result<Self, Refusal> {
        let principal = access.principal;
        let VisibleAgent(agent) = VisibleAgent::authorize(access)?;
        principal.may_change(&agent)?;
        Ok(Self(agent))
    }

    fn version(&self) -> Option<u64> {
        Some(self.0.version)
    }
}

/// An access key of the caller's account.
#[derive(Debug)]
pub struct OwnKey(pub AccessKey);

impl Target for OwnKey {
    fn prefetch(request: &Request) -> Prefetch {
        request.prefetch(Prefetch::Key)
    }

    fn authorize(access: RowAccess<'_>) -> Result<Self, Refusal> {
        match (access.prefetch, access.prefetched) {
            (_, Prefetched::Key(Some(key))) => Ok(Self(key)),
            (Prefetch::Key(_), _) => Err(Reason::AccessKeyNotFound.into()),
            _ => Err(Reason::InvalidId.into()),
        }
    }

    fn version(&self) -> Option<u64> {
        Some(self.0.version)
    }
}

/// A row of the caller's account. Its endpoint prefetches it, because only the endpoint knows the kind.
#[derive(Debug)]
pub struct OwnResource {
    kind: &'static Kind,
    stored: StoredResource,
}

impl OwnResource {
    /// The row with all its values.
    pub fn decrypted<S, E>(&self, cx: &Context<S, E>) -> Result<Resource, Failure> {
        decrypt_row(cx, self.kind, &self.stored)
    }
}

impl Target for OwnResource {
    fn authorize(access: RowAccess<'_>) -> Result<Self, Refusal> {
        match (access.prefetch, access.prefetched) {
            (Prefetch::Resource(kind, _), Prefetched::Resource(Some(stored))) => Ok(Self { kind, stored }),
            (Prefetch::Resource(kind, _), _) => Err(kind.not_found.into()),
            _ => Err(Reason::InvalidId.into()),
        }
    }

    fn version(&self) -> Option<u64> {
        Some(self.stored.row.version)
    }
}

/// Any customer. Only platform admins name one.
#[derive(Debug)]
pub struct AnyCustomer(pub Customer);

impl Target for AnyCustomer {
    fn prefetch(request: &Request) -> Prefetch {
        request.prefetch(|id| Prefetch::Customer(CustomerId(id)))
    }

    fn authorize(access: RowAccess<'_>) -> Result<Self, Refusal> {
        match (access.prefetch, access.prefetched) {
            (_, Prefetched::Customer(Some(customer))) => {
                tracing::Span::current().record("target_id", tracing::field::display(customer.id));
                Ok(Self(*customer))
            }
            (Prefetch::Customer(_), _) => Err(Reason::CustomerNotFound.into()),
            _ => Err(Reason::InvalidId.into()),
        }
    }

    fn version(&self) -> Option<u64> {
        Some(self.0.version)
    }
}
