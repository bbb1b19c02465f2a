//! Does the errands of webhooks: one attempt each.

use custodian_app::hooks::KeepHooks;
use custodian_app::ports::ReadCustomers;
use custodian_app::{Context, Failure};
use custodian_cascade::Tasks;
use custodian_deliveries::{Errand, Errands, Posting, ReadRows, deliver};
use custodian_domain::Timestamp;
use custodian_events::Consumer;

pub struct Deliver;

impl<S: ReadCustomers + ReadRows + KeepHooks, E: Posting + Errands + Tasks> Consumer<S, E> for Deliver {
    type Message = Errand;

    async fn consume(&self, cx: &Context<S, E>, errand: Errand, _: Timestamp) -> Result<(), Failure> {
        deliver(cx, &errand).await
    }
}
