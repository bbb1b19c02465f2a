//! Rate limits of attempts. The store keeps only keyed hashes of usernames, IP addresses and e-mail addresses.
//!
//! An attempt reserves quota before it starts and releases it on success, so that concurrent attempts cannot exceed the limit.
//! A window starts with its first reservation.

use std::time::Duration;

use custodian_domain::precis::username_key;
use custodian_domain::{CustomerId, Reason, Refusal, Timestamp};
use futures::future::try_join_all;

use crate::context::Context;
use crate::failure::{Failure, ignore};
use crate::metrics::Metric;
use crate::ports::{ClearThrottles, ReadThrottles, ReserveOutcome, Throttle, Window, WindowPart};
use crate::rate_limits::{PASSWORD_BY_NAME, PASSWORDS_PER_NETWORK, Quota, RateLimit, TAKEN_NAME_BY_ACCOUNT};

/// The maximum duration of an attempt. A younger reservation may still be released.
const MAX_ATTEMPT_DURATION: Duration = Duration::from_secs(3);
/// The number and the interval of retries of a full window, while running attempts may still release quota.
const FULL_WINDOW_RETRIES: u32 = 15;
const FULL_WINDOW_INTERVAL: Duration = Duration::from_millis(100);

/// The reserved quota of an attempt: the keys of its windows and of their parts.
#[derive(Debug)]
pub struct Reservation(Vec<(String, Option<String>)>);

/// Reserves quota for an attempt under each of these limits, or refuses the attempt with 429.
pub async fn reserve<S: Throttle, E>(
    cx: &Context<S, E>,
    quotas: &[Quota<'_>],
) -> Result<Reservation, Failure> {
    let now = cx.now();
    let reservations = quotas.iter().map(|quota| reserve_one(cx, quota, now));
    let (mut reservation, mut full_until) = (Reservation(Vec::new()), None);
    for (keys, reserved) in try_join_all(reservations).await? {
        match reserved {
            ReserveOutcome::Reserved => reservation.0.push(keys),
            ReserveOutcome::LimitReached { until, .. } => full_until = full_until.max(Some(until)),
        }
    }
    match full_until {
        None => Ok(reservation),
        Some(until) => {
            reservation.release(cx).await;
            Err(refuse(cx, until))
        }
    }
}

type QuotaKeys = (String, Option<String>);

async fn reserve_one<S: Throttle, E>(
    cx: &Context<S, E>,
    quota: &Quota<'_>,
    now: Timestamp,
) -> Result<(QuotaKeys, ReserveOutcome), Failure> {
    let key = cx.keys.keyed_hash(quota.limit.kind, quota.subject)?;
    let part = quota.network.as_ref().map(|network| cx.keys.keyed_hash("network", network)).transpose()?;
    let window = Window {
        key: &key,
        max: quota.limit.max,
        length: quota.limit.window,
        part: part.as_deref().map(|key| WindowPart { key, max: PASSWORDS_PER_NETWORK }),
    };
    let mut retries = 0..FULL_WINDOW_RETRIES;
    loop {
        match cx.store.reserve(window, now).await? {
            // The window may be full of running attempts that will succeed and release their quota.
            ReserveOutcome::LimitReached { last, .. }
                if now < last.plus(MAX_ATTEMPT_DURATION) && retries.next().is_some() =>
            {
                tokio::time::sleep(FULL_WINDOW_INTERVAL).await;
            }
            reserved => return Ok(((key, part), reserved)),
        }
    }
}

/// Consumes quota that is never released, or refuses with 429.
pub async fn consume<S: Throttle, E>(
    cx: &Context<S, E>,
    limit: RateLimit,
    subject: &str,
) -> Result<(), Failure> {
    match try_consume(cx, limit, subject).await? {
        ReserveOutcome::Reserved => Ok(()),
        ReserveOutcome::LimitReached { until, .. } => Err(refuse(cx, until)),
    }
}

/// Consumes quota that is never released.
pub(crate) async fn try_consume<S: Throttle, E>(
    cx: &Context<S, E>,
    limit: RateLimit,
    subject: &str,
) -> Result<ReserveOutcome, Failure> {
    let (now, key) = (cx.now(), cx.keys.keyed_hash(limit.kind, subject)?);
    let window = Window { key: &key, max: limit.max, length: limit.window, part: None };
    cx.store.reserve(window, now).await
}

/// Refuses an account with 429 if too many of its requests used a taken name. It does not check the next name first, so the
/// refusal does not reveal whether that name is taken.
pub(crate) async fn require_names_left<S: ReadThrottles, E>(
    cx: &Context<S, E>,
    account: CustomerId,
) -> Result<(), Failure> {
    match full_until(cx, TAKEN_NAME_BY_ACCOUNT, &account.to_string()).await? {
        None => Ok(()),
        Some(until) => Err(refuse(cx, until)),
    }
}

/// The end of a limit's window if the window is full, or `None`.
pub(crate) async fn full_until<S: ReadThrottles, E>(
    cx: &Context<S, E>,
    limit: RateLimit,
    subject: &str,
) -> Result<Option<Timestamp>, Failure> {
    let key = cx.keys.keyed_hash(limit.kind, subject)?;
    cx.store.full_until(&key, limit.max, cx.now()).await
}

/// Counts a refusal because of a taken name, and returns the refusal. If the account has reached its limit, returns 429.
pub(crate) async fn taken_name<S: Throttle, E>(
    cx: &Context<S, E>,
    account: CustomerId,
    taken: Reason,
) -> Failure {
    match consume(cx, TAKEN_NAME_BY_ACCOUNT, &account.to_string()).await {
        Ok(()) => taken.into(),
        Err(refused) => refused,
    }
}

/// Resets the counts of wrong passwords for these names, so that an agent that has set a new password by mail can sign in at once.
pub(crate) async fn clear_wrong_passwords<S: ClearThrottles, E>(
    cx: &Context<S, E>,
    names: &[&str],
) -> Result<(), Failure> {
    let keys = names.iter().map(|name| cx.keys.keyed_hash(PASSWORD_BY_NAME.kind, &username_key(name)));
    let keys: Vec<_> = keys.collect::<Result<_, _>>()?;
    try_join_all(keys.iter().map(|key| cx.store.clear(key))).await.map(|_| ())
}

/// The refusal of a request whose window is full until `until`.
fn refuse<S, E>(cx: &Context<S, E>, until: Timestamp) -> Failure {
    cx.metrics.record(&[Metric::RequestsThrottled]);
    let micros = until.micros().saturating_sub(cx.now().micros());
    let seconds = u64::try_from(micros).unwrap_or(0).div_ceil(1_000_000).max(1);
    Refusal { retry_after: Some(seconds), ..Reason::RateLimitExceeded.into() }.into()
}

impl Reservation {
    /// Releases the quota of a successful attempt.
    pub async fn release<S: Throttle, E>(self, cx: &Context<S, E>) {
        let released =
            try_join_all(self.0.iter().map(|(key, part)| cx.store.release(key, part.as_deref()))).await;
        ignore(released.map(|_| ()), "the unreleased quota is free when its window ends");
    }
}
