//! Creating agents, and claiming their usernames.

use custodian_app::Failure;
use custodian_app::ports::{AgentAvailability, AgentCreateOutcome, CreateAgents};
use custodian_app::request_origin::AuditedAction;
use custodian_app::retry::{Retry, RetryBudget};
use custodian_domain::email::is_email;
use custodian_domain::kinds;
use custodian_domain::outbox_record::OutboxRecord;
use custodian_domain::{Agent, CustomerId, Principal, Status};

use crate::Store;
use crate::agent_tags::require_tags;
use crate::caller::require_caller;
use crate::claims::{self, Claim};
use crate::expr::Expr;
use crate::identifiers::{self, IdentifierRow, NameAvailability, Strength};
use crate::item::encode;
use crate::schema::{AGENTS, IDENTIFIERS, USAGE};
use crate::transaction::{Transaction, TransactionResult};
use crate::{audit_log, counters, outbox, usage, usage_rows};

/// Claims of other accounts that do not block a new agent's username. The agent's claim replaces only that in `username`.
#[derive(Clone, Copy, Default)]
struct PreviousClaims {
    username: Option<IdentifierRow>,
    username_as_email: Option<IdentifierRow>,
}

/// The conditions of the transaction that creates an agent.
#[derive(Clone, Copy, Debug)]
enum NewAgentCondition {
    Gate,
    /// The caller has not been revoked since it was read.
    Caller,
    Username,
    /// The username is not the confirmed e-mail address of another account.
    UsernameAsEmail,
    LimitReached,
    Tag,
    /// No row has the new ids. For a new administrator, also: the account's counter of administrators exists.
    Id,
}

impl CreateAgents for Store {
    async fn agent_availability(
        &self,
        customer: CustomerId,
        username: &str,
    ) -> Result<AgentAvailability, Failure> {
        let email = Some(identifiers::email(username)).filter(|_| is_email(username));
        let names = [Some(identifiers::username(username)), email].into_iter().flatten();
        let names = names.map(|name| identifiers::main_key(&name)).collect();
        let counter = vec![usage_rows::counter_key(customer, AGENTS)];
        let mut rows = self.batch_get(vec![(USAGE, counter), (IDENTIFIERS, names)]).await?;
        if rows.remove(&self.table(USAGE)).unwrap_or_default().iter().any(counters::is_at_limit) {
            return Ok(AgentAvailability::LimitReached);
        }
        for item in rows.into_values().flatten() {
            let Some(name) = identifiers::conflicting_name(customer, item)? else { continue };
            if self.name_availability(&name, Strength::Unconfirmed).await? == NameAvailability::Taken {
                return Ok(AgentAvailability::UsernameTaken);
            }
        }
        Ok(AgentAvailability::Available)
    }

    async fn create_agent(&self, agent: &Agent, caller: &Principal) -> Result<AgentCreateOutcome, Failure> {
        let (mut previous, mut retry) =
            (PreviousClaims::default(), Retry::new("the username", RetryBudget::Short));
        loop {
            let (name, slot) = match self.try_create_agent(agent, caller, previous).await? {
                Ok(()) => return Ok(AgentCreateOutcome::Done),
                Err(NewAgentCondition::Gate) => return Ok(AgentCreateOutcome::GateClosed),
                Err(NewAgentCondition::LimitReached) => return Ok(AgentCreateOutcome::LimitReached),
                Err(NewAgentCondition::Tag) => return Ok(AgentCreateOutcome::TagNotFound),
                Err(NewAgentCondition::Caller) => return Ok(AgentCreateOutcome::CallerRevoked),
                Err(NewAgentCondition::Username) => {
                    (identifiers::username(&agent.username), &mut previous.username)
                }
                Err(NewAgentCondition::UsernameAsEmail) => {
                    (identifiers::email(&agent.username), &mut previous.username_as_email)
                }
                Err(NewAgentCondition::Id) => {
                    return Err(Failure::unavailable("a new id", "is already in use"));
                }
            };
            match self.name_availability(&name, Strength::Unconfirmed).await? {
                NameAvailability::Replaceable(row) if *slot != Some(row) => *slot = Some(row),
                NameAvailability::Free => retry.wait(&*self.entropy).await?,
                _ => return Ok(AgentCreateOutcome::UsernameTaken),
            }
        }
    }
}

impl Store {
    async fn try_create_agent(
        &self,
        agent: &Agent,
        caller: &Principal,
        previous: PreviousClaims,
    ) -> Result<TransactionResult<NewAgentCondition>, Failure> {
        let owner = agent.customer_id;
        let tx = Transaction::new(self, RetryBudget::Short);
        let tx = usage::require_status(tx, NewAgentCondition::Gate, owner, agent.id.0, &[Status::Active])?;
        let tx = require_caller(tx, NewAgentCondition::Caller, caller, agent.tm_create)?;
        let name = &identifiers::username(&agent.username);
        let claim = Claim {
            name,
            owner,
            agent: Some(agent.id),
            row_id: None,
            confirmed: None,
            previous: previous.username,
        };
        let mut tx = claims::claim(tx, NewAgentCondition::Username, &claim)?;
        if is_email(&agent.username) {
            let (condition, name) = (NewAgentCondition::UsernameAsEmail, identifiers::email(&agent.username));
            tx = claims::require_unconfirmed(tx, condition, &name, owner, previous.username_as_email)?;
        }
        let tx =
            tx.put(NewAgentCondition::Id, AGENTS, encode(agent)?, Expr::new("attribute_not_exists(#id)"))?;
        let tx = counters::count_up(tx, NewAgentCondition::LimitReached, owner, AGENTS)?;
        let tx = require_tags(tx, NewAgentCondition::Tag, owner, &agent.tag_ids)?;
        let created = OutboxRecord::created(kinds::AGENTS.noun, agent);
        let tx = outbox::record(tx, NewAgentCondition::Id, Some(&created))?;
        let tx = audit_log::record(tx, NewAgentCondition::Id, AuditedAction::of_row(&created))?;
        let admins = i8::from(agent.counts_as_admin());
        counters::count_admins(tx, NewAgentCondition::Id, owner, admins)?.run().await
    }
}
