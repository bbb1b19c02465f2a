//! Who calls, as a type. A handler says in its signature whom it serves, and gets nobody else.

use std::future::Future;
use std::marker::PhantomData;

use custodian_app::ports::{Admissions, Wanted};
use custodian_app::{Context, Failure};
use custodian_domain::{
    AccessKey, Actor, Agent, AgentId, Customer, CustomerId, Permission, Reason, Refusal, Resource, gate,
};

use crate::Call;
use crate::admit::{Found, authenticate, note_operator, permit};

/// Whom an admission lets in, as the description of the API tells it.
#[derive(Clone, Copy, Debug)]
pub enum Audience {
    Anyone,
    /// Agents of the platform.
    Operator,
    /// Agents who have one of these rights.
    Account {
        needs: Permission,
        /// What its status makes of an account that is not gone.
        closed: &'static [Reason],
    },
}

/// Somebody who may be let in.
pub trait Caller<S, E>: Sized + Send {
    const AUDIENCE: Audience;

    fn admit(
        cx: &Context<S, E>,
        call: &Call,
        wanted: Wanted,
    ) -> impl Future<Output = Result<Self, Failure>> + Send;

    /// The customer and the principal that what this caller sends belongs to.
    fn principal(&self) -> Option<(CustomerId, String)> {
        None
    }

    /// The version of the row that the path names, if it is there.
    fn version(&self) -> Option<u64> {
        None
    }
}

/// Anybody, without a credential.
#[derive(Debug)]
pub struct Anyone(());

impl<S: Sync, E: Sync> Caller<S, E> for Anyone {
    const AUDIENCE: Audience = Audience::Anyone;

    async fn admit(_: &Context<S, E>, _: &Call, _: Wanted) -> Result<Self, Failure> {
        Ok(Self(()))
    }
}

/// A platform admin, and the customer that the path names, if it exists.
#[derive(Debug)]
pub struct Operator {
    agent: Agent,
    target: Option<Customer>,
}

impl Operator {
    pub const fn agent(&self) -> &Agent {
        &self.agent
    }

    /// The customer that the path names.
    pub fn target(self) -> Result<Customer, Refusal> {
        self.target.ok_or_else(|| Reason::CustomerNotFound.into())
    }
}

impl<S: Admissions, E: Sync> Caller<S, E> for Operator {
    const AUDIENCE: Audience = Audience::Operator;

    async fn admit(cx: &Context<S, E>, call: &Call, wanted: Wanted) -> Result<Self, Failure> {
        let read = authenticate(cx, call, wanted).await?;
        gate::open(&read.customer)?;
        permit(&read.actor, Permission::PLATFORM)?;
        if let Some(target) = &read.wanted_customer {
            tracing::Span::current().record("target_id", tracing::field::display(target.id));
        }
        let Actor::Agent(agent) = read.actor else { return Err(Reason::PermissionDenied.into()) };
        note_operator(agent.id);
        Ok(Self { agent, target: read.wanted_customer })
    }

    fn principal(&self) -> Option<(CustomerId, String)> {
        Some((self.agent.customer_id, format!("agent {}", self.agent.id)))
    }

    fn version(&self) -> Option<u64> {
        self.target.as_ref().map(|customer| customer.version)
    }
}

/// A right that an agent must have.
pub trait Right: Send + 'static {
    const NEEDED: Permission;
}

/// Administers its customer.
#[derive(Debug)]
pub struct Admin;
/// Administers or manages its customer.
#[derive(Debug)]
pub struct AdminOrManager;

/// Acts for its customer at all.
#[derive(Debug)]
pub struct AnyAgent;

impl Right for AnyAgent {
    const NEEDED: Permission = Permission::ANY;
}

impl Right for Admin {
    const NEEDED: Permission = Permission::ADMIN;
}

impl Right for AdminOrManager {
    const NEEDED: Permission = Permission::ADMIN_OR_MANAGER;
}

/// What the customer's status must permit.
pub trait Gate: Send + 'static {
    /// What an account that is not gone may be refused for.
    const CLOSED: &'static [Reason];

    fn check(customer: &Customer) -> Result<(), Refusal>;
}

/// Active accounts alone.
#[derive(Debug)]
pub struct Open;
/// Every account that is not gone: to look at it, to leave, to come back.
#[derive(Debug)]
pub struct Living;

impl Gate for Open {
    const CLOSED: &'static [Reason] = &[Reason::AccountFrozen, Reason::AccountNotVerified];

    fn check(customer: &Customer) -> Result<(), Refusal> {
        gate::open(customer)
    }
}

impl Gate for Living {
    const CLOSED: &'static [Reason] = &[];

    fn check(customer: &Customer) -> Result<(), Refusal> {
        gate::living(customer)
    }
}

/// An agent acting for its own customer: the only source of the tenant, which is never read from a request.
#[derive(Debug)]
pub struct Account<R, G> {
    pub customer: Customer,
    pub actor: Actor,
    found: Found,
    /// Whether the path names the account itself.
    is_subject: bool,
    kind_of: PhantomData<(R, G)>,
}

/// An agent that works on what its active customer owns.
pub type Tenant = Account<AdminOrManager, Open>;

impl<R, G> Account<R, G> {
    pub fn customer_id(&self) -> CustomerId {
        self.customer.id
    }

    /// The platform's own account is its admins' alone: its address is where their links go.
    pub fn may_change_account(&self) -> Result<(), Refusal> {
        if self.customer.platform { permit(&self.actor, Permission::PLATFORM) } else { Ok(()) }
    }

    /// The row of this customer that the path names.
    pub fn resource(self, not_found: Reason) -> Result<Resource, Refusal> {
        self.found.resource.ok_or_else(|| not_found.into())
    }

    /// The agent of this customer that the path names, if the caller may see it.
    pub fn agent(&self, id: AgentId) -> Result<Agent, Refusal> {
        self.actor.may_see(id)?;
        self.found.agent.clone().ok_or_else(|| Reason::AgentNotFound.into())
    }

    /// The access key of this customer that the path names.
    pub fn key(self) -> Result<AccessKey, Refusal> {
        self.found.key.ok_or_else(|| Reason::AccessKeyNotFound.into())
    }
}

impl<S: Admissions, E: Sync, R: Right, G: Gate> Caller<S, E> for Account<R, G> {
    const AUDIENCE: Audience = Audience::Account { needs: R::NEEDED, closed: G::CLOSED };

    async fn admit(cx: &Context<S, E>, call: &Call, wanted: Wanted) -> Result<Self, Failure> {
        let read = authenticate(cx, call, wanted).await?;
        G::check(&read.customer)?;
        permit(&read.actor, R::NEEDED)?;
        if let Wanted::Kind(kind) | Wanted::Resource(kind, _) = wanted {
            permit(&read.actor, kind.needs)?;
        }
        // A path id that is no id names nothing, not even the account.
        let named = matches!(wanted, Wanted::Nothing) && !call.names_a_row();
        Ok(Self {
            customer: read.customer,
            actor: read.actor,
            found: read.found,
            is_subject: named,
            kind_of: PhantomData,
        })
    }

    fn principal(&self) -> Option<(CustomerId, String)> {
        Some((self.customer.id, self.actor.principal()))
    }

    fn version(&self) -> Option<u64> {
        if self.is_subject { Some(self.customer.version) } else { self.found.version() }
    }
}
