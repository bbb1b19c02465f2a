//! The retry schedule: ten attempts over three days or, for a deletion notice, as many as fit into an hour.
//!
//! The delays are those of the example in Standard Webhooks 1.0.0, "Deliverability and reliability".

use std::time::Duration;

use crate::outcome::AttemptOutcome;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// The delays after the first, second, … failed attempt. The attempt after the last delay is the last one.
pub const RETRY_DELAYS: [Duration; 9] = [
    Duration::from_secs(5),
    Duration::from_secs(5 * MINUTE),
    Duration::from_secs(30 * MINUTE),
    Duration::from_secs(2 * HOUR),
    Duration::from_secs(5 * HOUR),
    Duration::from_secs(10 * HOUR),
    Duration::from_secs(14 * HOUR),
    Duration::from_secs(20 * HOUR),
    Duration::from_secs(24 * HOUR),
];

/// The longest accepted `Retry-After`. A longer one ends the delivery.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(7 * 24 * HOUR);

/// The maximum time from the deletion to the last attempt of its notice. The encrypted destination expires then.
pub const DELETION_NOTICE_LIFETIME: Duration = Duration::from_secs(HOUR);

/// The maximum jitter, as a fraction of the delay.
const MAX_JITTER: f64 = 0.1;

/// How long a delivery is retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetrySchedule {
    /// All of [`RETRY_DELAYS`].
    Standard,
    /// Until [`DELETION_NOTICE_LIFETIME`] after the deletion.
    DeletionNotice,
}

/// The attempt that has just ended.
#[derive(Clone, Copy, Debug)]
pub struct FinishedAttempt {
    /// The first attempt is 1.
    pub number: u32,
    /// From the start of the first attempt, or from the deletion for its notice, to the end of this attempt.
    pub since_first: Duration,
    pub schedule: RetrySchedule,
}

/// The delay from this attempt to the next one; `None` if this attempt is the last.
///
/// The delay is that of the schedule or of `Retry-After`, whichever is longer, plus a jitter of up to a tenth. `jitter` is a
/// uniform random number. No attempt is earlier than `Retry-After` allows, and a `Retry-After` above [`MAX_RETRY_AFTER`] ends
/// the delivery.
pub fn next_delay(attempt: FinishedAttempt, outcome: AttemptOutcome, jitter: u32) -> Option<Duration> {
    let requested = match outcome {
        // A refused URL would be refused again, so a retry is useless.
        AttemptOutcome::Succeeded { .. } | AttemptOutcome::Disabled | AttemptOutcome::Refused(_) => {
            return None;
        }
        AttemptOutcome::Failed { retry_after: Some(requested), .. } if requested > MAX_RETRY_AFTER => {
            return None;
        }
        AttemptOutcome::Failed { retry_after, .. } => retry_after.unwrap_or_default(),
        // The addresses of a name may change, so a name without a public address is retried too.
        AttemptOutcome::Unreachable(_) | AttemptOutcome::TimedOut => Duration::ZERO,
    };
    let previous_attempts = usize::try_from(attempt.number.checked_sub(1)?).ok()?;
    let delay = (*RETRY_DELAYS.get(previous_attempts)?).max(requested);
    let delay = delay.mul_f64(1.0 + MAX_JITTER * f64::from(jitter) / f64::from(u32::MAX));
    match attempt.schedule {
        RetrySchedule::Standard => Some(delay),
        RetrySchedule::DeletionNotice => {
            (attempt.since_first.saturating_add(delay) <= DELETION_NOTICE_LIFETIME).then_some(delay)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DestinationRefusal, UnreachableCause};

    const FAILED: AttemptOutcome = AttemptOutcome::Failed { status: 500, retry_after: None };

    fn standard(number: u32) -> FinishedAttempt {
        FinishedAttempt { number, since_first: Duration::ZERO, schedule: RetrySchedule::Standard }
    }

    fn notice(number: u32, since_first: u64) -> FinishedAttempt {
        FinishedAttempt {
            number,
            since_first: Duration::from_secs(since_first),
            schedule: RetrySchedule::DeletionNotice,
        }
    }

    fn retry_after(seconds: u64) -> AttemptOutcome {
        AttemptOutcome::Failed { status: 503, retry_after: Some(Duration::from_secs(seconds)) }
    }

    #[test]
    fn ten_attempts_are_made_over_75_hours_35_minutes_and_5_seconds() {
        let delays: Vec<_> = (1..).map_while(|number| next_delay(standard(number), FAILED, 0)).collect();
        assert_eq!(delays, RETRY_DELAYS);
        assert_eq!(delays.iter().sum::<Duration>(), Duration::from_secs(75 * HOUR + 35 * MINUTE + 5));
        assert_eq!(next_delay(standard(0), FAILED, 0), None);
        assert_eq!(next_delay(standard(u32::MAX), FAILED, 0), None);
    }

    #[test]
    fn jitter_adds_up_to_a_tenth() {
        assert_eq!(next_delay(standard(2), FAILED, u32::MAX), Some(Duration::from_secs(330)));
        let half = next_delay(standard(2), FAILED, u32::MAX / 2).unwrap().as_secs_f64();
        assert!((half - 315.0).abs() < 0.001, "{half}");
    }

    #[test]
    fn temporary_failures_are_retried_and_final_outcomes_are_not() {
        let temporary = [
            AttemptOutcome::TimedOut,
            AttemptOutcome::Unreachable(UnreachableCause::NoPublicAddress),
            AttemptOutcome::Unreachable(UnreachableCause::Certificate),
            AttemptOutcome::Failed { status: 302, retry_after: None },
            AttemptOutcome::Failed { status: 400, retry_after: None },
        ];
        for outcome in temporary {
            assert_eq!(next_delay(standard(1), outcome, 0), Some(RETRY_DELAYS[0]), "{outcome:?}");
        }
        let final_outcomes = [
            AttemptOutcome::Succeeded { status: 204 },
            AttemptOutcome::Disabled,
            AttemptOutcome::Refused(DestinationRefusal::Scheme),
            AttemptOutcome::Refused(DestinationRefusal::NotPublic),
        ];
        for outcome in final_outcomes {
            assert_eq!(next_delay(standard(1), outcome, 0), None, "{outcome:?}");
        }
    }

    #[test]
    fn a_receiver_may_delay_the_next_attempt_by_up_to_a_week_but_not_shorten_the_delay() {
        assert_eq!(next_delay(standard(1), retry_after(120), 0), Some(Duration::from_secs(120)));
        assert_eq!(next_delay(standard(2), retry_after(120), 0), Some(RETRY_DELAYS[1]));
        assert_eq!(next_delay(standard(1), retry_after(7 * 24 * HOUR), 0), Some(MAX_RETRY_AFTER));
        for longer in [7 * 24 * HOUR + 1, 365 * 24 * HOUR, u64::MAX] {
            assert_eq!(
                next_delay(standard(1), retry_after(longer), 0),
                None,
                "no attempt is earlier than requested"
            );
        }
        assert!(next_delay(standard(1), retry_after(120), u32::MAX / 3).unwrap() > Duration::from_secs(120));
    }

    #[test]
    fn a_deletion_notice_is_retried_for_an_hour_at_most() {
        let (mut now, mut attempts) = (Duration::ZERO, 1);
        while let Some(delay) = next_delay(
            FinishedAttempt { number: attempts, since_first: now, schedule: RetrySchedule::DeletionNotice },
            FAILED,
            u32::MAX,
        ) {
            now += delay;
            attempts += 1;
        }
        assert_eq!(attempts, 4);
        assert!(now <= DELETION_NOTICE_LIFETIME);
        assert_eq!(next_delay(notice(1, 0), retry_after(HOUR), 0), Some(DELETION_NOTICE_LIFETIME));
        assert_eq!(next_delay(notice(1, 15), retry_after(HOUR), 0), None);
        assert_eq!(next_delay(notice(1, 3596), FAILED, 0), None);
        assert_eq!(next_delay(notice(1, u64::MAX), FAILED, 0), None);
    }
}
