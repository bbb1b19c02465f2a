//! Authentication of callers, and idempotency records.

use std::future::Future;

use custodian_auth::{KeyRing, KeyedHasher};
use custodian_domain::kinds::Kind;
use custodian_domain::{AccessKey, Agent, AgentId, Customer, CustomerId, StoredResource, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::failure::Failure;
use crate::ports::RecordKeyUse;
use crate::request_conditions::IdempotencyLease;

/// A row to read in the same round trip as the caller's own rows.
#[derive(Clone, Copy, Debug)]
pub enum Prefetch {
    None,
    /// Any customer. Only platform admins can read it.
    Customer(CustomerId),
    /// No row; the caller must have the permission for this kind.
    Kind(&'static Kind),
    /// A row of the caller's own customer.
    Resource(&'static Kind, Uuid),
    /// An access key of the caller's own customer.
    Key(Uuid),
    /// An agent of the caller's own customer.
    Agent(AgentId),
    /// A webhook endpoint of the caller's own customer, if the path names one. It is a part of the customer's row, so nothing more
    /// is read.
    Endpoint(Option<Uuid>),
}

/// The principal that a credential names.
#[derive(Clone, Copy, Debug)]
pub enum PrincipalId {
    /// An agent, and the access key on which its session depends.
    Agent {
        id: AgentId,
        key: Option<Uuid>,
    },
    Key(Uuid),
    /// A guest agent, and the platform admin who acts as it.
    Delegate {
        guest: AgentId,
        operator: (CustomerId, AgentId),
    },
}

/// The rows of one consistent read that authenticates a caller.
#[derive(Clone, Debug)]
pub struct AuthContext {
    pub customer: Option<Customer>,
    pub principal: PrincipalRows,
    pub prefetched: Prefetched,
}

/// The rows of a principal.
#[derive(Clone, Debug)]
pub enum PrincipalRows {
    Agent { agent: Option<Agent>, key: Option<AccessKey> },
    Key(Option<AccessKey>),
    Delegate { guest: Option<Agent>, operator: Option<Agent> },
}

/// The row that a request asked to prefetch, if it exists.
#[derive(Clone, Debug)]
pub enum Prefetched {
    None,
    Customer(Option<Box<Customer>>),
    Resource(Option<StoredResource>),
    Key(Option<AccessKey>),
    Agent(Option<Agent>),
}

impl PrincipalRows {
    /// The agent of a principal that is an agent itself.
    pub fn into_agent(self) -> Option<Agent> {
        match self {
            Self::Agent { agent, .. } => agent,
            Self::Key(_) | Self::Delegate { .. } => None,
        }
    }
}

/// The keys that every function reads when it starts.
pub trait VerifyingKeys: Send + Sync {
    /// The public keys that verify tokens (none before the set-up, two after a rotation, otherwise one), and the secret of keyed
    /// hashes.
    fn platform_key_set(&self) -> impl Future<Output = Result<PlatformKeySet, Failure>> + Send;
}

/// The keys that are shared by all functions.
#[derive(Clone, Debug)]
pub struct PlatformKeySet {
    pub ring: KeyRing,
    /// `None` until the platform is set up.
    pub keyed_hasher: Option<KeyedHasher>,
}

pub trait Authenticator: VerifyingKeys + RecordKeyUse + Idempotency {
    /// Reads the caller's rows and the row to prefetch, consistently and in one round trip.
    fn auth_context(
        &self,
        customer: CustomerId,
        principal: PrincipalId,
        prefetch: Prefetch,
    ) -> impl Future<Output = Result<AuthContext, Failure>> + Send;
}

/// The stored record of a request with an `Idempotency-Key`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IdempotencyRecord {
    /// A MAC of the body under a key that is derived from the platform's secret and the `Idempotency-Key`. It detects a request
    /// that reuses the `Idempotency-Key` with another body.
    pub body_mac: String,
    /// The response, encrypted under the key of the MAC. `None` while the request runs, or if the response was lost after the
    /// effect.
    #[serde(rename = "answer", default, skip_serializing_if = "Option::is_none")]
    pub encrypted_response: Option<String>,
    /// The account that the response is about, if the response is stored with that account and deleted with it.
    #[serde(rename = "tells_of", default, skip_serializing_if = "Option::is_none")]
    pub about_customer: Option<CustomerId>,
    /// Whether the effect of the request is committed.
    pub done: bool,
    /// The id of the lease on this record.
    #[serde(rename = "lease")]
    pub lease_id: String,
    pub lease_until: Timestamp,
}

/// The outcome of starting a request.
#[derive(Clone, Debug)]
pub enum BeginOutcome {
    /// No other request holds this key.
    Started,
    /// A record exists.
    Recorded(Box<IdempotencyRecord>),
    /// An earlier release recorded a request with this key.
    RecordedEarlier(Box<IdempotencyRecord>),
    /// The customer's status forbids new rows.
    GateClosed,
}

/// The key and the MAC of the record that an earlier release wrote for the same request. They do not depend on the platform's
/// secret. The records expire a day after the deployment; from then on nothing has to look for them.
#[derive(Clone, Copy, Debug)]
pub struct EarlierRecord<'a> {
    pub key: &'a str,
    pub body_mac: &'a str,
}

pub trait Idempotency: Send + Sync {
    /// Creates the record of a running request, unless a record of the last day exists that is done, has an unexpired lease, or
    /// belongs to another body. A record of an earlier release counts as well.
    fn begin(
        &self,
        idempotency_lease: &IdempotencyLease,
        body_mac: &str,
        earlier: EarlierRecord<'_>,
        now: Timestamp,
    ) -> impl Future<Output = Result<BeginOutcome, Failure>> + Send;

    /// Stores the response with the account that it is about.
    fn store_response(
        &self,
        idempotency_lease: &IdempotencyLease,
        about_customer: CustomerId,
        encrypted_response: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Removes the record of a request that had no effect.
    fn remove_record(
        &self,
        idempotency_lease: &IdempotencyLease,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}
