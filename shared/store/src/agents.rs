//! Agents: reading, updating and deleting them.

use custodian_app::Failure;
use custodian_app::ports::{
    AgentChange, AgentWriteOutcome, DeleteAgents, KeysToRevoke, QueryPage, ReadAgents, RecordSignIns,
    UpdateAgents,
};
use custodian_app::request_origin::AuditedAction;
use custodian_app::retry::RetryBudget;
use custodian_domain::agent::KnownNetwork;
use custodian_domain::kinds;
use custodian_domain::outbox_record::OutboxRecord;
use custodian_domain::{Agent, AgentId, CustomerId, Secret, Status, Timestamp};
use uuid::Uuid;

use crate::Store;
use crate::agent_tags::require_tags;
use crate::aws_failure::aws_failure;
use crate::caller::require_caller;
use crate::expr::Expr;
use crate::item::{decode, decode_some, encode, n, s};
use crate::resources::{row_key, version_is};
use crate::schema::AGENTS;
use crate::transaction::{Transaction, TransactionResult};
use crate::{access_keys, audit_log, claims, counters, identifiers, notices, outbox, tokens, usage};

/// The conditions of a write to an agent.
#[derive(Clone, Copy, Debug)]
enum AgentCondition {
    Gate,
    Row,
    Token,
    Admins,
    Username,
    Tag,
    /// The account's keys are those that were listed.
    Keys,
    /// The caller has not been revoked since it was read.
    Caller,
}

/// The condition that the version and the former username of an agent are as they were read.
pub(crate) fn unchanged(before: &Agent) -> Expr {
    let former = before.former_username.as_deref();
    notices::former_value_is("#version = :version", "former_username", former)
        .with(":version", n(before.version))
}

/// Writes the next version of an agent, if the agent is `unchanged`.
pub(crate) fn replace<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    before: &Agent,
    after: &Agent,
) -> Result<Transaction<'a, C>, Failure> {
    let rows = (&encode(before)?, &encode(after)?);
    tx.replace(on_failure, AGENTS, row_key(after.customer_id, after.id.0), rows, unchanged(before))
}

const fn write_outcome(result: TransactionResult<AgentCondition>) -> AgentWriteOutcome {
    match result {
        Ok(()) => AgentWriteOutcome::Done,
        Err(AgentCondition::Gate) => AgentWriteOutcome::GateClosed,
        Err(AgentCondition::Row | AgentCondition::Username) => AgentWriteOutcome::Stale,
        Err(AgentCondition::Token) => AgentWriteOutcome::TokenUsed,
        Err(AgentCondition::Admins) => AgentWriteOutcome::LastAdmin,
        Err(AgentCondition::Tag) => AgentWriteOutcome::TagNotFound,
        Err(AgentCondition::Keys) => AgentWriteOutcome::KeysChanged,
        Err(AgentCondition::Caller) => AgentWriteOutcome::CallerRevoked,
    }
}

impl ReadAgents for Store {
    async fn agent(&self, customer: CustomerId, id: AgentId) -> Result<Option<Agent>, Failure> {
        let request = self.client.get_item().table_name(self.table(AGENTS)).consistent_read(true);
        let response = request.set_key(Some(row_key(customer, id.0))).send().await;
        decode_some(response.map_err(|error| aws_failure("the agents", &error))?.item)
    }

    async fn agents(
        &self,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
    ) -> Result<QueryPage<Agent>, Failure> {
        self.owned_rows(AGENTS, customer, below, limit).await?.try_map(decode)
    }
}

impl UpdateAgents for Store {
    async fn update_agent(&self, change: AgentChange<'_>) -> Result<AgentWriteOutcome, Failure> {
        let after = change.after;
        let tx = Transaction::new(self, RetryBudget::Short);
        let tx =
            usage::require_status(tx, AgentCondition::Gate, after.customer_id, after.id.0, change.statuses)?;
        let mut tx = replace(tx, AgentCondition::Row, change.before, after)?;
        if let Some(caller) = change.caller {
            tx = require_caller(tx, AgentCondition::Caller, caller, after.tm_update)?;
        }
        if let Some(token) = change.used_token {
            tx = tokens::consume(tx, AgentCondition::Token, token.customer_id, token.purpose, &token.hash)?;
        }
        tx = outbox::record(
            tx,
            AgentCondition::Row,
            OutboxRecord::updated(kinds::AGENTS.noun, change.before, after).as_ref(),
        )?;
        if let Some(action) = AuditedAction::of_agent_change(&change) {
            tx = audit_log::record(tx, AgentCondition::Row, action)?;
        }
        tx = require_tags(tx, AgentCondition::Tag, after.customer_id, change.new_tags)?;
        tx = counters::count_admins(tx, AgentCondition::Admins, after.customer_id, change.admin_delta)?;
        if let Some(revoked) = change.revoked {
            let (owner, now) = (after.customer_id, after.tm_update);
            tx = access_keys::revoke(tx, AgentCondition::Keys, owner, revoked, now)?;
        }
        Ok(write_outcome(tx.run().await?))
    }
}

impl RecordSignIns for Store {
    // The password is the same, so the update needs no gate, no new version and no outbox record. The condition requires that
    // the row exists.
    async fn rehash(&self, agent: &Agent, hash: &Secret) -> Result<(), Failure> {
        let Some(old) = &agent.password_hash else { return Ok(()) };
        let update = Expr::new("SET #password_hash = :new").with(":new", s(hash.expose()));
        let unchanged = Expr::new("#password_hash = :old").with(":old", s(old.expose()));
        let row = row_key(agent.customer_id, agent.id.0);
        self.update_if(AGENTS, row, update, unchanged).await.map(|_| ())
    }

    async fn record_networks(&self, agent: &Agent, networks: &[KnownNetwork]) -> Result<(), Failure> {
        let networks = serde_dynamo::to_attribute_value(networks)
            .map_err(|cause| Failure::unavailable("the encoding of networks", cause))?;
        let update = Expr::new("SET #networks = :networks").with(":networks", networks);
        let row = row_key(agent.customer_id, agent.id.0);
        self.update_if(AGENTS, row, update, version_is(agent.version)).await.map(|_| ())
    }
}

impl DeleteAgents for Store {
    async fn delete_agent(
        &self,
        agent: &Agent,
        revoked: Option<&KeysToRevoke>,
        now: Timestamp,
    ) -> Result<AgentWriteOutcome, Failure> {
        let name = identifiers::stored_username(&agent.username);
        let holder = match self.try_delete_agent(agent, Some(&name), revoked, now).await? {
            Err(AgentCondition::Username) => self.identifier(&name).await?,
            result => return Ok(write_outcome(result)),
        };
        // A restored agent may lack its username, so there is nothing to release.
        if holder.is_some_and(|row| row.owner == agent.customer_id) {
            return Ok(AgentWriteOutcome::Stale);
        }
        Ok(write_outcome(self.try_delete_agent(agent, None, revoked, now).await?))
    }
}

impl Store {
    /// Deletes an agent, and releases `username`, the identifier of its username, if one is given.
    async fn try_delete_agent(
        &self,
        agent: &Agent,
        username: Option<&str>,
        revoked: Option<&KeysToRevoke>,
        now: Timestamp,
    ) -> Result<TransactionResult<AgentCondition>, Failure> {
        let owner = agent.customer_id;
        let tx = Transaction::new(self, RetryBudget::Short);
        let tx = usage::require_status(tx, AgentCondition::Gate, owner, agent.id.0, &[Status::Active])?;
        let admins = -i8::from(agent.counts_as_admin());
        let tx = counters::count_admins(tx, AgentCondition::Admins, owner, admins)?;
        let tx =
            tx.delete(AgentCondition::Row, AGENTS, row_key(owner, agent.id.0), version_is(agent.version))?;
        let tx = counters::count_down(tx, AgentCondition::Row, owner, AGENTS)?;
        let deleted = OutboxRecord::deleted(kinds::AGENTS.noun, agent, now);
        let tx = outbox::record(tx, AgentCondition::Row, Some(&deleted))?;
        let mut tx =
            audit_log::record(tx, AgentCondition::Row, AuditedAction::of_row(&deleted).with_keys(revoked))?;
        if let Some(name) = username {
            tx = claims::release(tx, AgentCondition::Username, name, owner)?;
        }
        if let Some(revoked) = revoked {
            tx = access_keys::revoke(tx, AgentCondition::Keys, owner, revoked, now)?;
        }
        tx.run().await
    }
}
