//! Leaving: what an administrator must confirm before the account is frozen or deleted at once.

use custodian_domain::fields::Fields;
use custodian_domain::lifecycle::Command;
use custodian_domain::profile::folded;
use custodian_domain::{Actor, Agent, Customer, Reason, Refusal, Secret};
use futures::future::join;
use serde_json::{Map, Value};

use crate::change::change;
use crate::context::Context;
use crate::failure::Failure;
use crate::ports::{Alarms, ChangeCustomers, Throttles};
use crate::sign_in::password_matches;
use crate::throttle::{Attempt, attempt, password_of};

/// The phrase that confirms, to the letter.
const PHRASE: &str = "DELETE";

/// The body of `POST /auth/unregister`.
#[derive(Debug)]
pub struct Leaving {
    password: Option<Secret>,
    phrase: Option<String>,
    immediate: bool,
}

impl Leaving {
    pub fn read(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let leaving = Self {
            password: fields.text("password", 4 * 128).filter(|text| !text.is_empty()).map(Secret::new),
            phrase: fields.text("confirmation_phrase", 255).filter(|text| !text.is_empty()),
            immediate: fields.boolean("immediate").unwrap_or(false),
        };
        fields.finish(leaving)
    }

    /// Everything but the password itself: what is missing or misspelt is a 400 whoever asks.
    fn check(&self) -> Result<(), Refusal> {
        match self.phrase.as_deref() {
            Some(PHRASE) => Ok(()),
            Some(_) => Err(Reason::InvalidConfirmationPhrase.into()),
            None if self.immediate => Err(Reason::ConfirmationRequired.into()),
            None => Ok(()),
        }
    }

    /// What a caller has to confirm with: an agent by its password, a key, which has none, by the phrase. Answers the attempt
    /// at the password, which succeeded.
    async fn confirm<S: Throttles, E>(
        &self,
        cx: &Context<S, E>,
        actor: &Actor,
        address: &str,
    ) -> Result<Option<Attempt>, Failure> {
        match actor {
            Actor::Agent(agent) => self.confirm_by_password(cx, agent, address).await.map(Some),
            Actor::Delegate { .. } => Err(Reason::PermissionDenied.into()),
            Actor::Key(_) if self.immediate => Err(Reason::ReauthenticationRequired.into()),
            Actor::Key(_) if self.phrase.is_none() => Err(Reason::ConfirmationRequired.into()),
            Actor::Key(_) => Ok(None),
        }
    }

    /// A wrong password counts as one at login does.
    async fn confirm_by_password<S: Throttles, E>(
        &self,
        cx: &Context<S, E>,
        agent: &Agent,
        address: &str,
    ) -> Result<Attempt, Failure> {
        let password = self.password.clone().ok_or(Reason::ConfirmationRequired)?;
        let stored = agent.password_hash.clone().ok_or(Reason::PasswordNotSet)?;
        let attempt = attempt(cx, &password_of(&folded(&agent.username), address)).await?;
        if !password_matches(password, Some(stored)).await? {
            return Err(Reason::InvalidPassword.into());
        }
        if self.immediate && cx.now() < agent.password_trusted_from {
            attempt.take_back(cx).await;
            return Err(Reason::ReauthenticationRequired.into());
        }
        Ok(attempt)
    }
}

/// Freezes the caller's account, or deletes it at once. `address` is the caller's network address.
pub async fn unregister<S: ChangeCustomers + Throttles, E: Alarms>(
    cx: &Context<S, E>,
    customer: Customer,
    actor: &Actor,
    leaving: Leaving,
    address: &str,
) -> Result<Customer, Failure> {
    leaving.check()?;
    let attempt = leaving.confirm(cx, actor, address).await?;
    let command =
        if leaving.immediate { Command::Delete } else { Command::Freeze { grace: cx.settings.grace } };
    let take_back = async {
        if let Some(attempt) = attempt {
            attempt.take_back(cx).await;
        }
    };
    // At the same time, which spares a round trip.
    let (left, ()) = join(change(cx, customer.id, Some(customer), command, None), take_back).await;
    left?.customer()
}
