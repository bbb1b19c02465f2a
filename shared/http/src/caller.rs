//! The callers of requests, as types. The signature of a handler names the type of caller that it accepts.

use std::future::Future;
use std::marker::PhantomData;

use custodian_app::field_encryption::decrypt_row;
use custodian_app::ports::{Authenticator, Prefetch, Prefetched};
use custodian_app::{Context, Failure};
use custodian_domain::kinds::Kind;
use custodian_domain::{
    AccessKey, Agent, AgentId, Customer, CustomerId, Permission, Principal, Reason, Refusal, Resource,
    account_status,
};

use crate::Request;
use crate::authentication::{authenticate, record_operator, require_permission};

/// The callers that an endpoint accepts. The generators of the API description and of the template read it.
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
    },
}

/// A type of caller.
pub trait Caller<S, E>: Sized + Send {
    const AUDIENCE: Audience;

    fn from_request(
        cx: &Context<S, E>,
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

    async fn from_request(_: &Context<S, E>, _: &Request, _: Prefetch) -> Result<Self, Failure> {
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
        request: &Request,
        prefetch: Prefetch,
    ) -> Result<Self, Failure> {
        let read = authenticate(cx, request, prefetch).await?;
        account_status::require_active(&read.customer)?;
        require_permission(&read.principal, Permission::PLATFORM)?;
        let target = match read.prefetched {
            Prefetched::Customer(target) => target,
            _ => None,
        };
        if let Some(target) = &target {
            tracing::Span::current().record("target_id", tracing::field::display(target.id));
        }
        let Principal::Agent(agent) = read.principal else { return Err(Reason::PermissionDenied.into()) };
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
}

/// Administrators of the account.
#[derive(Debug)]
pub struct Admin;
/// Administrators and managers of the account.
#[derive(Debug)]
pub struct AdminOrManager;

/// Every principal of the account: its agents, its access keys, and a platform admin who acts as its guest agent.
#[derive(Debug)]
pub struct AnyPrincipal;

impl RequiredPermission for AnyPrincipal {
    const NEEDED: Permission = Permission::ANY;
}

impl RequiredPermission for Admin {
    const NEEDED: Permission = Permission::ADMIN;
}

impl RequiredPermission for AdminOrManager {
    const NEEDED: Permission = Permission::ADMIN_OR_MANAGER;
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

/// Any principal of an active account, whatever its permission. The use case checks the rest.
pub type ActivePrincipal = Account<AnyPrincipal, Active>;

impl<R, A> Account<R, A> {
    pub fn customer_id(&self) -> CustomerId {
        self.customer.id
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
    pub fn resource<S, E>(&self, cx: &Context<S, E>, kind: &Kind) -> Result<Resource, Failure> {
        match &self.prefetched {
            Prefetched::Resource(Some(stored)) => decrypt_row(cx, kind, stored),
            _ => Err(kind.not_found.into()),
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
    const AUDIENCE: Audience = Audience::Account { needs: R::NEEDED, refusals: A::REFUSALS };

    async fn from_request(
        cx: &Context<S, E>,
        request: &Request,
        prefetch: Prefetch,
    ) -> Result<Self, Failure> {
        let read = authenticate(cx, request, prefetch).await?;
        A::check(&read.customer)?;
        require_permission(&read.principal, R::NEEDED)?;
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
            Prefetched::Resource(stored) => stored.as_ref().map(|stored| stored.row.version),
            Prefetched::Key(key) => key.as_ref().map(|key| key.version),
            Prefetched::Agent(agent) => agent.as_ref().map(|agent| agent.version),
            Prefetched::None | Prefetched::Customer(_) => None,
        }
    }
}
