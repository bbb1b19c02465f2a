//! Ends what runs for an account that was frozen or has ended: its transcriptions here, everything else by telling the call
//! plane. News that come late, when the account is active again, do nothing.

use custodian_app::ports::{ListResources, ReadCustomers, UpdateResources};
use custodian_app::resources::stop_all;
use custodian_app::{Context, Failure};
use custodian_domain::{Status, Timestamp};
use custodian_events::{Bus, Consumer, Delivered, terminate};

pub struct Terminate;

impl<S: ReadCustomers + ListResources + UpdateResources, E: Bus> Consumer<S, E> for Terminate {
    type Message = Delivered;

    async fn consume(&self, cx: &Context<S, E>, message: Delivered, _: Timestamp) -> Result<(), Failure> {
        let stopped = message.detail;
        let customer = cx.store.customer(stopped.customer_id).await?;
        match customer.map(|customer| customer.status()) {
            Some(Status::Frozen) => stop_all(cx, stopped.customer_id).await?,
            // Its rows are the cascade's.
            Some(Status::Deleted) => {}
            _ => return Ok(()),
        }
        cx.ends.publish(&[terminate(&stopped)]).await
    }
}
