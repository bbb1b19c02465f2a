//! Ends what runs for an account that was frozen or has ended: its transcriptions here, everything else by telling the call
//! plane. News that come late, when the account is active again, do nothing. The call plane is told first: whatever keeps this
//! from ending the rest keeps nobody from ending the calls.

use custodian_app::ports::{ListResources, ReadCustomers, UpdateResources};
use custodian_app::resources::stop_all;
use custodian_app::{Context, Failure};
use custodian_domain::{Status, Timestamp};
use custodian_events::{Bus, Consumer, Delivered, terminate};

pub struct Terminate;

impl<S: ReadCustomers + ListResources + UpdateResources, E: Bus> Consumer<S, E> for Terminate {
    type Message = Delivered;

    async fn consume(
        &self,
        cx: &Context<S, E>,
        message: Delivered,
        stop_at: Timestamp,
    ) -> Result<(), Failure> {
        let stopped = message.detail;
        let customer = cx.store.customer(stopped.customer_id).await?;
        let Some(status @ (Status::Frozen | Status::Deleted)) = customer.map(|row| row.status()) else {
            return Ok(());
        };
        cx.ends.publish(&[terminate(&stopped)]).await?;
        match status {
            Status::Frozen => stop_all(cx, stopped.customer_id, stop_at).await,
            // Its rows are the cascade's.
            _ => Ok(()),
        }
    }
}
