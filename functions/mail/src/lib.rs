//! Sends the mails that events ask for: a verification link when a customer was created, and a link to set a password when
//! it was verified without one.

use custodian_app::password::send_first_password;
use custodian_app::ports::{KeepMailTokens, Mailer, ReadAgents};
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
        match message.detail.kind.as_str() {
            CUSTOMER_CREATED => send_verification(cx, message.detail.customer_id).await,
            CUSTOMER_UPDATED if message.detail.changed.iter().any(|field| field == PENDING_EMAIL) => {
                send_change(cx, message.detail.customer_id).await
            }
            // It sends one only to an account that still waits for its verification.
            CUSTOMER_UPDATED if message.detail.changed.iter().any(|field| field == "email") => {
                send_verification(cx, message.detail.customer_id).await
            }
            CUSTOMER_VERIFIED => send_first_password(cx, message.detail.customer_id).await,
            _ => Ok(()),
        }
    }
}
