//! Retries with exponential backoff and full jitter, within the time budget of a request.
//!
//! The budget counts only the delays, so it needs no clock. Retries after conflicting transactions and after stale rows share
//! one budget.

use std::time::Duration;

use crate::failure::Failure;
use crate::ports::Entropy;
use crate::request_conditions::{self, TimeWaited};

/// The total time that a caller can wait.
#[derive(Clone, Copy, Debug)]
pub enum RetryBudget {
    /// For most work, such as a change of one row.
    Short,
    /// For work that may conflict with many writes, such as a change of status or of a deletion ledger.
    Long,
}

impl RetryBudget {
    const fn duration(self) -> Duration {
        match self {
            Self::Short => Duration::from_millis(1500),
            Self::Long => Duration::from_secs(5),
        }
    }
}

/// Random waits. The longest possible wait doubles each time, up to 400 ms. All waits of a request count against the same budget.
#[derive(Debug)]
pub struct RetryDelays {
    waited: TimeWaited,
    budget: Duration,
    max_delay: Duration,
}

impl RetryDelays {
    pub fn new(budget: RetryBudget) -> Self {
        Self {
            waited: request_conditions::time_waited(),
            budget: budget.duration(),
            max_delay: Duration::from_millis(20),
        }
    }

    /// Sleeps a random time and returns true. Returns false if the budget is exhausted.
    pub async fn wait(&mut self, entropy: &dyn Entropy) -> bool {
        let remaining = self.budget.saturating_sub(self.waited.total());
        if remaining.is_zero() {
            return false;
        }
        let mut random = [0; 4];
        entropy.fill(&mut random);
        let fraction = f64::from(u32::from_le_bytes(random)) / f64::from(u32::MAX);
        // At least a millisecond, so that small random values do not cause a busy loop.
        let delay = self.max_delay.mul_f64(fraction).max(Duration::from_millis(1)).min(remaining);
        self.waited.add(delay);
        self.max_delay = (self.max_delay * 2).min(Duration::from_millis(400));
        tokio::time::sleep(delay).await;
        true
    }
}

/// Retries of a conditional write. A caller whose write was stale waits, rereads the row and decides again.
#[derive(Debug)]
pub struct Retry {
    what: &'static str,
    backoff: RetryDelays,
}

impl Retry {
    pub fn new(what: &'static str, budget: RetryBudget) -> Self {
        Self { what, backoff: RetryDelays::new(budget) }
    }

    /// Waits before the next attempt. Fails if the budget is exhausted.
    pub async fn wait(&mut self, entropy: &dyn Entropy) -> Result<(), Failure> {
        if self.backoff.wait(entropy).await {
            return Ok(());
        }
        Err(Failure::unavailable(self.what, "changed concurrently on every attempt"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request_conditions::RequestConditions;

    /// Entropy that always selects the longest wait.
    struct MaxEntropy;

    impl Entropy for MaxEntropy {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(u8::MAX);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn waits_double_up_to_a_ceiling_until_the_budget_is_exhausted() {
        let (start, mut backoff) = (tokio::time::Instant::now(), RetryDelays::new(RetryBudget::Short));
        let mut wake_times = Vec::new();
        while backoff.wait(&MaxEntropy).await {
            wake_times.push(start.elapsed().as_millis());
        }
        assert_eq!(wake_times, [20, 60, 140, 300, 620, 1020, 1420, 1500]);
    }

    #[tokio::test(start_paused = true)]
    async fn all_waits_of_a_request_share_one_budget() {
        let start = tokio::time::Instant::now();
        request_conditions::with_conditions(RequestConditions::default(), async {
            let mut transaction = RetryDelays::new(RetryBudget::Short);
            while transaction.wait(&MaxEntropy).await {}
            // A nested call with other conditions shares the budget.
            let inner = request_conditions::with_conditions(RequestConditions::default(), async {
                RetryDelays::new(RetryBudget::Short).wait(&MaxEntropy).await
            });
            assert!(!inner.await);
            let exhausted = Retry::new("the row", RetryBudget::Short).wait(&MaxEntropy).await;
            assert!(matches!(exhausted, Err(Failure::Unavailable { what: "the row", .. })));
        })
        .await;
        assert_eq!(start.elapsed().as_millis(), 1500);
        assert!(
            RetryDelays::new(RetryBudget::Short).wait(&MaxEntropy).await,
            "another request has its own budget"
        );
    }
}
