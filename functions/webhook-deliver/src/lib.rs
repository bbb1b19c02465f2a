//! Handles delivery jobs. Each job asks for one attempt.

use custodian_app::ports::{Budgets, ReadCustomers};
use custodian_app::{Context, Failure};
use custodian_cascade::CascadeQueue;
use custodian_domain::Timestamp;
use custodian_event_sources::EventHandler;
use custodian_webhooks::WebhookStore;
use custodian_webhooks::{DeliveryJob, DeliveryQueue, ReadPayloadRows, WebhookSender, deliver};

pub struct Deliver;

impl<
    S: ReadCustomers + ReadPayloadRows + WebhookStore + Budgets,
    E: WebhookSender + DeliveryQueue + CascadeQueue,
> EventHandler<S, E> for Deliver
{
    type Message = DeliveryJob;

    async fn handle(&self, cx: &Context<S, E>, job: DeliveryJob, _: Timestamp) -> Result<(), Failure> {
        deliver(cx, &job).await
    }
}
