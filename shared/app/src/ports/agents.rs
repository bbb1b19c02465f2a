//! Agents, and the audit log of accounts.

use std::future::Future;

use custodian_domain::agent::KnownNetwork;
use custodian_domain::audit::AuditEntry;
use custodian_domain::{Agent, AgentId, CustomerId, Principal, Secret, Status, Timestamp};
use uuid::Uuid;

use crate::failure::Failure;
use crate::ports::KeysToRevoke;
use crate::ports::MailToken;
use crate::ports::WriteOutcome;
use crate::ports::{QueryPage, ReadCustomers};
use crate::request_origin::AuditedAction;

pub trait ReadAgents: ReadCustomers {
    fn agent(
        &self,
        customer: CustomerId,
        id: AgentId,
    ) -> impl Future<Output = Result<Option<Agent>, Failure>> + Send;

    /// Agents whose id is below `below`, at most `limit`.
    fn agents(
        &self,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
    ) -> impl Future<Output = Result<QueryPage<Agent>, Failure>> + Send;
}

/// The next version of an agent, and the conditions and writes of the same transaction.
#[derive(Clone, Copy, Debug)]
pub struct AgentChange<'a> {
    pub before: &'a Agent,
    pub after: &'a Agent,
    /// The statuses of the customer in which the change is permitted.
    pub statuses: &'static [Status],
    /// The mailed token that the change uses up.
    pub used_token: Option<&'a MailToken>,
    /// The tags that the change adds. They must exist.
    pub new_tags: &'a [Uuid],
    /// The change in the number of the account's administrators: -1, 0 or 1.
    pub admin_delta: i8,
    /// The keys that the change revokes.
    pub revoked: Option<&'a KeysToRevoke>,
    /// The caller, if it must not have been revoked since it was read.
    pub caller: Option<&'a Principal>,
}

impl<'a> AgentChange<'a> {
    /// A change without the optional parts.
    pub const fn new(before: &'a Agent, after: &'a Agent, statuses: &'static [Status]) -> Self {
        Self {
            before,
            after,
            statuses,
            used_token: None,
            new_tags: &[],
            admin_delta: 0,
            revoked: None,
            caller: None,
        }
    }
}

pub trait UpdateAgents: ReadAgents {
    /// Stores the next version of an agent. It fails if the row changed since it was read.
    fn update_agent(
        &self,
        change: AgentChange<'_>,
    ) -> impl Future<Output = Result<AgentWriteOutcome, Failure>> + Send;
}

/// The outcome of a write to an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentWriteOutcome {
    Done,
    Stale,
    GateClosed,
    TokenUsed,
    /// The change would leave the account without an administrator other than the guest agent.
    LastAdmin,
    /// A tag does not exist.
    TagNotFound,
    /// The account's keys changed since the keys to revoke were listed.
    KeysChanged,
    /// The caller was revoked since it was read.
    CallerRevoked,
}

/// The updates that a sign-in makes to its agent. Each changes a single attribute and keeps the row's version.
pub trait RecordSignIns: Send + Sync {
    /// Replaces an agent's password hash with another hash of the same password, unless the hash changed since it was read.
    fn rehash(&self, agent: &Agent, hash: &Secret) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Stores the networks that an agent signed in from, unless the agent's version changed since it was read.
    fn record_networks(
        &self,
        agent: &Agent,
        networks: &[KnownNetwork],
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

pub trait CreateAgents: ReadAgents {
    /// Whether the account may have another agent, with this username. The answer may be outdated when the agent is created, so
    /// the creation checks both again.
    fn agent_availability(
        &self,
        customer: CustomerId,
        username: &str,
    ) -> impl Future<Output = Result<AgentAvailability, Failure>> + Send;

    fn create_agent(
        &self,
        agent: &Agent,
        caller: &Principal,
    ) -> impl Future<Output = Result<AgentCreateOutcome, Failure>> + Send;
}

/// Whether an agent can be created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentAvailability {
    Available,
    UsernameTaken,
    /// The account has as many agents as its plan allows.
    LimitReached,
}

/// The outcome of creating an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentCreateOutcome {
    Done,
    UsernameTaken,
    GateClosed,
    /// The account has as many agents as its plan allows.
    LimitReached,
    /// A tag does not exist.
    TagNotFound,
    /// The caller was revoked since it was read.
    CallerRevoked,
}

pub trait DeleteAgents: ReadAgents {
    /// Deletes an agent and the keys to revoke with it, and frees its username. It fails if the row changed since it was read.
    fn delete_agent(
        &self,
        agent: &Agent,
        revoked: Option<&KeysToRevoke>,
        now: Timestamp,
    ) -> impl Future<Output = Result<AgentWriteOutcome, Failure>> + Send;
}

pub trait AuditLog: Send + Sync {
    /// Records an action that changes no other row of the account, such as a delegation, before its effect. The entry does not mark
    /// the request's idempotency record as done: if the effect fails, a repetition tries it again.
    fn record_action(
        &self,
        action: AuditedAction,
    ) -> impl Future<Output = Result<WriteOutcome, Failure>> + Send;
}

pub trait ReadAuditLog: Send + Sync {
    /// Entries of an account's audit log whose id is below `below`, newest first, at most `limit`.
    fn audit_entries(
        &self,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
    ) -> impl Future<Output = Result<QueryPage<AuditEntry>, Failure>> + Send;
}
