//! Waiting for others: full jitter, within what a request may wait in all.
//!
//! The budget is counted in the delays themselves, so that it needs no clock. One wait serves transactions that meet others
//! at work on the same items, and races for a row that somebody else has won.

use std::time::Duration;

use crate::context::Entropy;
use crate::failure::Failure;
use crate::scope::{self, Waited};

/// How long a caller can wait for others to finish.
#[derive(Clone, Copy, Debug)]
pub enum Patience {
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

/// Waits that become longer. Every wait of a request counts against its one budget, whatever it was for.
#[derive(Debug)]
pub struct Backoff {
    waited: Waited,
    most: Duration,
    ceiling: Duration,
}

impl Backoff {
    pub fn new(patience: Patience) -> Self {
        Self { waited: scope::waited(), most: patience.budget(), ceiling: Duration::from_millis(20) }
    }

    /// Sleeps a random time and answers true, or answers false when the budget is spent.
    pub async fn wait(&mut self, entropy: &dyn Entropy) -> bool {
        let left = self.most.saturating_sub(self.waited.so_far());
        if left.is_zero() {
            return false;
        }
        let mut random = [0; 4];
        entropy.fill(&mut random);
        let share = f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX);
        // A floor of a millisecond, so that small draws cannot turn the wait into a spin.
        let delay = self.ceiling.mul_f64(share).max(Duration::from_millis(1)).min(left);
        self.waited.add(delay);
        self.ceiling = (self.ceiling * 2).min(Duration::from_millis(400));
        tokio::time::sleep(delay).await;
        true
    }
}

/// A row that others change as well. Whoever finds that it is not as it was read waits, reads it again and decides anew.
#[derive(Debug)]
pub struct Race {
    what: &'static str,
    backoff: Backoff,
}

impl Race {
    pub fn new(what: &'static str, patience: Patience) -> Self {
        Self { what, backoff: Backoff::new(patience) }
    }

    /// Waits before the next attempt; fails when that would be longer than a request can wait.
    pub async fn again(&mut self, entropy: &dyn Entropy) -> Result<(), Failure> {
        if self.backoff.wait(entropy).await {
            return Ok(());
        }
        Err(Failure::unavailable(self.what, "changed by others each time it was read"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scope::Scope;

    /// Always draws the longest wait.
    struct Most;

    impl Entropy for Most {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(u8::MAX);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn waits_double_up_to_a_ceiling_and_end_with_the_budget() {
        let (began, mut backoff) = (tokio::time::Instant::now(), Backoff::new(Patience::Request));
        let mut ends = Vec::new();
        while backoff.wait(&Most).await {
            ends.push(began.elapsed().as_millis());
        }
        assert_eq!(ends, [20, 60, 140, 300, 620, 1020, 1420, 1500]);
    }

    #[tokio::test(start_paused = true)]
    async fn all_that_one_request_waits_for_counts_as_one() {
        let began = tokio::time::Instant::now();
        scope::within(Scope::default(), async {
            let mut transaction = Backoff::new(Patience::Request);
            while transaction.wait(&Most).await {}
            // Also in what is done without the request's promises.
            let inner =
                scope::within(Scope::default(), async { Backoff::new(Patience::Request).wait(&Most).await });
            assert!(!inner.await);
            let lost = Race::new("the row", Patience::Request).again(&Most).await;
            assert!(matches!(lost, Err(Failure::Unavailable { what: "the row", .. })));
        })
        .await;
        assert_eq!(began.elapsed().as_millis(), 1500);
        assert!(Backoff::new(Patience::Request).wait(&Most).await, "another request has its own");
    }
}
