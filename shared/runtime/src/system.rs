//! The system clock and the system's random numbers. In the service, only this file and libraries use them.

use std::sync::Arc;

use custodian_app::{Clock, Entropy, Providers};
use custodian_domain::Timestamp;

/// The system clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(chrono::Utc::now().timestamp_micros())
    }
}

/// The operating system's random numbers.
#[derive(Clone, Copy, Debug)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    /// # Panics
    /// If the operating system provides no random bytes, because keys and tokens need them.
    #[expect(
        clippy::disallowed_methods,
        clippy::expect_used,
        reason = "the one place that draws random numbers"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system provides random bytes");
    }
}

/// The real clock and real randomness.
pub fn providers() -> Providers {
    Providers { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy) }
}
