//! Starts the cascade of a deleted or expired account.

use custodian_app::{Context, Failure};
use custodian_cascade::{CascadeQueue, Ledgers, start};
use custodian_domain::Timestamp;
use custodian_event_sources::EventHandler;
use custodian_events::EventMessage;

pub struct Cascade;

impl<S: Ledgers, E: CascadeQueue> EventHandler<S, E> for Cascade {
    type Message = EventMessage;

    async fn handle(&self, cx: &Context<S, E>, message: EventMessage, _: Timestamp) -> Result<(), Failure> {
        // If all steps are closed already, their last worker or `reconcile` completes the ledger.
        start(cx, message.detail.customer_id, cx.now()).await.map(|_| ())
    }
}
