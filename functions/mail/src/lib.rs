//! Sends the mails that events cause: verification links, confirmation links for new addresses, and links to set the first
//! password after verification. If an event's mails were sent, its redelivery sends nothing.

use custodian_app::confirm_email::send_email_change;
use custodian_app::password::send_first_password;
use custodian_app::ports::{Mailer, ReadAgents, StoreMailTokens, Throttle};
use custodian_app::verify::send_verification;
use custodian_app::{Context, Failure};
use custodian_domain::{Cause, EventType, Timestamp};
use custodian_event_sources::EventHandler;
use custodian_events::{EventMessage, PENDING_EMAIL, SIGNUP};

pub struct SendMail;

impl<S: ReadAgents + StoreMailTokens + Throttle, E: Mailer> EventHandler<S, E> for SendMail {
    type Message = EventMessage;

    async fn handle(&self, cx: &Context<S, E>, message: EventMessage, _: Timestamp) -> Result<(), Failure> {
        let event = message.detail;
        let (id, cause) = (event.customer_id, Cause { at: event.time, id: event.id });
        let changes = |field: &str| event.changed.iter().any(|changed| changed == field);
        match event.event_type {
            EventType::CustomerCreated => send_verification(cx, id, cause).await,
            EventType::CustomerUpdated if changes(PENDING_EMAIL) => send_email_change(cx, id, cause).await,
            // Does nothing unless the account still awaits its verification.
            EventType::CustomerUpdated if changes("email") || changes(SIGNUP) => {
                send_verification(cx, id, cause).await
            }
            EventType::CustomerVerified => send_first_password(cx, id, cause).await,
            _ => Ok(()),
        }
    }
}
