//! The background work: it runs when a request, a due time or the end of a delivery wakes it, and after `MAX_SLEEP` at the latest.

use std::time::Duration;

use custodian_app::Failure;
use custodian_domain::Timestamp;

use super::{CLOCK_OFFSET_KEY, Service};
use crate::panics::catch_panic;

const LAST_RECONCILE_KEY: &str = "reconciled at";
/// The rate of the template's schedule.
const RECONCILE_INTERVAL: Duration = Duration::from_secs(15 * 60);
/// The longest sleep of the dispatcher. It bounds the delay after the system's clock was set and after the computer slept.
const MAX_SLEEP: Duration = Duration::from_secs(5);
/// The delay after a pass that returned a failure, or that could not publish a stream record. A message or job whose handler failed
/// has a delay of its own.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

impl Service {
    pub(crate) async fn run_dispatcher(self) {
        loop {
            let sleep = match catch_panic(self.dispatch_once()).await.flatten() {
                Ok(sleep) => sleep,
                Err(failure) => {
                    tracing::error!(%failure, "background work failed and will be retried");
                    RETRY_INTERVAL
                }
            };
            if !sleep.is_zero() {
                let woken = self.0.wake_dispatcher.notified();
                let _ = tokio::time::timeout(sleep, woken).await;
            }
        }
    }

    /// Handles what is due, and returns the time until the next pass. It locks the dispatcher for one pass only, so that a
    /// request that waits for the lock gets its turn.
    async fn dispatch_once(&self) -> Result<Duration, Failure> {
        let _paused = self.pause_background_work().await;
        let started = self.now();
        if started >= self.reconcile_due()? {
            self.reconcile().await?;
            self.0.dispatcher.erase_deleted_rows()?;
        }
        if self.0.dispatcher.dispatch_due().await? {
            return Ok(Duration::ZERO);
        }
        if self.0.dispatcher.has_unpublished_records() {
            return Ok(RETRY_INTERVAL);
        }
        // A delivery to a slow endpoint may be due but has to wait until another one ends, which wakes the dispatcher.
        self.time_until_due_after(started)
    }

    fn time_until_due_after(&self, instant: Timestamp) -> Result<Duration, Failure> {
        let due = self.state().next_due_after(instant)?;
        let due = due.into_iter().chain([self.reconcile_due()?]).min();
        Ok(due.map_or(MAX_SLEEP, |due| due.since(self.now())).min(MAX_SLEEP))
    }

    /// A new folder has never been reconciled, so it is overdue.
    fn reconcile_due(&self) -> Result<Timestamp, Failure> {
        let last = self.state().get(LAST_RECONCILE_KEY)?.and_then(|text| text.parse().ok());
        Ok(Timestamp::from_micros(last.unwrap_or(0)).plus(RECONCILE_INTERVAL))
    }

    /// Runs `reconcile`. Stores the time only afterwards, so that the next start repeats a run that a kill has interrupted. A run
    /// that failed is not repeated before the next interval, as in the template.
    async fn reconcile(&self) -> Result<(), Failure> {
        let (started, services) = (self.now(), &self.0.dispatcher.cx.services);
        let cleaned = services.delete_old_mails().and_then(|()| services.delete_old_exports());
        let reconciled = self.0.dispatcher.reconcile().await;
        self.state().set(LAST_RECONCILE_KEY, &started.micros().to_string())?;
        cleaned.and(reconciled)
    }

    /// Handles everything that is due now, and waits for the deliveries in flight.
    pub(crate) async fn idle(&self) -> Result<Timestamp, Failure> {
        let _paused = self.pause_background_work().await;
        let drained = self.0.dispatcher.drain().await;
        self.0.dispatcher.erase_deleted_rows()?;
        drained.map(|()| self.now())
    }

    /// Moves the clock, and handles everything that becomes due until the new time.
    pub(crate) async fn advance(&self, step: Duration) -> Result<Timestamp, Failure> {
        let _paused = self.pause_background_work().await;
        let advanced = self.advance_by_due_times(step).await;
        // The dispatcher sleeps until a time that may have passed.
        self.0.wake_dispatcher.notify_one();
        self.0.dispatcher.erase_deleted_rows()?;
        advanced.map(|()| self.now())
    }

    pub(crate) async fn erase_deleted_rows(&self) -> Result<(), Failure> {
        let _paused = self.pause_background_work().await;
        self.0.dispatcher.erase_deleted_rows()
    }

    /// Moves the clock from one due time to the next and handles the due work at each. The recurring `reconcile` runs once, at
    /// the end.
    async fn advance_by_due_times(&self, step: Duration) -> Result<(), Failure> {
        self.0.dispatcher.drain().await?;
        let end = self.now().plus(step);
        while let Some(due) = self.state().next_due()?.filter(|due| *due <= end) {
            self.move_clock_to(due)?;
            self.0.dispatcher.drain().await?;
        }
        self.move_clock_to(end)?;
        self.reconcile().await?;
        self.0.dispatcher.drain().await
    }

    fn move_clock_to(&self, instant: Timestamp) -> Result<(), Failure> {
        let offset = self.0.dispatcher.cx.services.clock.advance_to(instant);
        self.state().set(CLOCK_OFFSET_KEY, &offset.to_string())
    }
}
