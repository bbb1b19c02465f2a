//! Rate limits of attempts. Their rows have only keyed hashes of usernames, IP addresses and e-mail addresses.
//!
//! An attempt reserves quota before it starts, so that concurrent attempts cannot exceed the limit. Under a limit of failures, a
//! successful attempt releases its quota, and a failed one is recorded as failed. So a full window refuses the next attempt at
//! once, unless some of its attempts still run and may release their quota. Under any other limit, every attempt counts, and its
//! reservation is dropped. A window starts with its first reservation.

use std::time::Duration;

use custodian_domain::precis::username_key;
use custodian_domain::{CustomerId, ExceededRateLimit, Reason, Refusal, Timestamp};
use futures::future::try_join_all;

use crate::context::Context;
use crate::failure::{Failure, ignore};
use crate::ports::{ClearThrottles, FullWindow, ReadThrottles, ReserveOutcome, Throttle, WindowPart};
use crate::rate_limits::{
    PASSWORD_BY_NAME, PASSWORD_HASHES_BY_ACCOUNT, PASSWORDS_PER_NETWORK, Quota, RateLimit,
    TAKEN_NAME_BY_ACCOUNT,
};

/// How long an attempt usually takes at most. A younger reservation may still be released.
const MAX_ATTEMPT_DURATION: Duration = Duration::from_secs(3);
/// The number and the interval of retries of a full window, while running attempts may still release quota.
const FULL_WINDOW_RETRIES: u32 = 7;
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
    let (mut reservation, mut full) = (Reservation(Vec::new()), None);
    for (quota, (keys, reserved)) in quotas.iter().zip(try_join_all(reservations).await?) {
        match reserved {
            ReserveOutcome::Reserved => reservation.0.push(keys),
            ReserveOutcome::LimitReached(FullWindow { max, until, .. }) => {
                let latest = full.is_none_or(|(latest, _)| latest < until);
                full = if latest { Some((until, quota.limit.exceeded(max))) } else { full };
            }
        }
    }
    match full {
        None => Ok(reservation),
        Some((until, exceeded)) => {
            reservation.release(cx).await;
            Err(refuse(cx, exceeded, until))
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
    let network = part.as_deref().map(|key| WindowPart { key, max: PASSWORDS_PER_NETWORK });
    let window = quota.limit.window(&key, network);
    let mut retries = 0..FULL_WINDOW_RETRIES;
    loop {
        match cx.store.reserve(window, now).await? {
            ReserveOutcome::LimitReached(full)
                if quota.limit.is_released && may_be_released(&full, now) && retries.next().is_some() =>
            {
                tokio::time::sleep(FULL_WINDOW_INTERVAL).await;
            }
            reserved => return Ok(((key, part), reserved)),
        }
    }
}

/// Whether running attempts may succeed and release quota of this window.
fn may_be_released(full: &FullWindow, now: Timestamp) -> bool {
    full.has_running_attempts && now < full.last.plus(MAX_ATTEMPT_DURATION)
}

/// Consumes quota that is never released, or refuses with 429.
pub async fn consume<S: Throttle, E>(
    cx: &Context<S, E>,
    limit: RateLimit,
    subject: &str,
) -> Result<(), Failure> {
    match try_consume(cx, limit, subject).await? {
        ReserveOutcome::Reserved => Ok(()),
        ReserveOutcome::LimitReached(full) => Err(refuse(cx, limit.exceeded(full.max), full.until)),
    }
}

/// Consumes quota that is never released.
pub(crate) async fn try_consume<S: Throttle, E>(
    cx: &Context<S, E>,
    limit: RateLimit,
    subject: &str,
) -> Result<ReserveOutcome, Failure> {
    let (now, key) = (cx.now(), cx.keys.keyed_hash(limit.kind, subject)?);
    cx.store.reserve(limit.window(&key, None), now).await
}

/// Counts a password that an account asks to hash, or refuses with 429. It runs before the hash.
pub(crate) async fn count_password_hash<S: Throttle, E>(
    cx: &Context<S, E>,
    account: CustomerId,
) -> Result<(), Failure> {
    consume(cx, PASSWORD_HASHES_BY_ACCOUNT, &account.to_string()).await
}

/// Refuses an account with 429 if too many of its requests used a taken name. It does not check the next name first, so the
/// refusal does not reveal whether that name is taken.
pub(crate) async fn require_taken_name_quota<S: ReadThrottles, E>(
    cx: &Context<S, E>,
    account: CustomerId,
) -> Result<(), Failure> {
    match full_until(cx, TAKEN_NAME_BY_ACCOUNT, &account.to_string()).await? {
        None => Ok(()),
        Some(until) => Err(refuse(cx, TAKEN_NAME_BY_ACCOUNT.exceeded(TAKEN_NAME_BY_ACCOUNT.max), until)),
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
pub(crate) async fn refuse_taken_name<S: Throttle, E>(
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
fn refuse<S, E>(cx: &Context<S, E>, exceeded: ExceededRateLimit, until: Timestamp) -> Failure {
    let micros = until.micros().saturating_sub(cx.now().micros());
    let seconds = u64::try_from(micros).unwrap_or(0).div_ceil(1_000_000);
    Refusal::rate_limited(exceeded, seconds).into()
}

impl Reservation {
    /// Releases the quota of an attempt that must not count: it was successful, or it was refused or interrupted for another reason
    /// than a wrong password or token.
    pub async fn release<S: Throttle, E>(self, cx: &Context<S, E>) {
        let released =
            try_join_all(self.0.iter().map(|(key, part)| cx.store.release(key, part.as_deref()))).await;
        ignore(released.map(|_| ()), "the unreleased quota is free when its window ends");
    }

    /// Releases the quota of an attempt that was successful or that failed because of the service. Records any other as failed.
    pub async fn settle<S: Throttle, E, T: Sync>(self, cx: &Context<S, E>, outcome: &Result<T, Failure>) {
        match outcome {
            Ok(_) | Err(Failure::Unavailable { .. }) => self.release(cx).await,
            Err(Failure::Refused(_)) => self.fail(cx).await,
        }
    }

    /// Records a failed attempt. Its quota stays reserved until the window ends.
    pub async fn fail<S: Throttle, E>(self, cx: &Context<S, E>) {
        let failed = try_join_all(self.0.iter().map(|(key, part)| cx.store.fail(key, part.as_deref()))).await;
        ignore(failed.map(|_| ()), "the next attempt at a full window waits a moment before it is refused");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_running_attempts_are_waited_for_and_never_for_a_second() {
        let (counted, later) = (Timestamp::from_micros(0), Timestamp::from_micros(3_000_000));
        let full = FullWindow { max: 10, until: later, last: counted, has_running_attempts: true };
        assert!(may_be_released(&full, counted));
        assert!(!may_be_released(&full, later), "an attempt that was interrupted releases nothing");
        assert!(!may_be_released(&FullWindow { has_running_attempts: false, ..full }, counted));
        assert!(FULL_WINDOW_INTERVAL * FULL_WINDOW_RETRIES < Duration::from_secs(1));
    }
}
