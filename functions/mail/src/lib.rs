//! Sends the mails that events ask for: a verification link when a customer was created.

use custodian_app::ports::{KeepMailTokens, Mailer, ReadCustomers};
use custodian_app::{Context, Failure, verify::send_verification};
use custodian_domain::Timestamp;
use custodian_events::{CUSTOMER_CREATED, Consumer, Delivered};

pub struct Post;

impl<S: ReadCustomers + KeepMailTokens, E: Mailer> Consumer<S, E> for Post {
    type Message = Delivered;

    async fn consume(&self, cx: &Context<S, E>, message: Delivered, _: Timestamp) -> Result<(), Failure> {
        match message.detail.kind.as_str() {
            CUSTOMER_CREATED => send_verification(cx, message.detail.customer_id).await,
            _ => Ok(()),
        }
    }
}
