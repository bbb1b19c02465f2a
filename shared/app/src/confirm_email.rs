//! Changes of an account's e-mail address, and the renames of agents that a confirmed address causes.
//!
//! An address belongs to the account that confirmed it. Nobody verifies usernames, so an agent of another account may have the
//! address as its username. The transaction that confirms the address renames that agent.

use custodian_auth::mail_token;
use custodian_domain::credentials::parse_username;
use custodian_domain::ids::lowest_at;
use custodian_domain::profile::fold_case;
use custodian_domain::{
    Agent, AgentId, Cause, Customer, CustomerId, PendingEmail, Reason, Refusal, RequestedBy, Status,
    Timestamp, account_status,
};

use crate::context::Context;
use crate::failure::Failure;
use crate::mail;
use crate::mail_limits;
use crate::ports::{
    ChangeCustomers, CustomerChange, CustomerWriteOutcome, EmailConfirmation, FindNames, MailToken, Mailer,
    Purpose, ReadAgents, ReadCustomers, ReadThrottles, StoreMailTokens, Throttle,
};
use crate::retry::{Retry, RetryBudget};
use crate::throttle::{refuse_taken_name, require_taken_name_quota};
use crate::update::replace;

/// The prefix of a generated username.
const AGENT_PREFIX: &str = "agent-";

/// The owner of an account: the administrator that was created with it. `None` if that agent was deleted.
pub async fn owner<S: ReadAgents, E>(
    cx: &Context<S, E>,
    customer: &Customer,
) -> Result<Option<Agent>, Failure> {
    // The owner and the guest agent are the oldest agents, and ids sort by creation time.
    let next_instant = Timestamp::from_micros(customer.tm_create.micros() + 1);
    let oldest = cx.store.agents(customer.id, Some(lowest_at(next_instant)), 2).await?;
    Ok(oldest.rows.into_iter().find(|agent| is_owner(customer, agent)))
}

/// Whether an agent is the owner of its account.
pub fn is_owner(customer: &Customer, agent: &Agent) -> bool {
    !agent.guest && agent.tm_create == customer.tm_create
}

/// The changes that confirming `address` makes in addition to the account's own row. An agent of another account that has the
/// address as its username gets a generated username. An owner whose username is the old address gets the new one if possible.
pub(crate) async fn confirmation<S: FindNames + ReadAgents, E>(
    cx: &Context<S, E>,
    customer: &Customer,
    address: &str,
) -> Result<EmailConfirmation, Failure> {
    let (holders, owner) = futures::try_join!(cx.store.name_holders(address), self::owner(cx, customer))?;
    let holder = holders.username;
    let mut renames = Vec::new();
    if let Some(displaced) = holder.filter(|(account, _)| *account != customer.id) {
        renames.extend(displace(cx, displaced).await?);
    }
    let is_old_address = |owner: &&Agent| {
        customer.has_email(&owner.username) && fold_case(&owner.username) != fold_case(address)
    };
    if let Some(owner) = owner.as_ref().filter(is_old_address) {
        // Another agent of the same account keeps its username.
        let is_free = holder.is_none_or(|(account, _)| account != customer.id);
        let usable = parse_username(address).ok().filter(|_| is_free);
        let username = usable.unwrap_or_else(|| cx.providers.generated_username(AGENT_PREFIX));
        renames.push(renamed(cx, owner.clone(), username));
    }
    Ok(EmailConfirmation { owner: owner.map(|owner| owner.id), username_holder: holder, renames })
}

/// Renames another account's agent to a generated username. `None` if its account is deleted or expired.
async fn displace<S: ReadAgents, E>(
    cx: &Context<S, E>,
    (account, id): (CustomerId, AgentId),
) -> Result<Option<(Agent, Agent)>, Failure> {
    let (account, agent) = futures::try_join!(cx.store.customer(account), cx.store.agent(account, id))?;
    let is_terminal = account.is_none_or(|account| account.status().is_terminal());
    Ok(agent.filter(|_| !is_terminal).map(|agent| {
        let (before, after) = renamed(cx, agent, cx.providers.generated_username(AGENT_PREFIX));
        let former_username = Some(before.username.clone());
        (before, Agent { former_username, ..after })
    }))
}

/// An agent before and after its username changes.
fn renamed<S, E>(cx: &Context<S, E>, before: Agent, username: String) -> (Agent, Agent) {
    let after = Agent { username, version: before.version + 1, tm_update: cx.now(), ..before.clone() };
    (before, after)
}

/// Refuses an address that another account has confirmed, and limits how many addresses an account may try.
pub async fn require_available<S: FindNames + ReadCustomers + Throttle + ReadThrottles, E>(
    cx: &Context<S, E>,
    customer: &Customer,
    address: Option<&str>,
) -> Result<(), Failure> {
    let Some(address) = address.filter(|address| !customer.has_email(address)) else { return Ok(()) };
    // Every request counts, so that the limit does not reveal whether the address is taken.
    let (holders, (), ()) = futures::try_join!(
        cx.store.name_holders(address),
        require_taken_name_quota(cx, customer.id),
        mail_limits::count_request(cx, customer),
    )?;
    if let Some(holder) = holders.email.filter(|holder| holder.customer != customer.id) {
        let owner = cx.store.customer(holder.customer).await?;
        if owner.is_some_and(|owner| owner.has_confirmed_email(address)) {
            return Err(refuse_taken_name(cx, customer.id, Reason::EmailAlreadyExists).await);
        }
    }
    Ok(())
}

/// Cancels the requested e-mail address, and returns the cancelled request. After a concurrent change, that is the request of the
/// changed row.
pub async fn cancel_email_change<S: ChangeCustomers, E>(
    cx: &Context<S, E>,
    customer: Customer,
) -> Result<PendingEmail, Failure> {
    let now = cx.now();
    let permits = |customer: &Customer| require_cancellable(customer, now);
    let (before, _) = replace(cx, customer, permits, Customer::without_pending_email, None).await?;
    Ok(before.pending_email.ok_or(Reason::EmailChangeNotFound)?)
}

/// Requires an active account with a pending change.
fn require_cancellable(customer: &Customer, now: Timestamp) -> Result<(), Refusal> {
    account_status::require_active(customer)?;
    match customer.pending_email_at(now) {
        Some(_) => Ok(()),
        None => Err(Reason::EmailChangeNotFound.into()),
    }
}

/// Requires an active account whose pending change is the one that the link confirms.
pub(crate) fn require_pending(customer: &Customer, link: &MailToken, now: Timestamp) -> Result<(), Refusal> {
    account_status::require_active(customer)?;
    match customer.pending_email_at(now) {
        Some(pending) if pending.address == link.email && is_of_request(link, pending) => Ok(()),
        _ => Err(Reason::InvalidToken.into()),
    }
}

/// Whether a link was mailed for this request. A link of an earlier request by another requester is invalid, because the account's
/// owner got a notice of that request and may have cancelled it. Links of an earlier release name no requester.
fn is_of_request(link: &MailToken, pending: &PendingEmail) -> bool {
    link.bound_to.is_empty() || link.bound_to == requester(&pending.requested_by)
}

/// The requester of a change, as text.
fn requester(requested_by: &RequestedBy) -> String {
    match requested_by {
        RequestedBy::Agent { agent_id, epoch, .. } => format!("agent {agent_id} {epoch}"),
        RequestedBy::Key { key_id } => format!("key {key_id}"),
        RequestedBy::PlatformAdmin { operator: None } => "operator".to_owned(),
        RequestedBy::Unknown => "unknown".to_owned(),
        RequestedBy::PlatformAdmin { operator: Some(operator) } => {
            format!("operator {} {}", operator.agent_id, operator.epoch)
        }
    }
}

/// Replaces the e-mail address by the confirmed one, if the credential that requested it is still valid.
pub(crate) async fn confirm_email_change<S: ChangeCustomers + FindNames + ReadAgents, E>(
    cx: &Context<S, E>,
    link: &MailToken,
) -> Result<Customer, Failure> {
    let mut retry = Retry::new("the customer", RetryBudget::Short);
    loop {
        let before = cx.store.customer(link.customer_id).await?.ok_or(Reason::InvalidToken)?;
        require_pending(&before, link, cx.now())?;
        let confirmation = confirmation(cx, &before, &link.email).await?;
        let after = before.with_confirmed_email(link.email.clone(), cx.now());
        let change = CustomerChange {
            used_token: Some(link),
            confirmation: Some(&confirmation),
            ..CustomerChange::new(&before, &after)
        };
        match cx.store.commit(change).await? {
            CustomerWriteOutcome::Done => return Ok(after),
            CustomerWriteOutcome::Stale => retry.wait(&*cx.providers.entropy).await?,
            CustomerWriteOutcome::TokenUsed => return Err(Reason::InvalidToken.into()),
            CustomerWriteOutcome::DeletionsPaused => return Err(Reason::DeletionsPaused.into()),
            CustomerWriteOutcome::EmailTaken => return Err(Reason::EmailAlreadyExists.into()),
        }
    }
}

/// Mails a confirmation link to the new e-mail address of an account, and a notice to the current one.
pub async fn send_email_change<S: ReadAgents + StoreMailTokens + Throttle, E: Mailer>(
    cx: &Context<S, E>,
    id: CustomerId,
    cause: Cause,
) -> Result<(), Failure> {
    let Some(customer) = cx.store.customer(id).await?.filter(|row| row.status() == Status::Active) else {
        return Ok(());
    };
    // A delayed event may come after the request has expired.
    let pending = customer.pending_email_at(cx.now()).cloned();
    let Some(PendingEmail { address: email, tm_expire, requested_by }) = pending else {
        return Ok(());
    };
    let token = mail_token::new(cx.providers.random());
    let stored = MailToken {
        bound_to: requester(&requested_by),
        ..MailToken::new(&token, id, cause, Purpose::EmailChange, &email, tm_expire)
    };
    let mails = [
        mail::email_change_requested(&cx.settings, &customer, requested_by),
        mail::confirm_email_change(&cx.settings, &customer, &email, &token, tm_expire),
    ];
    mail::send_once_limited(cx, &stored, &[Status::Active], &mails).await
}
