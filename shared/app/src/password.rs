//! Forgotten passwords: a mailed link sets a new password.

use std::time::Duration;

use custodian_auth::mail_token;
use custodian_domain::email::is_email;
use custodian_domain::{Agent, AgentId, Cause, Customer, CustomerId, Reason, Secret, Status, Timestamp};

use crate::confirm_email::{is_owner, owner};
use crate::context::Context;
use crate::create::hash_password;
use crate::failure::{Failure, ignore};
use crate::log;
use crate::mail;
use crate::named_agents::{NamedAgent, named_agents};
use crate::ports::{
    AgentChange, AgentWriteOutcome, Authenticator, ClearThrottles, FindNames, Mail, MailToken, Mailer,
    Purpose, ReadAgents, ReadMailTokens, StoreMailTokens, Throttle, UpdateAgents,
};
use crate::retry::{Retry, RetryBudget};
use crate::throttle::clear_wrong_passwords;

/// The lifetime of a link.
const LINK_LIFETIME: Duration = Duration::from_secs(3600);

/// Mails a reset link to the agent that this text names, if one exists. If the text is an address that an account has confirmed,
/// that account's owner gets the link, unless the owner was deleted.
pub async fn send_reset<S, E>(cx: &Context<S, E>, username: &str, cause: Cause) -> Result<(), Failure>
where
    S: FindNames + Authenticator + StoreMailTokens + Throttle,
    E: Mailer,
{
    let named = named_agents(cx, username).await?;
    let Some(NamedAgent { customer, agent, by_email }) = named.first() else { return Ok(()) };
    let email = if *by_email { &customer.profile.email } else { mailbox(customer, agent) };
    let (stored, mail) = reset_mail(cx, customer, agent, email, cause);
    mail::send_once_limited(cx, &stored, Status::NOT_TERMINAL, &[mail]).await
}

/// Mails the owner of a new account a link to set the first password, unless a password is set.
pub async fn send_first_password<S, E>(
    cx: &Context<S, E>,
    id: CustomerId,
    cause: Cause,
) -> Result<(), Failure>
where
    S: ReadAgents + StoreMailTokens,
    E: Mailer,
{
    let customer = cx.store.customer(id).await?.filter(|customer| !customer.status().is_terminal());
    let Some(customer) = customer else { return Ok(()) };
    let owner = owner(cx, &customer).await?.filter(|owner| owner.password_hash.is_none());
    let Some(owner) = owner else { return Ok(()) };
    let (stored, mail) = reset_mail(cx, &customer, &owner, &customer.profile.email, cause);
    mail::send_once(cx, &stored, Status::NOT_TERMINAL, &[mail]).await
}

/// The mail with a new link to set an agent's password.
fn reset_mail<S, E>(
    cx: &Context<S, E>,
    customer: &Customer,
    agent: &Agent,
    email: &str,
    cause: Cause,
) -> (MailToken, Mail) {
    let (token, tm_expire) = (mail_token::new(cx.providers.random()), cx.now().plus(LINK_LIFETIME));
    let purpose = Purpose::Reset { agent_id: agent.id };
    let stored = MailToken {
        bound_to: binding(agent),
        ..MailToken::new(&token, customer.id, cause, purpose, email, tm_expire)
    };
    (stored, mail::password_reset(&cx.settings, email, customer, &agent.username, &token, tm_expire))
}

fn binding(agent: &Agent) -> String {
    mail_token::credential_fingerprint(agent.password_hash.as_ref(), agent.permission)
}

/// The address for an agent's links: its username if that is an e-mail address, otherwise the account's address. Two kinds of
/// agents always use the account's address: the owner after the account's address has changed, because the username may be an old
/// mailbox of a stranger; and an administrator that depends on an access key, because the key may have chosen the username.
fn mailbox<'a>(customer: &'a Customer, agent: &'a Agent) -> &'a str {
    let has_new_address = customer.email_trusted_from.is_some() && is_owner(customer, agent);
    let is_own = is_email(&agent.username) && !has_new_address && agent.depends_on_key().is_none();
    if is_own { &agent.username } else { &customer.profile.email }
}

/// Whether an agent's link may have been mailed to this address: the owner also gets links at the account's address.
fn receives_at(customer: &Customer, agent: &Agent, email: &str) -> bool {
    email == mailbox(customer, agent) || (is_owner(customer, agent) && email == customer.profile.email)
}

/// When a password that was set with a mailed link becomes trusted, so that it can confirm an immediate deletion. If the link
/// went to the account's address, the password is trusted at once, or a day after the last change of that address. If the link
/// went to the agent's own address, the password is not trusted before the previous one would be: the creator of the agent also
/// chose that address.
fn trusted_from(customer: &Customer, agent: &Agent, email: &str, now: Timestamp) -> Timestamp {
    if email == customer.profile.email {
        now.max(customer.email_trusted_from.unwrap_or(now))
    } else {
        now.max(agent.password_trusted_from)
    }
}

/// The names with which an agent signs in.
fn names<'a>(customer: &'a Customer, agent: &'a Agent) -> Vec<&'a str> {
    let email = Some(customer.profile.email.as_str()).filter(|_| is_owner(customer, agent));
    [Some(agent.username.as_str()), email].into_iter().flatten().collect()
}

/// The stored token of a reset link, unless it has expired or was used.
async fn find_token<S: ReadMailTokens, E>(
    cx: &Context<S, E>,
    token: &Secret,
) -> Result<(MailToken, AgentId), Failure> {
    let mail_token = cx
        .store
        .mail_token(&mail_token::hash(token))
        .await?
        .filter(|mail_token| cx.now() < mail_token.tm_expire && !mail_token.used);
    match mail_token.map(|mail_token| (mail_token.purpose, mail_token)) {
        Some((Purpose::Reset { agent_id }, mail_token)) => Ok((mail_token, agent_id)),
        _ => Err(Reason::InvalidToken.into()),
    }
}

/// The account and the agent of a link. A link works only while the account exists and the agent has the same password, permission
/// and e-mail address as when the link was sent.
async fn bound_agent<S: ReadAgents, E>(
    cx: &Context<S, E>,
    mail_token: &MailToken,
    id: AgentId,
) -> Result<(Customer, Agent), Failure> {
    let agent = cx.store.agent(mail_token.customer_id, id).await?.ok_or(Reason::InvalidToken)?;
    // The rows of a deleted account remain until its cascade reaches them.
    let customer = cx.store.customer(mail_token.customer_id).await?;
    let customer =
        customer.filter(|customer| !customer.status().is_terminal()).ok_or(Reason::InvalidToken)?;
    if mail_token.bound_to != binding(&agent) || !receives_at(&customer, &agent, &mail_token.email) {
        return Err(Reason::InvalidToken.into());
    }
    Ok((customer, agent))
}

/// The account and the agent whose password a link sets, for the page that asks for the password.
pub async fn look_up<S: ReadMailTokens + ReadAgents, E>(
    cx: &Context<S, E>,
    token: &Secret,
) -> Result<(Customer, Agent), Failure> {
    let (mail_token, agent_id) = find_token(cx, token).await?;
    log::record_customer(mail_token.customer_id);
    bound_agent(cx, &mail_token, agent_id).await
}

/// Whether a password was set with this link.
pub async fn is_used<S: ReadMailTokens, E>(cx: &Context<S, E>, token: &Secret) -> Result<bool, Failure> {
    let mail_token = cx.store.mail_token(&mail_token::hash(token)).await?;
    Ok(mail_token.is_some_and(|link| link.used && matches!(link.purpose, Purpose::Reset { .. })))
}

/// Sets the password of a link's agent and invalidates the agent's tokens.
pub async fn reset<S: ReadMailTokens + UpdateAgents + ClearThrottles, E>(
    cx: &Context<S, E>,
    token: &Secret,
    password: Secret,
) -> Result<(), Failure> {
    let now = cx.now();
    let (mail_token, agent_id) = find_token(cx, token).await?;
    log::record_customer(mail_token.customer_id);
    // A link that does not work any more costs no hash.
    let mut bound = bound_agent(cx, &mail_token, agent_id).await?;
    let hash = hash_password(cx, password).await?;
    let mut retry = Retry::new("the agent", RetryBudget::Short);
    loop {
        let (customer, before) = bound;
        // A key does not control the account's mailbox, but it may have chosen a username that is an address of its own.
        let reads_account_mailbox = mail_token.email == customer.profile.email;
        let after = Agent {
            version: before.version + 1,
            epoch: before.epoch + 1,
            password_hash: Some(hash.clone()),
            password_key: before.password_key.filter(|_| !reads_account_mailbox),
            promoter_key: before.promoter_key.filter(|_| !reads_account_mailbox),
            password_trusted_from: trusted_from(&customer, &before, &mail_token.email, now),
            tm_update: now,
            ..before.clone()
        };
        let change = AgentChange {
            used_token: Some(&mail_token),
            ..AgentChange::new(&before, &after, Status::NOT_TERMINAL)
        };
        match cx.store.update_agent(change).await? {
            AgentWriteOutcome::Done => {
                let cleared = clear_wrong_passwords(cx, &names(&customer, &before)).await;
                ignore(cleared, "the window of wrong passwords ends within 15 minutes");
                return Ok(());
            }
            AgentWriteOutcome::Stale | AgentWriteOutcome::TagNotFound | AgentWriteOutcome::KeysChanged => {
                retry.wait(&*cx.providers.entropy).await?;
                bound = bound_agent(cx, &mail_token, agent_id).await?;
            }
            AgentWriteOutcome::GateClosed
            | AgentWriteOutcome::TokenUsed
            | AgentWriteOutcome::LastAdmin
            | AgentWriteOutcome::CallerRevoked => {
                return Err(Reason::InvalidToken.into());
            }
        }
    }
}
