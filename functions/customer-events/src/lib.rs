//! Tells what happened to customers, from their change stream, on the bus.

use custodian_app::{Context, Failure};
use custodian_domain::Timestamp;
use custodian_events::consume::CustomerChange;
use custodian_events::{Bus, Consumer, derive};

pub struct Tell;

impl<S: Send + Sync, E: Bus> Consumer<S, E> for Tell {
    type Message = CustomerChange;

    async fn consume(&self, cx: &Context<S, E>, change: CustomerChange, _: Timestamp) -> Result<(), Failure> {
        match derive(change.old.as_ref(), change.new.as_ref()) {
            Some(event) => cx.ends.publish(&[event]).await,
            None => Ok(()),
        }
    }
}
