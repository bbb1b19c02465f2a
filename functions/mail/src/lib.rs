//! Sends the mails that events cause: links to confirm addresses, links to set the first password, notices, and the first mail
//! about a deletion. If an event's mails were sent, a redelivery of the event sends nothing.

use custodian_app::confirm_email::send_email_change;
use custodian_app::deletion_mails::send_deletion_begun;
use custodian_app::notices::{
    send_administrators_changed, send_deletion_reminder, send_email_changed, send_frozen, send_key_created,
    send_password_set, send_recovered, send_username_changed, send_webhook_disabled,
};
use custodian_app::password::send_first_password;
use custodian_app::ports::{DeletionLinks, Mailer, NoticeRows, ReadAgents, StoreMailTokens, Throttle};
use custodian_app::verify::send_verification;
use custodian_app::{Context, Failure};
use custodian_cascade::{CascadeQueue, CascadeTask, WEBHOOKS};
use custodian_domain::outbox_record::ADMINISTRATOR;
use custodian_domain::{AgentId, Cause, CustomerId, EventType, RowChange, Timestamp, access_key, kinds};
use custodian_event_sources::EventHandler;
use custodian_events::{Event, EventMessage, PENDING_EMAIL, SIGNUP};

pub struct SendMail;

impl<S, E> EventHandler<S, E> for SendMail
where
    S: ReadAgents + StoreMailTokens + NoticeRows + DeletionLinks + Throttle,
    E: Mailer + CascadeQueue,
{
    type Message = EventMessage;

    async fn handle(&self, cx: &Context<S, E>, message: EventMessage, _: Timestamp) -> Result<(), Failure> {
        let event = message.detail;
        let (id, cause) = (event.customer_id, Cause { at: event.time, id: event.id });
        match (&event.event_type, event.resource_id) {
            (EventType::CustomerCreated, _) => send_verification(cx, id, cause).await,
            (EventType::CustomerUpdated, _) => send_for_update(cx, &event, cause).await,
            (EventType::CustomerVerified, _) => send_first_password(cx, id, cause).await,
            (EventType::CustomerFrozen, _) => send_frozen(cx, id, cause).await,
            (EventType::CustomerDeletionReminder, _) => send_deletion_reminder(cx, id, cause).await,
            (EventType::CustomerRecovered, _) => send_recovered(cx, id, cause).await,
            (EventType::CustomerDeleted, _) => send_first_deletion_mail(cx, id).await,
            (EventType::WebhookDisabled, endpoint) => send_webhook_disabled(cx, id, endpoint, cause).await,
            (EventType::Row { noun: access_key::NOUN, change: RowChange::Created }, Some(row)) => {
                send_key_created(cx, id, row, cause).await
            }
            (EventType::Row { noun, change }, Some(row)) if *noun == kinds::AGENTS.noun => {
                send_for_agent(cx, &event, AgentId(row), *change, cause).await
            }
            _ => Ok(()),
        }
    }
}

fn changes(event: &Event, field: &str) -> bool {
    event.changed.iter().any(|changed| changed == field)
}

/// Sends the mails of a changed e-mail address, signup or freeze.
async fn send_for_update<
    S: ReadAgents + StoreMailTokens + NoticeRows + DeletionLinks + Throttle,
    E: Mailer,
>(
    cx: &Context<S, E>,
    event: &Event,
    cause: Cause,
) -> Result<(), Failure> {
    let id = event.customer_id;
    if changes(event, "suspended") || changes(event, "tm_deletion_scheduled") {
        // An operator has taken over the freeze of a frozen account, or moved the date of its deletion.
        return send_frozen(cx, id, cause).await;
    }
    if changes(event, "email") {
        send_email_changed(cx, id, cause).await?;
    }
    if changes(event, PENDING_EMAIL) {
        send_email_change(cx, id, cause).await?;
    } else if changes(event, "email") || changes(event, SIGNUP) {
        // Does nothing unless the account still awaits its verification.
        send_verification(cx, id, cause).await?;
    }
    Ok(())
}

/// Sends the mail of a changed administrator, password or username.
async fn send_for_agent<S: ReadAgents + StoreMailTokens + NoticeRows, E: Mailer>(
    cx: &Context<S, E>,
    event: &Event,
    agent: AgentId,
    change: RowChange,
    cause: Cause,
) -> Result<(), Failure> {
    let id = event.customer_id;
    if changes(event, ADMINISTRATOR) {
        return send_administrators_changed(cx, id, agent, change == RowChange::Created, cause).await;
    }
    if changes(event, "password") {
        return send_password_set(cx, id, agent, cause).await;
    }
    if changes(event, "username") {
        return send_username_changed(cx, id, agent, cause).await;
    }
    Ok(())
}

/// Sends the first mail about a deletion, and enqueues the step of the ledger that waited for it.
async fn send_first_deletion_mail<S: ReadAgents + NoticeRows + DeletionLinks, E: Mailer + CascadeQueue>(
    cx: &Context<S, E>,
    id: CustomerId,
) -> Result<(), Failure> {
    if send_deletion_begun(cx, id).await? {
        cx.services.enqueue_tasks(&[CascadeTask::first(id, WEBHOOKS)]).await?;
    }
    Ok(())
}
