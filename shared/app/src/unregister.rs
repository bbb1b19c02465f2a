//! Unregistration: an administrator or an access key confirms it, and the account is frozen or deleted at once.
//! A dry run shows beforehand what would be deleted, and when.

use custodian_domain::credentials::MAX_ENTERED_PASSWORD;
use custodian_domain::fields::Fields;
use custodian_domain::lifecycle::{Command, Decision, decide};
use custodian_domain::{Agent, CallerMessage, Customer, Initiator, Principal, Reason, Refusal, Secret};
use futures::future::join;
use serde_json::{Map, Value};

use crate::change::change;
use crate::context::Context;
use crate::deletion_preview::{DeletionPreview, MAX_NUMBERS};
use crate::failure::Failure;
use crate::ports::{ChangeCustomers, CountRowsToDelete, Scheduler, Throttle};
use crate::rate_limits::confirmation_quotas;
use crate::sign_in::password_matches;
use crate::throttle::{Reservation, reserve};

/// The exact confirmation phrase.
const CONFIRMATION_PHRASE: &str = "DELETE";

/// The bytes of a row that is counted, as an estimate.
const COUNTED_ROW_BYTES: u64 = 256;

/// The body of `POST /auth/unregister`.
#[derive(Debug)]
pub struct UnregisterRequest {
    password: Option<Secret>,
    phrase: Option<String>,
    immediate: bool,
    dry_run: bool,
}

impl UnregisterRequest {
    pub fn read(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let request = Self {
            password: fields
                .text("password", MAX_ENTERED_PASSWORD)
                .filter(|text| !text.is_empty())
                .map(Secret::new),
            phrase: fields.text("confirmation_phrase", 255).filter(|text| !text.is_empty()),
            immediate: fields.boolean("immediate").unwrap_or(false),
            dry_run: fields.boolean("dry_run").unwrap_or(false),
        };
        fields.finish(request)
    }

    /// Whether the caller only asks what would happen.
    pub const fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    const fn command<S, E>(&self, cx: &Context<S, E>) -> Command {
        if self.immediate {
            Command::Delete(Initiator::Owner)
        } else {
            Command::Freeze { grace: cx.settings.grace }
        }
    }

    /// Checks the confirmation phrase, before the password. An error has the same reason for every principal.
    fn check(&self, principal: &Principal) -> Result<(), Refusal> {
        match self.phrase.as_deref() {
            Some(CONFIRMATION_PHRASE) => Ok(()),
            Some(_) => Err(Reason::InvalidConfirmationPhrase.into()),
            None if self.immediate => Err(confirmation_required(principal)),
            None => Ok(()),
        }
    }

    /// Checks the confirmation: an agent confirms with its password, an access key with the phrase. Returns the reserved
    /// quota of the successful password attempt.
    async fn confirm<S: Throttle, E>(
        &self,
        cx: &Context<S, E>,
        principal: &Principal,
        client_ip: &str,
    ) -> Result<Option<Reservation>, Failure> {
        match principal {
            Principal::Agent { agent, .. } => self.confirm_by_password(cx, agent, client_ip).await.map(Some),
            Principal::Delegate { .. } => Err(Reason::PermissionDenied.into()),
            Principal::Key(_) if self.immediate => {
                Err(Refusal::with_message(CallerMessage::KeyImmediateDeletion).into())
            }
            Principal::Key(_) if self.phrase.is_none() => Err(confirmation_required(principal).into()),
            Principal::Key(_) => Ok(None),
        }
    }

    /// Wrong passwords of the agent and from the client IP address are limited.
    async fn confirm_by_password<S: Throttle, E>(
        &self,
        cx: &Context<S, E>,
        agent: &Agent,
        client_ip: &str,
    ) -> Result<Reservation, Failure> {
        let password = self.password.clone().ok_or(Reason::ConfirmationRequired)?;
        let stored = agent.password_hash.clone().ok_or(Reason::PasswordNotSet)?;
        let reservation = reserve(cx, &confirmation_quotas(&agent.id.to_string(), client_ip)).await?;
        if !password_matches(password, Some(stored)).await? {
            reservation.fail(cx).await;
            return Err(Reason::InvalidPassword.into());
        }
        if self.immediate && cx.now() < agent.password_trusted_from {
            reservation.release(cx).await;
            return Err(Reason::ReauthenticationRequired.into());
        }
        Ok(reservation)
    }
}

fn confirmation_required(principal: &Principal) -> Refusal {
    match principal {
        Principal::Key(_) => Refusal::with_message(CallerMessage::KeyConfirmation),
        _ => Reason::ConfirmationRequired.into(),
    }
}

/// Freezes the caller's account, or deletes it at once. `client_ip` is the caller's IP address.
pub async fn unregister<S: ChangeCustomers + Throttle, E: Scheduler>(
    cx: &Context<S, E>,
    customer: Customer,
    principal: &Principal,
    request: UnregisterRequest,
    client_ip: &str,
) -> Result<Customer, Failure> {
    request.check(principal)?;
    let reservation = request.confirm(cx, principal, client_ip).await?;
    let command = request.command(cx);
    let release = async {
        if let Some(reservation) = reservation {
            reservation.release(cx).await;
        }
    };
    // Concurrently, to save a round trip.
    let (outcome, ()) = join(change(cx, customer.id, Some(customer), command, None), release).await;
    outcome?.customer()
}

/// What unregistering would do now. It writes nothing, so it needs no confirmation and counts as no attempt. It refuses what
/// unregistering would refuse because of the account's state.
pub async fn preview<S: CountRowsToDelete, E>(
    cx: &Context<S, E>,
    customer: &Customer,
    request: &UnregisterRequest,
) -> Result<DeletionPreview, Failure> {
    let now = cx.now();
    let due = match decide(customer, request.command(cx), now)? {
        Decision::Change(next) => next.due(),
        Decision::Unchanged | Decision::TooEarly => customer.due(),
    };
    // Counting reads much more than the response has, so it is charged like a large read.
    cx.read_budget.require(customer.id, now)?;
    let rows = cx.store.rows_to_delete(customer.id, MAX_NUMBERS).await?;
    cx.read_budget.charge(customer.id, rows.rows_read * COUNTED_ROW_BYTES, now);
    Ok(DeletionPreview {
        customer_id: customer.id,
        immediate: request.immediate,
        tm_due: due.unwrap_or(now),
        rows,
    })
}
