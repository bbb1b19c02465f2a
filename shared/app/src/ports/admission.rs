//! Who calls, and whether a request was answered before.

use std::future::Future;

use custodian_auth::{KeyRing, Pseudonyms};
use custodian_domain::kinds::Kind;
use custodian_domain::{AccessKey, Agent, AgentId, Customer, CustomerId, Resource, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::failure::Failure;
use crate::ports::NoteUse;
use crate::scope::Ticket;

/// A row that the admission of a caller reads along in the same round trip.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    Nothing,
    /// Any customer; only a platform admin gets to see it.
    Customer(CustomerId),
    /// No row, but the right to work on this kind.
    Kind(&'static Kind),
    /// A row of the caller's own customer.
    Resource(&'static Kind, Uuid),
    /// An access key of the caller's own customer.
    Key(Uuid),
    /// An agent of the caller's own customer.
    Agent(AgentId),
}

/// Whom a credential names.
#[derive(Clone, Copy, Debug)]
pub enum Principal {
    Agent(AgentId),
    Key(Uuid),
    /// A guest agent, with the platform admin behind it.
    Delegate {
        guest: AgentId,
        operator: (CustomerId, AgentId),
    },
}

/// What the admission found, by one consistent read.
#[derive(Clone, Debug, Default)]
pub struct Admission {
    pub customer: Option<Customer>,
    pub agent: Option<Agent>,
    pub key: Option<AccessKey>,
    pub operator: Option<Agent>,
    pub wanted_customer: Option<Customer>,
    pub wanted_resource: Option<Resource>,
    pub wanted_key: Option<AccessKey>,
    pub wanted_agent: Option<Agent>,
}

/// The platform's public keys, which tell a token of this platform from any other.
pub trait VerifyingKeys: Send + Sync {
    /// The keys that tokens may be signed with (one, or two during a rotation), and the secret of pseudonyms.
    fn shared_keys(&self) -> impl Future<Output = Result<SharedKeys, Failure>> + Send;
}

/// What every function knows.
#[derive(Clone, Debug)]
pub struct SharedKeys {
    pub ring: KeyRing,
    /// None until the platform is set up.
    pub pseudonyms: Option<Pseudonyms>,
}

pub trait Admissions: VerifyingKeys + NoteUse + Idempotency {
    /// Reads who calls, and the wanted row, consistently and in one round trip.
    fn admission(
        &self,
        customer: CustomerId,
        principal: Principal,
        wanted: Wanted,
    ) -> impl Future<Output = Result<Admission, Failure>> + Send;
}

pub trait FindLogins: Send + Sync {
    /// Who has this username.
    fn login(
        &self,
        username: &str,
    ) -> impl Future<Output = Result<Option<(CustomerId, AgentId)>, Failure>> + Send;
}

/// What is kept of a request with an `Idempotency-Key`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    /// Tells the same body from another, under a key made of the `Idempotency-Key`.
    pub body_mac: String,
    /// The answer, encrypted under a key made of the `Idempotency-Key`; none while the request runs, or if the answer
    /// was lost after the effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Whose account the answer tells of, if it is kept with that one and goes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tells_of: Option<CustomerId>,
    /// Whether the request has had its effect.
    pub done: bool,
    pub lease: String,
    pub lease_until: Timestamp,
}

/// What became of a request that wanted to begin.
#[derive(Clone, Debug)]
pub enum Begun {
    /// Nothing was done under this key: go ahead.
    Fresh,
    /// There is a record.
    Known(Box<Kept>),
    /// The customer's status permits no new rows.
    Closed,
}

pub trait Idempotency: Send + Sync {
    /// Makes a running record, unless there is one that is done or whose lease is not over.
    fn begin(
        &self,
        ticket: &Ticket,
        body_mac: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<Begun, Failure>> + Send;

    /// Keeps the answer with the account that it tells of.
    fn keep_answer(
        &self,
        ticket: &Ticket,
        tells_of: CustomerId,
        answer: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Forgets a request that had no effect.
    fn forget(&self, ticket: &Ticket) -> impl Future<Output = Result<(), Failure>> + Send;
}
