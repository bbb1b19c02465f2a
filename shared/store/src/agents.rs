//! Agents: rows of their customer.

use custodian_app::Failure;
use custodian_app::ports::{
    AgentChange, AgentCreated, AgentWritten, CreateAgents, DeleteAgents, Part, ReadAgents, Rehash,
    UpdateAgents,
};
use custodian_domain::kinds::{self, TAGS};
use custodian_domain::note::Note;
use custodian_domain::{Agent, AgentId, CustomerId, Secret, Status, Timestamp};
use uuid::Uuid;

use crate::Store;
use crate::customers::Freed;
use crate::expr::Expr;
use crate::identifiers::{self, Claim};
use crate::item::{decode, decode_some, encode, s};
use crate::resources::{at_version, row_key};
use crate::retry::Patience;
use crate::schema::AGENTS;
use crate::transaction::{Transaction, Verdict, failed};
use crate::{outbox, tokens, usage};

#[derive(Clone, Copy, Debug)]
enum Guard {
    Gate,
    Row,
    Token,
    Admins,
    Username,
    Full,
    Tag,
}

const fn written(verdict: Verdict<Guard>) -> AgentWritten {
    match verdict {
        Ok(()) => AgentWritten::Done,
        Err(Guard::Gate) => AgentWritten::Closed,
        Err(Guard::Row | Guard::Username | Guard::Full) => AgentWritten::Lost,
        Err(Guard::Token) => AgentWritten::TokenGone,
        Err(Guard::Admins) => AgentWritten::LastAdmin,
        Err(Guard::Tag) => AgentWritten::NoSuchTag,
    }
}

fn tags_are_there<'a>(
    mut tx: Transaction<'a, Guard>,
    customer: CustomerId,
    tags: &[Uuid],
) -> Result<Transaction<'a, Guard>, Failure> {
    for tag in tags.iter().filter(|tag| !tag.is_nil()) {
        tx = tx.check(Guard::Tag, TAGS.table, row_key(customer, *tag), Expr::new("attribute_exists(#id)"))?;
    }
    Ok(tx)
}

impl ReadAgents for Store {
    async fn agent(&self, customer: CustomerId, id: AgentId) -> Result<Option<Agent>, Failure> {
        let call = self.client.get_item().table_name(self.table(AGENTS)).consistent_read(true);
        let answer = call.set_key(Some(row_key(customer, id.0))).send().await;
        decode_some(answer.map_err(|error| failed("the agents", &error))?.item)
    }

    async fn agents(
        &self,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
    ) -> Result<Part<Agent>, Failure> {
        self.owned_rows(AGENTS, customer, below, limit).await?.try_map(decode)
    }
}

impl UpdateAgents for Store {
    async fn update_agent(&self, change: AgentChange<'_>) -> Result<AgentWritten, Failure> {
        let after = change.after;
        let tx = Transaction::new(self, Patience::Request);
        let tx = usage::pass(tx, Guard::Gate, after.customer_id, after.id.0, change.statuses)?;
        let mut tx = tx.put(Guard::Row, AGENTS, encode(after)?, at_version(after.version - 1))?;
        if let Some(token) = change.burn {
            tx = tokens::burn(tx, Guard::Token, token.customer_id, token.purpose, &token.hash)?;
        }
        tx = outbox::tell(tx, Guard::Row, Note::updated(kinds::AGENTS.noun, change.before, after).as_ref())?;
        tx = tags_are_there(tx, after.customer_id, change.new_tags)?;
        tx = usage::count_admins(tx, Guard::Admins, after.customer_id, change.admins)?;
        Ok(written(tx.run().await?))
    }
}

impl Rehash for Store {
    async fn rehash(&self, agent: &Agent, hash: &Secret) -> Result<(), Failure> {
        let Some(old) = &agent.password_hash else { return Ok(()) };
        let update = Expr::new("SET #password_hash = :new").with(":new", s(hash.expose()));
        let unchanged = Expr::new("#password_hash = :old").with(":old", s(old.expose()));
        let row = row_key(agent.customer_id, agent.id.0);
        self.update_if(AGENTS, row, update, unchanged).await.map(|_| ())
    }
}

impl CreateAgents for Store {
    async fn create_agent(&self, agent: &Agent) -> Result<AgentCreated, Failure> {
        let name = identifiers::username(&agent.username);
        let mut gone_owner = None;
        loop {
            match self.try_create_agent(agent, &name, gone_owner).await? {
                Ok(()) => return Ok(AgentCreated::Done),
                Err(Guard::Gate) => return Ok(AgentCreated::Closed),
                Err(Guard::Full) => return Ok(AgentCreated::Full),
                Err(Guard::Tag) => return Ok(AgentCreated::NoSuchTag),
                Err(Guard::Username) => match self.freed(&name, agent.tm_create).await? {
                    Freed::FromGone(owner) if gone_owner != Some(owner) => gone_owner = Some(owner),
                    _ => return Ok(AgentCreated::UsernameTaken),
                },
                Err(_) => return Err(Failure::unavailable("a new id", "in use already")),
            }
        }
    }
}

impl Store {
    async fn try_create_agent(
        &self,
        agent: &Agent,
        name: &str,
        gone_owner: Option<CustomerId>,
    ) -> Result<Verdict<Guard>, Failure> {
        let owner = agent.customer_id;
        let tx = Transaction::new(self, Patience::Request);
        let tx = usage::pass(tx, Guard::Gate, owner, agent.id.0, &[Status::Active])?;
        let claim = Claim { name, owner, agent: Some(agent.id), gone_owner };
        let tx = identifiers::claim(tx, Guard::Username, &claim)?;
        let tx = tx.put(Guard::Row, AGENTS, encode(agent)?, Expr::new("attribute_not_exists(#id)"))?;
        let tx = usage::count_up(tx, Guard::Full, owner, AGENTS)?;
        let tx = tags_are_there(tx, owner, &agent.tag_ids)?;
        let tx = outbox::tell(tx, Guard::Row, Some(&Note::created(kinds::AGENTS.noun, agent)))?;
        let admins = i8::from(agent.stays());
        usage::count_admins(tx, Guard::Admins, owner, admins)?.run().await
    }
}

impl DeleteAgents for Store {
    async fn delete_agent(&self, agent: &Agent, now: Timestamp) -> Result<AgentWritten, Failure> {
        let owner = agent.customer_id;
        let tx = Transaction::new(self, Patience::Request);
        let tx = usage::pass(tx, Guard::Gate, owner, agent.id.0, &[Status::Active])?;
        let admins = -i8::from(agent.stays());
        let tx = usage::count_admins(tx, Guard::Admins, owner, admins)?;
        let tx = tx.delete(Guard::Row, AGENTS, row_key(owner, agent.id.0), at_version(agent.version))?;
        let tx = usage::count_down(tx, Guard::Row, owner, AGENTS)?;
        let tx = outbox::tell(tx, Guard::Row, Some(&Note::deleted(kinds::AGENTS.noun, agent, now)))?;
        let name = identifiers::username(&agent.username);
        Ok(written(identifiers::release(tx, Guard::Username, &name, owner)?.run().await?))
    }
}
