//! The virtual clock: the system's clock plus an offset. It never goes back while the process runs, also if the system's
//! clock is set back. Otherwise a message that was just sent would not be due until the system's clock has caught up.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use custodian_app::Clock;
use custodian_domain::Timestamp;
use custodian_runtime::SystemClock;

/// All values are in microseconds.
#[derive(Debug)]
pub(crate) struct VirtualClock {
    /// The offset to the system's clock.
    offset: AtomicI64,
    /// The latest time that the clock has shown.
    latest: AtomicI64,
}

impl VirtualClock {
    pub(crate) fn new(offset: i64) -> Self {
        Self { offset: AtomicI64::new(offset), latest: AtomicI64::new(i64::MIN) }
    }

    /// Moves the clock forward to `instant`, never back, and returns the new offset.
    pub(crate) fn advance_to(&self, instant: Timestamp) -> i64 {
        let needed = instant.micros().saturating_sub(SystemClock.now().micros());
        self.offset.fetch_max(needed, Ordering::SeqCst).max(needed)
    }

    /// The time of the virtual clock when the system's clock shows `system`.
    fn at(&self, system: Timestamp) -> Timestamp {
        let micros = system.micros().saturating_add(self.offset.load(Ordering::SeqCst));
        Timestamp::from_micros(micros.max(self.latest.fetch_max(micros, Ordering::SeqCst)))
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.at(SystemClock.now())
    }
}

/// The start of the year 9999. No request moves the clock to it or beyond. RFC 3339 has no five-digit years, and times up to a year ahead
/// must still have four digits.
pub(crate) const END_OF_TIME: Timestamp = Timestamp::from_micros(253_370_764_800_000_000);

/// The longest step of one request: a hundred years.
pub(crate) const MAX_STEP: Duration = Duration::from_secs(100 * 365 * 86_400);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_never_goes_back() {
        let clock = VirtualClock::new(5);
        let at = |micros| clock.at(Timestamp::from_micros(micros)).micros();
        assert_eq!([at(100), at(40), at(101)], [105, 105, 106]);
    }
}
