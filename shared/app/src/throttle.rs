//! Rate limits of attempts. The store keeps only keyed hashes of usernames and addresses.
//!
//! An attempt reserves quota before it starts and releases it on success, so that concurrent attempts cannot exceed the limit.
//! A window starts with its first reservation.

use std::time::Duration;

use custodian_domain::{Reason, Refusal, Timestamp};
use futures::future::try_join_all;

use crate::context::Context;
use crate::failure::{Failure, ignore};
use crate::metrics::Metric;
use crate::ports::{ReserveOutcome, Throttle};

const QUARTER_HOUR: Duration = Duration::from_secs(15 * 60);
const HOUR: Duration = Duration::from_secs(3600);

/// The maximum duration of an attempt. A younger reservation may still be released.
const MAX_ATTEMPT_DURATION: Duration = Duration::from_secs(3);
/// The number and the interval of retries of a full window, while running attempts may still release quota.
const FULL_WINDOW_RETRIES: u32 = 15;
const FULL_WINDOW_INTERVAL: Duration = Duration::from_millis(100);

/// A maximum number of attempts in a window of time.
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    pub kind: &'static str,
    pub max: u32,
    window: Duration,
}

impl RateLimit {
    const fn per_quarter_hour(kind: &'static str, max: u32) -> Self {
        Self { kind, max, window: QUARTER_HOUR }
    }
}

/// Wrong passwords for one username.
pub const PASSWORD_BY_NAME: RateLimit = RateLimit::per_quarter_hour("password-name", 10);
/// Wrong passwords from one address.
pub const PASSWORD_BY_ADDRESS: RateLimit = RateLimit::per_quarter_hour("password-address", 300);
/// Signups for one e-mail address.
pub const SIGNUP_BY_EMAIL: RateLimit = RateLimit::per_quarter_hour("signup-email", 10);
/// Signups from one address.
pub const SIGNUP_BY_ADDRESS: RateLimit = RateLimit::per_quarter_hour("signup-address", 1000);
/// Requests for a password reset for one username.
pub const FORGOT_BY_NAME: RateLimit = RateLimit::per_quarter_hour("forgot-name", 10);
/// Requests for a password reset from one address.
pub const FORGOT_BY_ADDRESS: RateLimit = RateLimit::per_quarter_hour("forgot-address", 1000);
/// Wrong tokens from one address.
pub const TOKEN_BY_ADDRESS: RateLimit = RateLimit::per_quarter_hour("token-address", 300);

/// Test webhooks and redeliveries that an account requests.
pub const WEBHOOK_BY_ACCOUNT: RateLimit = RateLimit { kind: "webhook-account", max: 60, window: HOUR };

/// The limits of password attempts for this username from this address, at sign-in and in confirmations.
pub fn password_limits<'a>(username: &'a str, address: &'a str) -> [(RateLimit, &'a str); 2] {
    [(PASSWORD_BY_NAME, username), (PASSWORD_BY_ADDRESS, address)]
}

/// The reserved quota of an attempt.
#[derive(Debug)]
pub struct Reservation(Vec<String>);

/// Reserves quota for an attempt under each of these limits, or refuses the attempt with 429.
pub async fn reserve<S: Throttle, E>(
    cx: &Context<S, E>,
    limits: &[(RateLimit, &str)],
) -> Result<Reservation, Failure> {
    let now = cx.now();
    let reservations = limits.iter().map(|(limit, subject)| reserve_one(cx, *limit, subject, now));
    let (mut reservation, mut full_until) = (Reservation(Vec::new()), None);
    for (key, reserved) in try_join_all(reservations).await? {
        match reserved {
            ReserveOutcome::Reserved => reservation.0.push(key),
            ReserveOutcome::LimitReached { until, .. } => full_until = full_until.max(Some(until)),
        }
    }
    match full_until {
        None => Ok(reservation),
        Some(until) => {
            reservation.release(cx).await;
            cx.metrics.record(&[Metric::RequestsThrottled]);
            Err(rate_limit_refusal(until, now).into())
        }
    }
}

async fn reserve_one<S: Throttle, E>(
    cx: &Context<S, E>,
    limit: RateLimit,
    subject: &str,
    now: Timestamp,
) -> Result<(String, ReserveOutcome), Failure> {
    let key = cx.keys.keyed_hash(limit.kind, subject)?;
    let mut retries = 0..FULL_WINDOW_RETRIES;
    loop {
        match cx.store.reserve(&key, limit.max, limit.window, now).await? {
            // Running attempts may fill the window, and release their quota when they succeed.
            ReserveOutcome::LimitReached { last, .. }
                if now < last.plus(MAX_ATTEMPT_DURATION) && retries.next().is_some() =>
            {
                tokio::time::sleep(FULL_WINDOW_INTERVAL).await;
            }
            reserved => return Ok((key, reserved)),
        }
    }
}

/// Consumes quota that is never released, or refuses with 429.
pub async fn consume<S: Throttle, E>(
    cx: &Context<S, E>,
    limit: RateLimit,
    subject: &str,
) -> Result<(), Failure> {
    let (now, key) = (cx.now(), cx.keys.keyed_hash(limit.kind, subject)?);
    match cx.store.reserve(&key, limit.max, limit.window, now).await? {
        ReserveOutcome::Reserved => Ok(()),
        ReserveOutcome::LimitReached { until, .. } => {
            cx.metrics.record(&[Metric::RequestsThrottled]);
            Err(rate_limit_refusal(until, now).into())
        }
    }
}

fn rate_limit_refusal(until: Timestamp, now: Timestamp) -> Refusal {
    let micros = until.micros().saturating_sub(now.micros());
    let seconds = u64::try_from(micros).unwrap_or(0).div_ceil(1_000_000).max(1);
    Refusal { retry_after: Some(seconds), ..Reason::RateLimitExceeded.into() }
}

impl Reservation {
    /// Releases the quota of a successful attempt.
    pub async fn release<S: Throttle, E>(self, cx: &Context<S, E>) {
        let released = try_join_all(self.0.iter().map(|key| cx.store.release(key))).await;
        ignore(released.map(|_| ()), "the unreleased quota is free when its window ends");
    }
}
