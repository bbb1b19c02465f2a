//! When a delivery that failed is tried again: ten attempts over three days, or as many as fit into an hour.
//!
//! The delays are those of the example in Standard Webhooks 1.0.0, "Deliverability and reliability".

use std::time::Duration;

use crate::outcome::Outcome;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;

/// How long after the failure of the first, second, … attempt the next one follows. After the last there is none.
pub const DELAYS: [Duration; 9] = [
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

/// The longest that a receiver may ask to wait: who asks for more is not waited for at all.
pub const LONGEST_WISH: Duration = Duration::from_secs(7 * 24 * HOUR);

/// How long after its first attempt a deletion's webhook may still be tried: until then its destination is kept.
pub const DELETION: Duration = Duration::from_secs(HOUR);

/// Jitter adds up to this share of the delay.
const JITTER: f64 = 0.1;

/// How long a delivery is worth trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// All of [`DELAYS`].
    Usual,
    /// As long as the next attempt is at most [`DELETION`] after the first.
    Deletion,
}

/// The attempt that has just ended.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// Counted from 1.
    pub number: u32,
    /// From the beginning of the first attempt to the end of this one.
    pub since_first: Duration,
    pub patience: Patience,
}

/// How long after this attempt the next one follows; `None` if there is none to follow.
///
/// The delay is the schedule's or, if that is longer, what the receiver asked for; and on top up to a tenth of it, by
/// `jitter`: a number drawn evenly from all of `u32`. Nothing is tried earlier than asked: a wish for more than
/// [`LONGEST_WISH`] ends the delivery.
pub fn next(attempt: Attempt, outcome: Outcome, jitter: u32) -> Option<Duration> {
    let asked = match outcome {
        Outcome::Succeeded { .. } | Outcome::Disabled => return None,
        Outcome::Refused(refusal) if refusal.is_final() => return None,
        Outcome::Failed { retry_after: Some(asked), .. } if asked > LONGEST_WISH => return None,
        Outcome::Failed { retry_after, .. } => retry_after.unwrap_or_default(),
        Outcome::Refused(_) | Outcome::Unreachable(_) | Outcome::TimedOut => Duration::ZERO,
    };
    let failed_before = usize::try_from(attempt.number.checked_sub(1)?).ok()?;
    let delay = (*DELAYS.get(failed_before)?).max(asked);
    let delay = delay.mul_f64(1.0 + JITTER * f64::from(jitter) / f64::from(u32::MAX));
    match attempt.patience {
        Patience::Usual => Some(delay),
        Patience::Deletion => (attempt.since_first.saturating_add(delay) <= DELETION).then_some(delay),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fault, Refusal};

    const FAILED: Outcome = Outcome::Failed { status: 500, retry_after: None };

    fn usual(number: u32) -> Attempt {
        Attempt { number, since_first: Duration::ZERO, patience: Patience::Usual }
    }

    fn deletion(number: u32, since_first: u64) -> Attempt {
        Attempt { number, since_first: Duration::from_secs(since_first), patience: Patience::Deletion }
    }

    fn asking(seconds: u64) -> Outcome {
        Outcome::Failed { status: 503, retry_after: Some(Duration::from_secs(seconds)) }
    }

    #[test]
    fn ten_attempts_are_made_over_75_hours_35_minutes_and_5_seconds() {
        let delays: Vec<_> = (1..).map_while(|number| next(usual(number), FAILED, 0)).collect();
        assert_eq!(delays, DELAYS);
        assert_eq!(delays.iter().sum::<Duration>(), Duration::from_secs(75 * HOUR + 35 * MINUTE + 5));
        assert_eq!(next(usual(0), FAILED, 0), None);
        assert_eq!(next(usual(u32::MAX), FAILED, 0), None);
    }

    #[test]
    fn jitter_adds_up_to_a_tenth() {
        assert_eq!(next(usual(2), FAILED, u32::MAX), Some(Duration::from_secs(330)));
        let half = next(usual(2), FAILED, u32::MAX / 2).unwrap().as_secs_f64();
        assert!((half - 315.0).abs() < 0.001, "{half}");
    }

    #[test]
    fn what_never_answered_is_tried_again_and_what_is_settled_is_not() {
        let again = [
            Outcome::TimedOut,
            Outcome::Unreachable(Fault::Name),
            Outcome::Unreachable(Fault::Certificate),
            Outcome::Refused(Refusal::NoPublicAddress),
            Outcome::Failed { status: 302, retry_after: None },
            Outcome::Failed { status: 400, retry_after: None },
        ];
        for outcome in again {
            assert_eq!(next(usual(1), outcome, 0), Some(DELAYS[0]), "{outcome:?}");
        }
        let settled = [
            Outcome::Succeeded { status: 204 },
            Outcome::Disabled,
            Outcome::Refused(Refusal::Scheme),
            Outcome::Refused(Refusal::NotPublic),
        ];
        for outcome in settled {
            assert_eq!(next(usual(1), outcome, 0), None, "{outcome:?}");
        }
    }

    #[test]
    fn a_receiver_may_ask_for_up_to_a_week_and_not_for_less_time() {
        assert_eq!(next(usual(1), asking(120), 0), Some(Duration::from_secs(120)));
        assert_eq!(next(usual(2), asking(120), 0), Some(DELAYS[1]));
        assert_eq!(next(usual(1), asking(7 * 24 * HOUR), 0), Some(LONGEST_WISH));
        for longer in [7 * 24 * HOUR + 1, 365 * 24 * HOUR, u64::MAX] {
            assert_eq!(next(usual(1), asking(longer), 0), None, "rather not at all than too early");
        }
        assert!(next(usual(1), asking(120), u32::MAX / 3).unwrap() > Duration::from_secs(120));
    }

    #[test]
    fn a_deletion_is_tried_for_an_hour_at_most_whatever_is_asked() {
        let (mut now, mut attempts) = (Duration::ZERO, 1);
        while let Some(delay) = next(
            Attempt { number: attempts, since_first: now, patience: Patience::Deletion },
            FAILED,
            u32::MAX,
        ) {
            now += delay;
            attempts += 1;
        }
        assert_eq!(attempts, 4);
        assert!(now <= DELETION);
        assert_eq!(next(deletion(1, 0), asking(HOUR), 0), Some(DELETION));
        assert_eq!(next(deletion(1, 15), asking(HOUR), 0), None);
        assert_eq!(next(deletion(1, 3596), FAILED, 0), None);
        assert_eq!(next(deletion(1, u64::MAX), FAILED, 0), None);
    }
}
