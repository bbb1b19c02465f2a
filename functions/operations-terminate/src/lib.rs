//! Ends the operations of a frozen or deleted account: it publishes `operations_terminate` for the call plane and stops the
//! transcriptions of a frozen account. A late event does nothing if the account is active again. The function publishes first, so
//! that calls end even if stopping the transcriptions fails.

use custodian_app::ports::{ListResources, ReadCustomers, UpdateResources};
use custodian_app::resources::stop_transcriptions;
use custodian_app::{Context, Failure};
use custodian_domain::{Status, Timestamp};
use custodian_event_sources::EventHandler;
use custodian_events::{EventBus, EventMessage, operations_terminate};

pub struct TerminateOperations;

impl<S: ReadCustomers + ListResources + UpdateResources, E: EventBus> EventHandler<S, E>
    for TerminateOperations
{
    type Message = EventMessage;

    async fn handle(
        &self,
        cx: &Context<S, E>,
        message: EventMessage,
        stop_at: Timestamp,
    ) -> Result<(), Failure> {
        let event = message.detail;
        let customer = cx.store.customer(event.customer_id).await?;
        let Some(status @ (Status::Frozen | Status::Deleted)) = customer.map(|row| row.status()) else {
            return Ok(());
        };
        cx.services.publish(&[operations_terminate(&event)]).await?;
        match status {
            Status::Frozen => stop_transcriptions(cx, event.customer_id, stop_at).await,
            // The cascade deletes the transcriptions of a deleted account.
            _ => Ok(()),
        }
    }
}
