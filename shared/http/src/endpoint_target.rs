//! The webhook endpoint that a path names.

use custodian_app::ports::Prefetch;
use custodian_domain::webhook_endpoints::EndpointId;
use custodian_domain::{Reason, Refusal};
use uuid::Uuid;

use crate::Request;
use crate::target::{RowAccess, Target, require_right_on_profile};

/// A webhook endpoint of the caller's account, if the path names one. Its version is that of the account.
#[derive(Debug)]
pub struct OwnEndpoint {
    /// The endpoint that the path names, or the first one.
    pub id: Uuid,
    version: u64,
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
        let id = EndpointId::new(access.customer.id, named).id;
        access.customer.endpoint(id).ok_or(Reason::WebhookEndpointNotFound)?;
        Ok(Self { id, version: access.customer.version })
    }

    fn version(&self) -> Option<u64> {
        Some(self.version)
    }
}

/// A webhook endpoint of the caller's account that the caller may change. Webhooks are a part of the account's profile.
#[derive(Debug)]
pub struct EndpointToChange(pub OwnEndpoint);

impl Target for EndpointToChange {
    fn prefetch(request: &Request) -> Prefetch {
        OwnEndpoint::prefetch(request)
    }

    fn authorize(access: RowAccess<'_>) -> Result<Self, Refusal> {
        require_right_on_profile(&access)?;
        OwnEndpoint::authorize(access).map(Self)
    }

    fn version(&self) -> Option<u64> {
        self.0.version()
    }
}
