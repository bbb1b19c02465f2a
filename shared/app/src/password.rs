//! Forgotten passwords: a link is mailed, and following it sets a new one.

use std::time::Duration;

use custodian_auth::mail_token;
use custodian_domain::fields::is_email;
use custodian_domain::{Agent, AgentId, Customer, CustomerId, Reason, Secret, Status, Timestamp};

use crate::context::{Context, Settings};
use crate::create::hash_password;
use crate::failure::Failure;
use crate::log;
use crate::mail;
use crate::ports::{
    Admissions, AgentChange, AgentWritten, Cause, FindLogins, KeepMailTokens, MailToken, Mailer, Principal,
    Purpose, ReadAgents, ReadMailTokens, UpdateAgents, Wanted,
};
use crate::retry::{Patience, Race};

/// How long a link works.
const LIFE: Duration = Duration::from_secs(3600);
/// Accounts whose agents may have their passwords set.
pub const LIVING: &[Status] = &[Status::Initial, Status::Active, Status::Frozen];
/// How many agents are looked at to find the one who still needs a password.
const LOOKED_AT: usize = 100;

/// Mails a link to set a password to whom this username belongs, if it belongs to somebody.
pub async fn send_reset<S, E>(cx: &Context<S, E>, username: &str, cause: Cause) -> Result<(), Failure>
where
    S: FindLogins + Admissions + KeepMailTokens,
    E: Mailer,
{
    let Some((customer, agent)) = cx.store.login(username).await? else { return Ok(()) };
    let read = cx.store.admission(customer, Principal::Agent(agent), Wanted::Nothing).await?;
    match read.customer.zip(read.agent) {
        Some((customer, agent)) => mail_link(cx, &customer, &agent, cause).await,
        None => Ok(()),
    }
}

/// Mails the administrator of an account that was just verified a link to set a password, where none is set.
pub async fn send_first_password<S, E>(
    cx: &Context<S, E>,
    id: CustomerId,
    cause: Cause,
) -> Result<(), Failure>
where
    S: ReadAgents + KeepMailTokens,
    E: Mailer,
{
    let Some(customer) = cx.store.customer(id).await? else { return Ok(()) };
    let agents = cx.store.agents(id, None, LOOKED_AT).await?;
    let without = agents.rows.iter().rfind(|agent| !agent.guest && agent.password_hash.is_none());
    match without {
        Some(agent) => mail_link(cx, &customer, agent, cause).await,
        None => Ok(()),
    }
}

async fn mail_link<S, E>(
    cx: &Context<S, E>,
    customer: &Customer,
    agent: &Agent,
    cause: Cause,
) -> Result<(), Failure>
where
    S: KeepMailTokens,
    E: Mailer,
{
    if agent.guest || customer.status().is_gone() {
        return Ok(());
    }
    let email = mailbox(customer, agent);
    let (token, ends) = (mail_token::new(cx.sources.random()), cx.now().plus(LIFE));
    let kept = MailToken {
        hash: mail_token::hash(&token),
        customer_id: customer.id,
        cause,
        purpose: Purpose::Reset { agent_id: agent.id },
        email: email.to_owned(),
        subject: subject(agent),
        ends,
        keep_until: ends.plus(Settings::DAY),
    };
    let mail = mail::reset(&cx.settings, email, &agent.username, &token, ends);
    mail::send_once(cx, &kept, LIVING, &[mail]).await
}

fn subject(agent: &Agent) -> String {
    mail_token::subject(agent.password_hash.as_ref(), agent.permission)
}

/// Where an agent's links go: to its username if that is an address, else to the account's. The first administrator's
/// username is often the address that the account began with; when the account has another one since, who reads the old one
/// is a stranger by now.
fn mailbox<'a>(customer: &'a Customer, agent: &'a Agent) -> &'a str {
    let has_moved = customer.email_trusted_from.is_some() && agent.tm_create == customer.tm_create;
    if is_email(&agent.username) && !has_moved { &agent.username } else { &customer.profile.email }
}

/// From when on a password that was set by a mailed link may confirm an immediate deletion. By a link to the account's own
/// address: at once, whoever has touched the agent before, unless the address has changed within a day. By a link to the
/// agent's own: as with the password before, since whoever made the agent chose that mailbox as well.
fn trusted_from(customer: &Customer, agent: &Agent, now: Timestamp) -> Timestamp {
    if mailbox(customer, agent) == customer.profile.email {
        now.max(customer.email_trusted_from.unwrap_or(now))
    } else {
        now.max(agent.password_trusted_from)
    }
}

/// What is known of a link to set a password, if it has not ended.
async fn known<S: ReadMailTokens, E>(
    cx: &Context<S, E>,
    token: &Secret,
) -> Result<(MailToken, AgentId), Failure> {
    let known = cx.store.mail_token(&mail_token::hash(token)).await?.filter(|known| cx.now() < known.ends);
    match known.map(|known| (known.purpose, known)) {
        Some((Purpose::Reset { agent_id }, known)) => Ok((known, agent_id)),
        _ => Err(Reason::InvalidToken.into()),
    }
}

/// Whom a link is for, with the account, as long as it is about what is still so: a link dies with the password, the
/// permission and the mailbox that it was sent for.
async fn concerned<S: ReadAgents, E>(
    cx: &Context<S, E>,
    known: &MailToken,
    id: AgentId,
) -> Result<(Customer, Agent), Failure> {
    let agent = cx.store.agent(known.customer_id, id).await?.ok_or(Reason::InvalidToken)?;
    let customer = cx.store.customer(known.customer_id).await?.ok_or(Reason::InvalidToken)?;
    if known.subject != subject(&agent) || known.email != mailbox(&customer, &agent) {
        return Err(Reason::InvalidToken.into());
    }
    Ok((customer, agent))
}

/// Whose password a link sets.
pub async fn username_of<S: ReadMailTokens + ReadAgents, E>(
    cx: &Context<S, E>,
    token: &Secret,
) -> Result<String, Failure> {
    let (known, agent_id) = known(cx, token).await?;
    Ok(concerned(cx, &known, agent_id).await?.1.username)
}

/// Follows a link: the agent has this password from now on, and every token of it is dead.
pub async fn reset<S: ReadMailTokens + UpdateAgents, E>(
    cx: &Context<S, E>,
    token: &Secret,
    password: Secret,
) -> Result<(), Failure> {
    let now = cx.now();
    let (known, agent_id) = known(cx, token).await?;
    log::concerns(known.customer_id);
    let hash = hash_password(cx, password).await?;
    let mut race = Race::new("the agent", Patience::Request);
    loop {
        let (customer, before) = concerned(cx, &known, agent_id).await?;
        let after = Agent {
            version: before.version + 1,
            epoch: before.epoch + 1,
            password_hash: Some(hash.clone()),
            password_trusted_from: trusted_from(&customer, &before, now),
            tm_update: now,
            ..before.clone()
        };
        let change = AgentChange {
            before: &before,
            after: &after,
            statuses: LIVING,
            burn: Some(&known),
            new_tags: &[],
            admins: 0,
        };
        match cx.store.update_agent(change).await? {
            AgentWritten::Done => return Ok(()),
            AgentWritten::Lost | AgentWritten::NoSuchTag => race.again(&*cx.sources.entropy).await?,
            AgentWritten::Closed | AgentWritten::TokenGone | AgentWritten::LastAdmin => {
                return Err(Reason::InvalidToken.into());
            }
        }
    }
}
