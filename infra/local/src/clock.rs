//! A clock that can be moved: the system's, with an offset.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use custodian_app::Clock;
use custodian_domain::Timestamp;
use custodian_runtime::SystemClock;

/// The system's clock with an offset in microseconds.
#[derive(Debug)]
pub(crate) struct VirtualClock(AtomicI64);

impl VirtualClock {
    pub(crate) fn new(offset: i64) -> Self {
        Self(AtomicI64::new(offset))
    }

    /// Moves on to `instant`, never back; answers the new offset.
    pub(crate) fn advance_to(&self, instant: Timestamp) -> i64 {
        let ahead = instant.micros().saturating_sub(self.now().micros()).max(0);
        self.0.fetch_add(ahead, Ordering::SeqCst).saturating_add(ahead)
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        let micros = SystemClock.now().micros().saturating_add(self.0.load(Ordering::SeqCst));
        Timestamp::from_micros(micros)
    }
}

/// The year 9999: what comes after it has no spelling that everybody reads.
pub(crate) const END: Timestamp = Timestamp::from_micros(253_370_764_800_000_000);

/// How far the clock may be moved in one call: a hundred years.
pub(crate) const FURTHEST: Duration = Duration::from_secs(100 * 365 * 86_400);
