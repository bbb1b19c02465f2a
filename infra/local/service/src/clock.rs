//! The virtual clock: the system's clock plus an offset.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use custodian_app::Clock;
use custodian_domain::Timestamp;
use custodian_runtime::SystemClock;

/// Holds the offset to the system's clock, in microseconds.
#[derive(Debug)]
pub(crate) struct VirtualClock(AtomicI64);

impl VirtualClock {
    pub(crate) fn new(offset: i64) -> Self {
        Self(AtomicI64::new(offset))
    }

    /// Moves the clock forward to `instant`, never back, and returns the new offset.
    pub(crate) fn advance_to(&self, instant: Timestamp) -> i64 {
        let step = instant.micros().saturating_sub(self.now().micros()).max(0);
        self.0.fetch_add(step, Ordering::SeqCst).saturating_add(step)
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        let micros = SystemClock.now().micros().saturating_add(self.0.load(Ordering::SeqCst));
        Timestamp::from_micros(micros)
    }
}

/// The start of the year 9999, which the clock never reaches. RFC 3339 has no five-digit years.
pub(crate) const END_OF_TIME: Timestamp = Timestamp::from_micros(253_370_764_800_000_000);

/// The longest step of one request: a hundred years.
pub(crate) const MAX_STEP: Duration = Duration::from_secs(100 * 365 * 86_400);
