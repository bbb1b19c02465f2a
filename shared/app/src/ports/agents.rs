//! Agents, and what is noted of those who act for them.

use std::future::Future;

use custodian_domain::{Agent, AgentId, CustomerId, Secret, Status, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::failure::Failure;
use crate::ports::MailToken;
use crate::ports::Written;
use crate::ports::{Part, ReadCustomers};

pub trait ReadAgents: ReadCustomers {
    fn agent(
        &self,
        customer: CustomerId,
        id: AgentId,
    ) -> impl Future<Output = Result<Option<Agent>, Failure>> + Send;

    /// Agents below `below`, at most `limit`.
    fn agents(
        &self,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
    ) -> impl Future<Output = Result<Part<Agent>, Failure>> + Send;
}

/// The next version of an agent, with what is stored in the same transaction.
#[derive(Clone, Copy, Debug)]
pub struct AgentChange<'a> {
    pub before: &'a Agent,
    pub after: &'a Agent,
    /// The customer's statuses in which this may be done.
    pub statuses: &'static [Status],
    /// The mailed token that is used up by it.
    pub burn: Option<&'a MailToken>,
    /// Tags that the agent did not have before, and that have to be there.
    pub new_tags: &'a [Uuid],
    /// By how many the account has more administrators afterwards: at most one more or less.
    pub admins: i8,
}

pub trait UpdateAgents: ReadAgents {
    /// Stores the next version of an agent, if its version is still the one before.
    fn update_agent(
        &self,
        change: AgentChange<'_>,
    ) -> impl Future<Output = Result<AgentWritten, Failure>> + Send;
}

/// What became of a write to an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentWritten {
    Done,
    Lost,
    Closed,
    TokenGone,
    /// It would leave the account without an administrator.
    LastAdmin,
    /// A tag is not there.
    NoSuchTag,
}

pub trait Rehash: Send + Sync {
    /// Replaces an agent's hash by one of the same password, if it is still the one that was read.
    fn rehash(&self, agent: &Agent, hash: &Secret) -> impl Future<Output = Result<(), Failure>> + Send;
}

pub trait CreateAgents: ReadAgents {
    fn create_agent(&self, agent: &Agent) -> impl Future<Output = Result<AgentCreated, Failure>> + Send;
}

/// What became of a new agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentCreated {
    Done,
    UsernameTaken,
    Closed,
    /// There are as many as the plan allows.
    Full,
    /// A tag is not there.
    NoSuchTag,
}

pub trait DeleteAgents: ReadAgents {
    /// Removes an agent, if its version is still this one; its username is free then.
    fn delete_agent(
        &self,
        agent: &Agent,
        now: Timestamp,
    ) -> impl Future<Output = Result<AgentWritten, Failure>> + Send;
}

/// That a platform admin acted as a customer's guest, and why. It goes with the account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Audit {
    pub customer_id: CustomerId,
    pub id: Uuid,
    pub operator: AgentId,
    pub reason: String,
    pub tm_create: Timestamp,
}

pub trait Audits: Send + Sync {
    fn note(&self, audit: &Audit) -> impl Future<Output = Result<Written, Failure>> + Send;
}
