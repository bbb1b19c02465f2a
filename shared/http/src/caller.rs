//! The callers of requests, as types. The signature of a handler names the type of caller that it accepts.

use std::future::Future;
use std::marker::PhantomData;

use custodian_app::ports::{Authenticator, Prefetch};
use custodian_app::{Context, Failure};
use custodian_domain::audit::AuditActor;
use custodian_domain::profile::ProfilePatch;
use custodian_domain::{Agent, Customer, CustomerId, Permission, Principal, Reason, Refusal, account_status};

use crate::Request;
use crate::Route;
use crate::authentication::{Authenticated, authenticate, record_operator, require_permission};
use crate::requirements::{
    Active, AdminOrManager, AnyPrincipal, CredentialRule, RequiredPermission, StatusRequirement,
};
use crate::target::{NoTarget, RowAccess, Target};

/// The callers that an endpoint accepts. The generators of the API description and of the template read it.
#[derive(Clone, Copy, Debug)]
pub enum Audience {
    Anyone,
    /// Platform admins.
    PlatformAdmin,
    /// Principals of an account with one of these permissions.
    Account {
        needs: Permission,
        /// The reasons for which the status check refuses accounts that are not terminal.
        refusals: &'static [Reason],
        permits_admins_of_frozen: bool,
        permits: CredentialRule,
    },
}

/// A type of caller.
pub trait Caller<S, E>: Sized + Send {
    const AUDIENCE: Audience;

    /// The row to read in the same round trip as the caller's own rows.
    fn prefetch(_: &Request) -> Prefetch {
        Prefetch::None
    }

    /// Checks, in this order: the credential, the status of the account, the permission, and the right on the row that the path
    /// names.
    fn from_request(
        cx: &Context<S, E>,
        route: &Route,
        request: &Request,
        prefetch: Prefetch,
    ) -> impl Future<Output = Result<Self, Failure>> + Send;

    /// The customer and the principal that own the idempotency keys of this caller.
    fn principal(&self) -> Option<(CustomerId, String)> {
        None
    }

    /// Who acts, for the audit log.
    fn actor(&self) -> AuditActor {
        AuditActor::System
    }

    /// The version of the row that the path names, if it exists.
    fn version(&self) -> Option<u64> {
        None
    }
}

/// Anyone. No credential is needed.
#[derive(Debug)]
pub struct Anyone(());

impl<S: Sync, E: Sync> Caller<S, E> for Anyone {
    const AUDIENCE: Audience = Audience::Anyone;

    async fn from_request(_: &Context<S, E>, _: &Route, _: &Request, _: Prefetch) -> Result<Self, Failure> {
        Ok(Self(()))
    }
}

/// A platform admin, and the row that the path names.
#[derive(Debug)]
pub struct PlatformAdmin<T = NoTarget> {
    agent: Agent,
    pub target: T,
}

impl<T> PlatformAdmin<T> {
    pub const fn agent(&self) -> &Agent {
        &self.agent
    }
}

impl<S: Authenticator, E: Sync, T: Target> Caller<S, E> for PlatformAdmin<T> {
    const AUDIENCE: Audience = Audience::PlatformAdmin;

    fn prefetch(request: &Request) -> Prefetch {
        T::prefetch(request)
    }

    async fn from_request(
        cx: &Context<S, E>,
        route: &Route,
        request: &Request,
        prefetch: Prefetch,
    ) -> Result<Self, Failure> {
        let Authenticated { customer, principal, prefetched } =
            authenticate(cx, route, request, prefetch).await?;
        account_status::require_active(&customer)?;
        require_permission(&principal, Permission::PLATFORM)?;
        let Principal::Agent { agent, .. } = &principal else {
            return Err(Reason::PermissionDenied.into());
        };
        record_operator(agent.id);
        let agent = agent.clone();
        let access = RowAccess { customer: &customer, principal: &principal, prefetch, prefetched };
        let target = T::authorize(access)?;
        Ok(Self { agent, target })
    }

    fn principal(&self) -> Option<(CustomerId, String)> {
        Some((self.agent.customer_id, format!("agent {}", self.agent.id)))
    }

    fn actor(&self) -> AuditActor {
        AuditActor::Operator { id: self.agent.id }
    }

    fn version(&self) -> Option<u64> {
        self.target.version()
    }
}

/// A principal that acts for its own customer, and the row that the path names. Its handlers get the customer only from this type,
/// and never from the request.
#[derive(Debug)]
pub struct Account<R, A, T = NoTarget> {
    pub customer: Customer,
    pub principal: Principal,
    pub target: T,
    requirements: PhantomData<(R, A)>,
}

/// A caller that works on the rows of its active account.
pub type Tenant<T = NoTarget> = Account<AdminOrManager, Active, T>;

/// Any principal of an active account, with any permission. The target checks the rest.
pub type ActivePrincipal<T = NoTarget> = Account<AnyPrincipal, Active, T>;

impl<R, A, T> Account<R, A, T> {
    pub fn customer_id(&self) -> CustomerId {
        self.customer.id
    }

    /// Refuses a principal that must not change the account's mailbox, if the patch would. The current address is no change,
    /// so that a client may send back what it read; for such a principal it does not cancel a pending change either.
    pub fn permitted_patch(&self, patch: ProfilePatch) -> Result<ProfilePatch, Refusal> {
        let Err(refusal) = self.principal.may_change_mailbox() else { return Ok(patch) };
        match patch.email() {
            Some(address) if !self.customer.has_email(address) => Err(refusal),
            _ => Ok(patch.without_email()),
        }
    }
}

impl<S, E, R, A, T> Caller<S, E> for Account<R, A, T>
where
    S: Authenticator,
    E: Sync,
    R: RequiredPermission,
    A: StatusRequirement,
    T: Target,
{
    const AUDIENCE: Audience = Audience::Account {
        needs: R::NEEDED,
        refusals: A::REFUSALS,
        permits_admins_of_frozen: A::PERMITS_ADMINS_OF_FROZEN,
        permits: R::PERMITS,
    };

    fn prefetch(request: &Request) -> Prefetch {
        T::prefetch(request)
    }

    async fn from_request(
        cx: &Context<S, E>,
        route: &Route,
        request: &Request,
        prefetch: Prefetch,
    ) -> Result<Self, Failure> {
        let Authenticated { customer, principal, prefetched } =
            authenticate(cx, route, request, prefetch).await?;
        A::check(&customer, &principal)?;
        require_permission(&principal, R::NEEDED)?;
        R::PERMITS.check(&principal)?;
        if let Prefetch::Kind(kind) | Prefetch::Resource(kind, _) = prefetch {
            require_permission(&principal, kind.required_permission)?;
        }
        let access = RowAccess { customer: &customer, principal: &principal, prefetch, prefetched };
        let target = T::authorize(access)?;
        Ok(Self { customer, principal, target, requirements: PhantomData })
    }

    fn principal(&self) -> Option<(CustomerId, String)> {
        Some((self.customer.id, self.principal.label()))
    }

    fn actor(&self) -> AuditActor {
        AuditActor::from(&self.principal)
    }

    fn version(&self) -> Option<u64> {
        self.target.version()
    }
}
