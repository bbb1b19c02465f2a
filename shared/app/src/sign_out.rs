//! Logging out: every token of the agent is dead.

use custodian_domain::{Agent, Reason};

use crate::context::Context;
use crate::failure::Failure;
use crate::password::LIVING;
use crate::ports::{AgentChange, AgentWritten, UpdateAgents};
use crate::retry::{Patience, Race};

pub async fn sign_out<S: UpdateAgents, E>(cx: &Context<S, E>, agent: Agent) -> Result<(), Failure> {
    let (mut before, mut race) = (agent, Race::new("the agent", Patience::Request));
    loop {
        let after = Agent { version: before.version + 1, epoch: before.epoch + 1, ..before.clone() };
        match cx
            .store
            .update_agent(AgentChange {
                before: &before,
                after: &after,
                statuses: LIVING,
                burn: None,
                new_tags: &[],
                admins: 0,
            })
            .await?
        {
            AgentWritten::Done => return Ok(()),
            AgentWritten::Closed | AgentWritten::TokenGone | AgentWritten::LastAdmin => {
                return Err(Reason::InvalidCredentials.into());
            }
            AgentWritten::Lost | AgentWritten::NoSuchTag => {}
        }
        race.again(&*cx.sources.entropy).await?;
        let reread = cx.store.agent(before.customer_id, before.id).await?;
        before = reread.ok_or(Reason::InvalidCredentials)?;
    }
}
