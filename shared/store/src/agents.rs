//! Agents: rows of their customer.

use custodian_app::Failure;
use custodian_app::ports::{AgentChange, AgentWritten, ReadAgents, UpdateAgents};
use custodian_domain::{Agent, AgentId, CustomerId};
use uuid::Uuid;

use crate::Store;
use crate::item::{decode, decode_some, encode};
use crate::resources::{at_version, row_key};
use crate::retry::Patience;
use crate::schema::AGENTS;
use crate::transaction::{Transaction, failed};
use crate::{tokens, usage};

#[derive(Clone, Copy, Debug)]
enum Guard {
    Gate,
    Row,
    Token,
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
    ) -> Result<Vec<Agent>, Failure> {
        self.owned_rows(AGENTS, customer, below, limit).await?.into_iter().map(decode).collect()
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
        Ok(match tx.run().await? {
            Ok(()) => AgentWritten::Done,
            Err(Guard::Gate) => AgentWritten::Closed,
            Err(Guard::Row) => AgentWritten::Lost,
            Err(Guard::Token) => AgentWritten::TokenGone,
        })
    }
}
