//! Who calls, as a type. A handler says in its signature whom it serves, and gets nobody else.
//!
//! Every admission but [`Anyone`]'s is one consistent read of the customer and the agent that the credential names
//! (and of the row that the endpoint wants), in which everything a credential can die of is seen: status, both epochs,
//! a removed agent. If the read fails, nobody is let in.

use std::future::Future;
use std::marker::PhantomData;

use custodian_app::ports::{Admission, Admissions, Wanted};
use custodian_app::{Context, Failure};
use custodian_domain::{Agent, Customer, CustomerId, Permission, Reason, Refusal, Resource, gate};

use crate::Call;
use crate::credential;

/// Somebody who may be let in.
pub trait Caller<S, E>: Sized + Send {
    fn admit(
        cx: &Context<S, E>,
        call: &Call,
        wanted: Wanted,
    ) -> impl Future<Output = Result<Self, Failure>> + Send;
}

/// Anybody, without a credential.
#[derive(Debug)]
pub struct Anyone(());

impl<S: Sync, E: Sync> Caller<S, E> for Anyone {
    async fn admit(_: &Context<S, E>, _: &Call, _: Wanted) -> Result<Self, Failure> {
        Ok(Self(()))
    }
}

/// A platform admin, and the customer that the path names, if it exists.
#[derive(Debug)]
pub struct Operator {
    target: Option<Customer>,
}

impl Operator {
    /// The customer that the path names.
    pub fn target(self) -> Result<Customer, Refusal> {
        self.target.ok_or_else(|| Reason::CustomerNotFound.into())
    }
}

impl<S: Admissions, E: Sync> Caller<S, E> for Operator {
    async fn admit(cx: &Context<S, E>, call: &Call, wanted: Wanted) -> Result<Self, Failure> {
        let read = authenticate(cx, call, wanted).await?;
        gate::open(&read.customer)?;
        permit(&read.agent, Permission::PLATFORM)?;
        Ok(Self { target: read.wanted_customer })
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

impl Right for Admin {
    const NEEDED: Permission = Permission::ADMIN;
}

impl Right for AdminOrManager {
    const NEEDED: Permission = Permission::ADMIN_OR_MANAGER;
}

/// What the customer's status must permit.
pub trait Gate: Send + 'static {
    fn check(customer: &Customer) -> Result<(), Refusal>;
}

/// Active accounts alone.
#[derive(Debug)]
pub struct Open;
/// Every account that is not gone: to look at it, to leave, to come back.
#[derive(Debug)]
pub struct Living;

impl Gate for Open {
    fn check(customer: &Customer) -> Result<(), Refusal> {
        gate::open(customer)
    }
}

impl Gate for Living {
    fn check(customer: &Customer) -> Result<(), Refusal> {
        gate::living(customer)
    }
}

/// An agent acting for its own customer: the only source of the tenant, which is never read from a request.
#[derive(Debug)]
pub struct Account<R, G> {
    pub customer: Customer,
    pub agent: Agent,
    resource: Option<Resource>,
    kind_of: PhantomData<(R, G)>,
}

/// An agent that works on what its active customer owns.
pub type Tenant = Account<AdminOrManager, Open>;

impl<R, G> Account<R, G> {
    pub fn customer_id(&self) -> CustomerId {
        self.customer.id
    }

    /// The row of this customer that the path names.
    pub fn resource(self, not_found: Reason) -> Result<Resource, Refusal> {
        self.resource.ok_or_else(|| not_found.into())
    }
}

impl<S: Admissions, E: Sync, R: Right, G: Gate> Caller<S, E> for Account<R, G> {
    async fn admit(cx: &Context<S, E>, call: &Call, wanted: Wanted) -> Result<Self, Failure> {
        let read = authenticate(cx, call, wanted).await?;
        G::check(&read.customer)?;
        permit(&read.agent, R::NEEDED)?;
        Ok(Self {
            customer: read.customer,
            agent: read.agent,
            resource: read.wanted_resource,
            kind_of: PhantomData,
        })
    }
}

fn permit(agent: &Agent, needed: Permission) -> Result<(), Refusal> {
    if agent.permission.allows(needed) { Ok(()) } else { Err(Reason::PermissionDenied.into()) }
}

/// A caller whose credential is alive, and what was read along.
struct Authenticated {
    customer: Customer,
    agent: Agent,
    wanted_customer: Option<Customer>,
    wanted_resource: Option<Resource>,
}

async fn authenticate<S: Admissions, E: Sync>(
    cx: &Context<S, E>,
    call: &Call,
    wanted: Wanted,
) -> Result<Authenticated, Failure> {
    let credential = credential::find(call).ok_or(Reason::AuthenticationRequired)?;
    let claims = cx.keys.verify(&cx.store, credential, cx.now()).await?;
    let read = cx.store.admission(claims.customer_id, claims.agent_id, wanted).await?;
    let Admission { customer: Some(customer), agent: Some(agent), wanted_customer, wanted_resource } = read
    else {
        return Err(Reason::InvalidCredentials.into());
    };
    let epochs = (claims.customer_epoch, claims.agent_epoch);
    if customer.status().is_gone() || epochs != (customer.epoch, agent.epoch) {
        return Err(Reason::InvalidCredentials.into());
    }
    tracing::Span::current().record("customer_id", tracing::field::display(customer.id));
    Ok(Authenticated { customer, agent, wanted_customer, wanted_resource })
}
