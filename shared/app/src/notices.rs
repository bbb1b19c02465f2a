//! Sends the notices. A notice tells an account's confirmed address about one event in the account.
//!
//! The event names the row, and the notice uses the values of the current row. If the row has changed since the event, the notice
//! describes the current state, or no notice is sent.

use custodian_domain::destination;
use custodian_domain::{AgentId, Cause, Customer, CustomerId, Export, State, Status};
use uuid::Uuid;

use crate::confirm_email::is_owner;
use crate::context::Context;
use crate::failure::Failure;
use crate::mail;
use crate::ports::{DeletionLinks, Mail, Mailer, NoticeRows, ReadAgents, ReadCustomers, StoreMailTokens};

/// The account, if its address may get notices: the account is not deleted, and the address is confirmed.
async fn recipient<S: ReadCustomers, E>(
    cx: &Context<S, E>,
    id: CustomerId,
) -> Result<Option<Customer>, Failure> {
    let customer = cx.store.customer(id).await?;
    Ok(customer.filter(|customer| customer.has_confirmed_email(&customer.profile.email)))
}

async fn send<S: StoreMailTokens, E: Mailer>(
    cx: &Context<S, E>,
    customer: &Customer,
    cause: Cause,
    mail: Mail,
) -> Result<(), Failure> {
    mail::send_notice(cx, customer, cause, &[mail]).await
}

/// Sends the notice that the account is frozen. It says how the account can be kept, and until when.
pub async fn send_frozen<S: ReadCustomers + StoreMailTokens + DeletionLinks, E: Mailer>(
    cx: &Context<S, E>,
    id: CustomerId,
    cause: Cause,
) -> Result<(), Failure> {
    let Some(customer) = recipient(cx, id).await? else { return Ok(()) };
    let Some(due) = customer.tm_deletion_scheduled() else { return Ok(()) };
    let mail = |link| mail::frozen(&cx.settings, &customer, due, link);
    mail::send_notice_with_link(cx, &customer, cause, mail).await
}

/// Sends the reminder that a frozen account will be deleted.
pub async fn send_deletion_reminder<S: ReadCustomers + StoreMailTokens + DeletionLinks, E: Mailer>(
    cx: &Context<S, E>,
    id: CustomerId,
    cause: Cause,
) -> Result<(), Failure> {
    let Some(customer) = recipient(cx, id).await? else { return Ok(()) };
    let State::Frozen { tm_deletion_scheduled: due, last_reminder: Some(days), .. } = customer.state else {
        return Ok(());
    };
    if customer.active_hold(cx.now()).is_some() {
        return Ok(());
    }
    let mail = |link| mail::deletion_reminder(&cx.settings, &customer, due, days, link);
    mail::send_notice_with_link(cx, &customer, cause, mail).await
}

/// Sends the notice that the account was recovered, unless it is frozen again.
pub async fn send_recovered<S: ReadCustomers + StoreMailTokens, E: Mailer>(
    cx: &Context<S, E>,
    id: CustomerId,
    cause: Cause,
) -> Result<(), Failure> {
    match recipient(cx, id).await?.filter(|row| row.status() == Status::Active) {
        Some(customer) => send(cx, &customer, cause, mail::recovered(&cx.settings, &customer)).await,
        None => Ok(()),
    }
}

/// Sends the notice that an agent has a new password.
pub async fn send_password_set<S: ReadAgents + StoreMailTokens, E: Mailer>(
    cx: &Context<S, E>,
    id: CustomerId,
    agent: AgentId,
    cause: Cause,
) -> Result<(), Failure> {
    let Some(customer) = recipient(cx, id).await? else { return Ok(()) };
    let Some(agent) = cx.store.agent(id, agent).await? else { return Ok(()) };
    send(cx, &customer, cause, mail::password_set(&cx.settings, &customer, &agent.username)).await
}

/// Sends the notice that an access key was created.
pub async fn send_key_created<S: ReadCustomers + NoticeRows + StoreMailTokens, E: Mailer>(
    cx: &Context<S, E>,
    id: CustomerId,
    key: Uuid,
    cause: Cause,
) -> Result<(), Failure> {
    let Some(customer) = recipient(cx, id).await? else { return Ok(()) };
    let key = cx.store.created_key(id, key).await?;
    let name = key.as_ref().map(|key| &*key.name);
    send(cx, &customer, cause, mail::access_key_created(&cx.settings, &customer, name)).await
}

/// Sends the notice that an administrator was added or removed. The owner of a new account causes no notice.
pub async fn send_administrators_changed<S: ReadAgents + StoreMailTokens, E: Mailer>(
    cx: &Context<S, E>,
    id: CustomerId,
    agent: AgentId,
    is_created: bool,
    cause: Cause,
) -> Result<(), Failure> {
    let Some(customer) = recipient(cx, id).await? else { return Ok(()) };
    let agent = cx.store.agent(id, agent).await?;
    let username = agent.as_ref().map(|agent| &*agent.username);
    let mail = match &agent {
        Some(agent) if is_created && is_owner(&customer, agent) => return Ok(()),
        Some(agent) if agent.is_named_admin() => mail::administrator_added(&cx.settings, &customer, username),
        None if is_created => mail::administrator_added(&cx.settings, &customer, None),
        _ => mail::administrator_removed(&cx.settings, &customer, username),
    };
    send(cx, &customer, cause, mail).await
}

/// Sends the notice that the e-mail address was changed, to the new and to the former address.
pub async fn send_email_changed<S: ReadCustomers + NoticeRows + StoreMailTokens, E: Mailer>(
    cx: &Context<S, E>,
    id: CustomerId,
    cause: Cause,
) -> Result<(), Failure> {
    let Some(customer) = recipient(cx, id).await? else { return Ok(()) };
    let Some(former) = &customer.former_email else { return Ok(()) };
    let mails =
        [mail::email_replaced(&cx.settings, &customer, former), mail::email_changed(&cx.settings, &customer)];
    mail::send_notice(cx, &customer, cause, &mails).await?;
    cx.store.remove_former_email(id, former).await
}

/// Sends the notice that an agent's username was replaced because another account confirmed it as its address. It names the old and
/// the new username.
pub async fn send_username_changed<S: ReadAgents + NoticeRows + StoreMailTokens, E: Mailer>(
    cx: &Context<S, E>,
    id: CustomerId,
    agent: AgentId,
    cause: Cause,
) -> Result<(), Failure> {
    let Some(agent) = cx.store.agent(id, agent).await? else { return Ok(()) };
    let Some(former) = &agent.former_username else { return Ok(()) };
    if let Some(customer) = recipient(cx, id).await? {
        let mail = mail::username_changed(&cx.settings, &customer, former, &agent.username);
        send(cx, &customer, cause, mail).await?;
    }
    cx.store.remove_former_username(id, agent.id, former).await
}

/// Sends the notice that a webhook endpoint is disabled. An event of release 0.2 does not name the endpoint.
pub async fn send_webhook_disabled<S: ReadCustomers + StoreMailTokens, E: Mailer>(
    cx: &Context<S, E>,
    id: CustomerId,
    endpoint: Option<Uuid>,
    cause: Cause,
) -> Result<(), Failure> {
    let Some(customer) = recipient(cx, id).await? else { return Ok(()) };
    let endpoint = endpoint.and_then(|endpoint| customer.endpoint(endpoint));
    let host = endpoint.and_then(|endpoint| destination::host(&endpoint.webhook_uri));
    send(cx, &customer, cause, mail::webhook_disabled(&cx.settings, &customer, host.as_deref())).await
}

/// Sends the notice that an export is finished. Its link needs a sign-in, so the mail contains no secret.
pub async fn send_export_finished<S: ReadCustomers + StoreMailTokens, E: Mailer>(
    cx: &Context<S, E>,
    export: &Export,
) -> Result<(), Failure> {
    let Some(customer) = recipient(cx, export.customer_id).await? else { return Ok(()) };
    let Some(until) = export.tm_expire() else { return Ok(()) };
    let mail = mail::export_finished(&cx.settings, &customer, export.id, until);
    send(cx, &customer, export.cause(), mail).await
}
