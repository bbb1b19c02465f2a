//! The pauses of a webhook endpoint that fails. All deliveries to the endpoint share them, so the number of changes in the account
//! does not decide how many requests the endpoint gets while it fails.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// An endpoint whose last attempts all failed with 429, 5xx or no response. Any other outcome deletes the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailingEndpoint {
    /// The fingerprint of the URI that failed. Another URI of the endpoint starts afresh.
    pub fingerprint: String,
    /// The consecutive failed attempts.
    pub failures: u32,
    /// The number of pauses before the current or next one, which decides its length.
    #[serde(default)]
    pub pauses: u32,
    /// The end of the pause, if there are [`Self::MAX_FAILURES`] failures or more.
    pub until: Timestamp,
}

impl FailingEndpoint {
    /// The consecutive failures after which an endpoint is paused.
    pub const MAX_FAILURES: u32 = 5;
    const FIRST_PAUSE: Duration = Duration::from_secs(30);
    const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
    /// How long the state is stored after the end of the pause. It is longer than the longest delay between two attempts.
    pub const RETENTION: Duration = Duration::from_secs(8 * 86_400);

    /// The end of the pause. `None` if the endpoint has failed too seldom for one.
    pub fn paused_until(&self) -> Option<Timestamp> {
        (self.failures >= Self::MAX_FAILURES).then_some(self.until)
    }

    /// The length of the pause after this number of earlier pauses.
    pub fn pause(earlier: u32) -> Duration {
        let factor = 1_u32.checked_shl(earlier).unwrap_or(u32::MAX);
        Self::FIRST_PAUSE.saturating_mul(factor).min(Self::LONGEST_PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_half_a_minute_to_an_hour() {
        let seconds = [0, 1, 2, 6, 7, 40, u32::MAX].map(|earlier| FailingEndpoint::pause(earlier).as_secs());
        assert_eq!(seconds, [30, 60, 120, 1920, 3600, 3600, 3600]);
    }

    #[test]
    fn an_endpoint_is_paused_after_five_failures() {
        let until = Timestamp::from_micros(7);
        let paused = |failures| {
            FailingEndpoint { fingerprint: String::new(), failures, pauses: 0, until }.paused_until()
        };
        assert_eq!((paused(4), paused(5)), (None, Some(until)));
    }
}
