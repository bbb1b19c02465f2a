//! The webhook endpoint that a path names.

use custodian_app::ports::Prefetch;
use custodian_domain::{CustomerId, Permission, Reason, Refusal};
use uuid::Uuid;

use crate::Request;
use crate::authentication::require_permission;
use crate::target::{RowAccess, Target};

/// A webhook endpoint of the caller's account, if the path names one. Its version is that of the account.
#[derive(Debug)]
pub struct OwnEndpoint {
    named: Option<Uuid>,
    account: CustomerId,
    version: u64,
}

impl OwnEndpoint {
    /// The endpoint that the path names, or the first one.
    pub fn id(&self) -> Uuid {
        self.named.unwrap_or(self.account.0)
    }
}

impl Target for OwnEndpoint {
    fn prefetch(request: &Request) -> Prefetch {
        match request.path_parameter("id") {
            None => Prefetch::Endpoint(None),
            Some(_) => request.prefetch(|id| Prefetch::Endpoint(Some(id))),
        }
    }

    fn authorize(access: RowAccess<'_>) -> Result<Self, Refusal> {
        let Prefetch::Endpoint(named) = access.prefetch else { return Err(Reason::InvalidId.into()) };
        if named.is_some_and(|id| access.customer.endpoint(id).is_none()) {
            return Err(Reason::WebhookEndpointNotFound.into());
        }
        Ok(Self { named, account: access.customer.id, version: access.customer.version })
    }

    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

/// A webhook endpoint of the caller's account that the caller may change. The webhooks of the platform's own account are a part of its
/// profile.
#[derive(Debug)]
pub struct ChangeableEndpoint(OwnEndpoint);

impl ChangeableEndpoint {
    /// The endpoint that the path names, or the first one.
    pub fn id(&self) -> Uuid {
        self.0.id()
    }
}

impl Target for ChangeableEndpoint {
    fn prefetch(request: &Request) -> Prefetch {
        OwnEndpoint::prefetch(request)
    }

    fn authorize(access: RowAccess<'_>) -> Result<Self, Refusal> {
        if access.customer.platform {
            require_permission(access.principal, Permission::PLATFORM)?;
        }
        OwnEndpoint::authorize(access).map(Self)
    }

    fn version(&self) -> Option<u64> {
        self.0.version()
    }
}
