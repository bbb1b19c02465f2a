//! Sends the mails that events ask for: a verification link when a customer was created, and a link to set a password when
//! it was verified without one. An event that comes again, or after a later one, has nothing mailed.

use custodian_app::password::send_first_password;
use custodian_app::ports::{Cause, KeepMailTokens, Mailer, ReadAgents};
use custodian_app::verify::{send_change, send_verification};
use custodian_app::{Context, Failure};
use custodian_domain::Timestamp;
use custodian_events::{
    CUSTOMER_CREATED, CUSTOMER_UPDATED, CUSTOMER_VERIFIED, Consumer, Delivered, PENDING_EMAIL,
};

pub struct Post;

impl<S: ReadAgents + KeepMailTokens, E: Mailer> Consumer<S, E> for Post {
    type Message = Delivered;

    async fn consume(&self, cx: &Context<S, E>, message: Delivered, _: Timestamp) -> Result<(), Failure> {
        let event = message.detail;
        let (id, changes) =
            (event.customer_id, |field: &str| event.changed.iter().any(|changed| changed == field));
        let cause = Cause { at: event.happened().unwrap_or(cx.now()), id: event.id };
        match event.kind.as_str() {
            CUSTOMER_CREATED => send_verification(cx, id, cause).await,
            CUSTOMER_UPDATED if changes(PENDING_EMAIL) => send_change(cx, id, cause).await,
            // It sends one only to an account that still waits for its verification.
            CUSTOMER_UPDATED if changes("email") => send_verification(cx, id, cause).await,
            CUSTOMER_VERIFIED => send_first_password(cx, id, cause).await,
            _ => Ok(()),
        }
    }
}
