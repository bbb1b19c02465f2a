//! Leaving: what an administrator must confirm before the account is frozen or deleted at once.

use custodian_domain::fields::Fields;
use custodian_domain::lifecycle::Command;
use custodian_domain::{Agent, Customer, Reason, Refusal, Secret};
use serde_json::{Map, Value};

use crate::change::change;
use crate::context::Context;
use crate::failure::Failure;
use crate::ports::{Alarms, ChangeCustomers};
use crate::sign_in::password_matches;

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
    fn check(&self, agent: &Agent) -> Result<(), Refusal> {
        if self.phrase.as_deref().is_some_and(|phrase| phrase != PHRASE) {
            return Err(Reason::InvalidConfirmationPhrase.into());
        }
        if self.password.is_none() || (self.immediate && self.phrase.is_none()) {
            return Err(Reason::ConfirmationRequired.into());
        }
        if agent.password_hash.is_none() {
            return Err(Reason::PasswordNotSet.into());
        }
        Ok(())
    }
}

/// Freezes the caller's account, or deletes it at once.
pub async fn unregister<S: ChangeCustomers, E: Alarms>(
    cx: &Context<S, E>,
    customer: Customer,
    agent: &Agent,
    leaving: Leaving,
) -> Result<Customer, Failure> {
    leaving.check(agent)?;
    let password = leaving.password.ok_or(Reason::ConfirmationRequired)?;
    if !password_matches(password, agent.password_hash.clone()).await? {
        return Err(Reason::InvalidPassword.into());
    }
    if leaving.immediate && cx.now() < agent.password_trusted_from {
        return Err(Reason::ReauthenticationRequired.into());
    }
    let command =
        if leaving.immediate { Command::Delete } else { Command::Freeze { grace: cx.settings.grace } };
    change(cx, customer.id, Some(customer), command, None).await?.customer()
}
