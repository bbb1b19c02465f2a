//! Waiting for others: full jitter within a budget.
//!
//! The budget is counted in the delays themselves, so that it needs no clock.

use std::time::Duration;

use crate::Store;

/// How long a caller can wait for others to finish.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Patience {
    /// A request on one row among many.
    Request,
    /// A change of status, which meets every write of its customer.
    StatusChange,
}

impl Patience {
    const fn budget(self) -> Duration {
        match self {
            Self::Request => Duration::from_millis(1500),
            Self::StatusChange => Duration::from_secs(5),
        }
    }
}

pub(crate) struct Backoff {
    left: Duration,
    ceiling: Duration,
}

impl Backoff {
    pub(crate) fn new(patience: Patience) -> Self {
        Self { left: patience.budget(), ceiling: Duration::from_millis(20) }
    }

    /// Sleeps a random time and answers true, or answers false when the budget is spent.
    pub(crate) async fn wait(&mut self, store: &Store) -> bool {
        if self.left.is_zero() {
            return false;
        }
        let mut random = [0; 4];
        store.entropy.fill(&mut random);
        let share = f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX);
        // A floor of a millisecond, so that small draws cannot turn the wait into a spin.
        let delay = self.ceiling.mul_f64(share).max(Duration::from_millis(1)).min(self.left);
        self.left -= delay;
        self.ceiling = (self.ceiling * 2).min(Duration::from_millis(400));
        tokio::time::sleep(delay).await;
        true
    }
}
