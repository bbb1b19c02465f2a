//! Sign-out: raises the agent's epoch, which revokes all its tokens. A delegate acts as the guest agent, so its sign-out also
//! revokes the tokens of the account's other delegates.

use custodian_domain::{Agent, Reason, Status};

use crate::context::Context;
use crate::failure::Failure;
use crate::ports::{AgentChange, AgentWriteOutcome, UpdateAgents};
use crate::retry::{Retry, RetryBudget};

pub async fn sign_out<S: UpdateAgents, E>(cx: &Context<S, E>, agent: Agent) -> Result<(), Failure> {
    let (mut before, mut retry) = (agent, Retry::new("the agent", RetryBudget::Short));
    loop {
        // The permission and the tags stay the same and no caller is required, so `LastAdmin`, `TagNotFound`, `KeysChanged` and
        // `CallerRevoked` cannot occur.
        let after = Agent { version: before.version + 1, epoch: before.epoch + 1, ..before.clone() };
        match cx.store.update_agent(AgentChange::new(&before, &after, Status::NOT_TERMINAL)).await? {
            AgentWriteOutcome::Done => return Ok(()),
            AgentWriteOutcome::GateClosed
            | AgentWriteOutcome::TokenUsed
            | AgentWriteOutcome::LastAdmin
            | AgentWriteOutcome::CallerRevoked => {
                return Err(Reason::InvalidCredentials.into());
            }
            AgentWriteOutcome::Stale | AgentWriteOutcome::TagNotFound | AgentWriteOutcome::KeysChanged => {}
        }
        retry.wait(&*cx.providers.entropy).await?;
        let reread = cx.store.agent(before.customer_id, before.id).await?;
        before = reread.ok_or(Reason::InvalidCredentials)?;
    }
}
