//! The callers of requests, as types. The signature of a handler names the type of caller that it accepts.

use std::future::Future;
use std::marker::PhantomData;

use custodian_app::ports::{Authenticator, Prefetch, Prefetched};
use custodian_app::{Context, Failure};
use custodian_domain::profile::ProfilePatch;
use custodian_domain::{
    AccessKey, Agent, AgentId, Customer, CustomerId, Permission, Principal, Reason, Refusal, Resource,
    account_status,
};

use crate::Request;
use crate::Route;
use crate::authentication::{authenticate, record_operator, require_permission};

/// The callers that an endpoint accepts. The API description and the template are generated from it.
#[derive(Clone, Copy, Debug)]
pub enum Audience {
    Anyone,
    /// Platform admins.
    PlatformAdmin,
    /// Principals of an account with one of these permissions.
    Account {
        needs: Permission,
        /// The reasons for which the status check refuses accounts that are not deleted.
        refusals: &'static [Reason],
        permits: CredentialRule,
    },
}

/// The credentials that an endpoint permits, among those with the permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialRule {
    Any,
    /// Platform admins who act as a guest agent must not make credentials that outlive their eight hours.
    NoDelegates,
    /// Limited keys must not make or change agents' credentials either, because no agent is limited.
    NoDelegatesOrLimitedKeys,
}

impl CredentialRule {
    fn check(self, principal: &Principal) -> Result<(), Refusal> {
        let is_refused = match self {
            Self::Any => false,
            Self::NoDelegates => principal.is_delegate(),
            Self::NoDelegatesOrLimitedKeys => principal.is_delegate() || principal.is_limited(),
        };
        if is_refused { Err(Reason::PermissionDenied.into()) } else { Ok(()) }
    }
}

/// A type of caller.
pub trait Caller<S, E>: Sized + Send {
    const AUDIENCE: Audience;

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

/// A platform admin, and the customer that the path names, if it exists.
#[derive(Debug)]
pub struct PlatformAdmin {
    agent: Agent,
    target: Option<Customer>,
}

impl PlatformAdmin {
    pub const fn agent(&self) -> &Agent {
        &self.agent
    }

    /// The customer that the path names.
    pub fn target(self) -> Result<Customer, Refusal> {
        self.target.ok_or_else(|| Reason::CustomerNotFound.into())
    }
}

impl<S: Authenticator, E: Sync> Caller<S, E> for PlatformAdmin {
    const AUDIENCE: Audience = Audience::PlatformAdmin;

    async fn from_request(
        cx: &Context<S, E>,
        route: &Route,
        request: &Request,
        prefetch: Prefetch,
    ) -> Result<Self, Failure> {
        let read = authenticate(cx, route, request, prefetch).await?;
        account_status::require_active(&read.customer)?;
        require_permission(&read.principal, Permission::PLATFORM)?;
        let target = match read.prefetched {
            Prefetched::Customer(target) => target,
            _ => None,
        };
        if let Some(target) = &target {
            tracing::Span::current().record("target_id", tracing::field::display(target.id));
        }
        let Principal::Agent { agent, .. } = read.principal else {
            return Err(Reason::PermissionDenied.into());
        };
        record_operator(agent.id);
        Ok(Self { agent, target })
    }

    fn principal(&self) -> Option<(CustomerId, String)> {
        Some((self.agent.customer_id, format!("agent {}", self.agent.id)))
    }

    fn version(&self) -> Option<u64> {
        self.target.as_ref().map(|customer| customer.version)
    }
}

/// The permission that an endpoint needs.
pub trait RequiredPermission: Send + 'static {
    const NEEDED: Permission;
    const PERMITS: CredentialRule = CredentialRule::Any;
}

/// Administrators of the account.
#[derive(Debug)]
pub struct Admin;
/// Administrators and managers of the account.
#[derive(Debug)]
pub struct AdminOrManager;

/// Every principal of the account.
#[derive(Debug)]
pub struct AnyAgent;

impl RequiredPermission for AnyAgent {
    const NEEDED: Permission = Permission::ANY;
}

impl RequiredPermission for Admin {
    const NEEDED: Permission = Permission::ADMIN;
}

impl RequiredPermission for AdminOrManager {
    const NEEDED: Permission = Permission::ADMIN_OR_MANAGER;
}

/// Principals with the permission `R`, except delegates.
#[derive(Debug)]
pub struct NoDelegate<R>(PhantomData<R>);
/// Principals with the permission `R`, except delegates and limited keys.
#[derive(Debug)]
pub struct Unlimited<R>(PhantomData<R>);

impl<R: RequiredPermission> RequiredPermission for NoDelegate<R> {
    const NEEDED: Permission = R::NEEDED;
    const PERMITS: CredentialRule = CredentialRule::NoDelegates;
}

impl<R: RequiredPermission> RequiredPermission for Unlimited<R> {
    const NEEDED: Permission = R::NEEDED;
    const PERMITS: CredentialRule = CredentialRule::NoDelegatesOrLimitedKeys;
}

/// The account status that an endpoint needs.
pub trait StatusRequirement: Send + 'static {
    /// The reasons for which the status check refuses accounts that are not deleted.
    const REFUSALS: &'static [Reason];

    fn check(customer: &Customer) -> Result<(), Refusal>;
}

/// Active accounts.
#[derive(Debug)]
pub struct Active;
/// Every account that is not deleted or expired, for endpoints that read, leave or recover the account.
#[derive(Debug)]
pub struct NotDeleted;

impl StatusRequirement for Active {
    const REFUSALS: &'static [Reason] = &[Reason::AccountFrozen, Reason::AccountNotVerified];

    fn check(customer: &Customer) -> Result<(), Refusal> {
        account_status::require_active(customer)
    }
}

impl StatusRequirement for NotDeleted {
    const REFUSALS: &'static [Reason] = &[];

    fn check(customer: &Customer) -> Result<(), Refusal> {
        account_status::require_not_terminal(customer)
    }
}

/// A principal that acts for its own customer. Handlers get the customer only from this type, and never from the request.
#[derive(Debug)]
pub struct Account<R, A> {
    pub customer: Customer,
    pub principal: Principal,
    prefetched: Prefetched,
    /// Whether the endpoint works on the account itself: it prefetches nothing, and its path names no row.
    is_subject: bool,
    requirements: PhantomData<(R, A)>,
}

/// A caller that works on the rows of its active account.
pub type Tenant = Account<AdminOrManager, Active>;

impl<R, A> Account<R, A> {
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

    /// Only platform admins may change the platform's own account, because its e-mail address receives their mailed links.
    pub fn may_change_account(&self) -> Result<(), Refusal> {
        if self.customer.platform {
            require_permission(&self.principal, Permission::PLATFORM)
        } else {
            Ok(())
        }
    }

    /// The row of this customer that the path names.
    pub fn resource(self, not_found: Reason) -> Result<Resource, Refusal> {
        match self.prefetched {
            Prefetched::Resource(Some(row)) => Ok(row),
            _ => Err(not_found.into()),
        }
    }

    /// The agent of this customer that the path names, if the caller may see it.
    pub fn agent(&self, id: AgentId) -> Result<Agent, Refusal> {
        self.principal.may_see(id)?;
        match &self.prefetched {
            Prefetched::Agent(Some(agent)) => Ok(agent.clone()),
            _ => Err(Reason::AgentNotFound.into()),
        }
    }

    /// The access key of this customer that the path names.
    pub fn key(self) -> Result<AccessKey, Refusal> {
        match self.prefetched {
            Prefetched::Key(Some(key)) => Ok(key),
            _ => Err(Reason::AccessKeyNotFound.into()),
        }
    }
}

impl<S: Authenticator, E: Sync, R: RequiredPermission, A: StatusRequirement> Caller<S, E> for Account<R, A> {
    const AUDIENCE: Audience =
        Audience::Account { needs: R::NEEDED, refusals: A::REFUSALS, permits: R::PERMITS };

    async fn from_request(
        cx: &Context<S, E>,
        route: &Route,
        request: &Request,
        prefetch: Prefetch,
    ) -> Result<Self, Failure> {
        let read = authenticate(cx, route, request, prefetch).await?;
        A::check(&read.customer)?;
        require_permission(&read.principal, R::NEEDED)?;
        R::PERMITS.check(&read.principal)?;
        if let Prefetch::Kind(kind) | Prefetch::Resource(kind, _) = prefetch {
            require_permission(&read.principal, kind.required_permission)?;
        }
        // A path with a malformed id also prefetches nothing, but does not name the account.
        let is_subject = matches!(prefetch, Prefetch::None) && !request.names_a_row();
        Ok(Self {
            customer: read.customer,
            principal: read.principal,
            prefetched: read.prefetched,
            is_subject,
            requirements: PhantomData,
        })
    }

    fn principal(&self) -> Option<(CustomerId, String)> {
        Some((self.customer.id, self.principal.label()))
    }

    fn version(&self) -> Option<u64> {
        if self.is_subject {
            return Some(self.customer.version);
        }
        match &self.prefetched {
            Prefetched::Resource(row) => row.as_ref().map(|row| row.version),
            Prefetched::Key(key) => key.as_ref().map(|key| key.version),
            Prefetched::Agent(agent) => agent.as_ref().map(|agent| agent.version),
            Prefetched::None | Prefetched::Customer(_) => None,
        }
    }
}
