//! How often something may be tried, under pseudonyms of who tries it.
//!
//! An attempt is counted before it is made and taken back if it succeeded, so that a burst of attempts at the same moment
//! gets no further than as many one after the other. A window begins with the first attempt that is counted in it.

use std::time::Duration;

use custodian_domain::{Reason, Refusal, Timestamp};
use futures::future::try_join_all;

use crate::context::Context;
use crate::failure::{Failure, ignore};
use crate::metrics::Metric;
use crate::ports::{Reserved, Throttles};

const QUARTER: Duration = Duration::from_secs(15 * 60);
const HOUR: Duration = Duration::from_secs(3600);

/// How long an attempt may take.
const YOUNG: Duration = Duration::from_secs(3);
/// How often, and how long apart, a window that may be filled with successes is tried again.
const TRIES: u32 = 15;
const BETWEEN: Duration = Duration::from_millis(100);

/// At most this many attempts in a window of time.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub kind: &'static str,
    pub most: u32,
    window: Duration,
}

impl Limit {
    const fn a_quarter(kind: &'static str, most: u32) -> Self {
        Self { kind, most, window: QUARTER }
    }
}

/// Wrong passwords for one username.
pub const PASSWORD_BY_NAME: Limit = Limit::a_quarter("password-name", 10);
/// Wrong passwords from one address.
pub const PASSWORD_BY_ADDRESS: Limit = Limit::a_quarter("password-address", 300);
/// Signups for one e-mail address.
pub const SIGNUP_BY_EMAIL: Limit = Limit::a_quarter("signup-email", 10);
/// Signups from one address.
pub const SIGNUP_BY_ADDRESS: Limit = Limit::a_quarter("signup-address", 1000);
/// Forgotten passwords of one username.
pub const FORGOT_BY_NAME: Limit = Limit::a_quarter("forgot-name", 10);
/// Forgotten passwords from one address.
pub const FORGOT_BY_ADDRESS: Limit = Limit::a_quarter("forgot-address", 1000);
/// Tokens from one address that were not right.
pub const TOKEN_BY_ADDRESS: Limit = Limit::a_quarter("token-address", 300);

/// Webhooks that an account asks for, be it a test or one more attempt.
pub const WEBHOOK_BY_ACCOUNT: Limit = Limit { kind: "webhook-account", most: 60, window: HOUR };

/// The limits of who tries a password for this username from this address, be it to log in or to confirm something.
pub fn password_of<'a>(username: &'a str, address: &'a str) -> [(Limit, &'a str); 2] {
    [(PASSWORD_BY_NAME, username), (PASSWORD_BY_ADDRESS, address)]
}

/// Attempts that were counted.
#[derive(Debug)]
pub struct Attempt(Vec<String>);

/// Counts an attempt under each of these limits at once, or refuses it with 429.
pub async fn attempt<S: Throttles, E>(cx: &Context<S, E>, by: &[(Limit, &str)]) -> Result<Attempt, Failure> {
    let now = cx.now();
    let reservations = by.iter().map(|(limit, who)| reserve(cx, *limit, who, now));
    let (mut counted, mut full) = (Attempt(Vec::new()), None);
    for (key, reserved) in try_join_all(reservations).await? {
        match reserved {
            Reserved::Yes => counted.0.push(key),
            Reserved::Full { until, .. } => full = full.max(Some(until)),
        }
    }
    match full {
        None => Ok(counted),
        Some(until) => {
            counted.take_back(cx).await;
            cx.meter.note(&[Metric::RequestsThrottled]);
            Err(refused(until, now).into())
        }
    }
}

async fn reserve<S: Throttles, E>(
    cx: &Context<S, E>,
    limit: Limit,
    who: &str,
    now: Timestamp,
) -> Result<(String, Reserved), Failure> {
    let key = cx.keys.pseudonym(limit.kind, who)?;
    let mut tries = 0..TRIES;
    loop {
        match cx.store.reserve(&key, limit.most, limit.window, now).await? {
            // What fills the window may be attempts that are just being made and will succeed.
            Reserved::Full { last, .. } if now < last.plus(YOUNG) && tries.next().is_some() => {
                tokio::time::sleep(BETWEEN).await;
            }
            reserved => return Ok((key, reserved)),
        }
    }
}

/// Counts what is never taken back, or refuses it with 429.
pub async fn spend<S: Throttles, E>(cx: &Context<S, E>, limit: Limit, who: &str) -> Result<(), Failure> {
    let (now, key) = (cx.now(), cx.keys.pseudonym(limit.kind, who)?);
    match cx.store.reserve(&key, limit.most, limit.window, now).await? {
        Reserved::Yes => Ok(()),
        Reserved::Full { until, .. } => {
            cx.meter.note(&[Metric::RequestsThrottled]);
            Err(refused(until, now).into())
        }
    }
}

fn refused(until: Timestamp, now: Timestamp) -> Refusal {
    let micros = until.micros().saturating_sub(now.micros());
    let seconds = u64::try_from(micros).unwrap_or(0).div_ceil(1_000_000).max(1);
    Refusal { retry_after: Some(seconds), ..Reason::RateLimitExceeded.into() }
}

impl Attempt {
    /// It succeeded: it does not count.
    pub async fn take_back<S: Throttles, E>(self, cx: &Context<S, E>) {
        let given_back = try_join_all(self.0.iter().map(|key| cx.store.give_back(key))).await;
        ignore(given_back.map(|_| ()), "a success that counts as a failure ends with its window");
    }
}
