//! Tells what happened to customers and to what they own, from the change streams, on the bus; and counts it.

use custodian_app::{Context, Failure};
use custodian_domain::Timestamp;
use custodian_events::{Bus, Change, Consumer, counted, of_change};

pub struct Tell;

impl<S: Send + Sync, E: Bus> Consumer<S, E> for Tell {
    type Message = Change;

    async fn consume(&self, cx: &Context<S, E>, change: Change, _: Timestamp) -> Result<(), Failure> {
        let Some(event) = of_change(&change) else { return Ok(()) };
        cx.ends.publish(&[event]).await?;
        cx.meter.note(&counted(&change));
        Ok(())
    }
}
