//! Starts the cascade of an account that is gone.

use custodian_app::{Context, Failure};
use custodian_cascade::{Ledgers, Tasks, drive};
use custodian_domain::Timestamp;
use custodian_events::{Consumer, Delivered};

pub struct Cascade;

impl<S: Ledgers, E: Tasks> Consumer<S, E> for Cascade {
    type Message = Delivered;

    async fn consume(&self, cx: &Context<S, E>, message: Delivered, _: Timestamp) -> Result<(), Failure> {
        drive(cx, message.detail.customer_id, cx.now()).await
    }
}
