//! Rate limits of attempts. The store keeps only keyed hashes of usernames, IP addresses and e-mail addresses.
//!
//! An attempt reserves quota before it starts and releases it on success, so that concurrent attempts cannot exceed the limit.
//! A failed attempt is recorded as failed. So a full window refuses the next attempt at once, unless some of its attempts still
//! run and may release their quota. A window starts with its first reservation.

use std::net::IpAddr;
use std::time::Duration;

use custodian_domain::precis::username_key;
use custodian_domain::{CustomerId, ExceededRateLimit, Reason, Refusal, Timestamp};
use futures::future::try_join_all;

use crate::context::Context;
use crate::failure::{Failure, ignore};
use crate::metrics::Metric;
use crate::ports::{ClearThrottles, FullWindow, ReadThrottles, ReserveOutcome, Throttle, Window, WindowPart};

const QUARTER_HOUR: Duration = Duration::from_secs(15 * 60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// The maximum duration of an attempt. A younger reservation may still be released.
const MAX_ATTEMPT_DURATION: Duration = Duration::from_secs(3);
/// The number and the interval of retries of a full window, while running attempts may still release quota.
const FULL_WINDOW_RETRIES: u32 = 7;
const FULL_WINDOW_INTERVAL: Duration = Duration::from_millis(100);

/// A maximum number of attempts in a window of time.
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    pub kind: &'static str,
    pub max: u32,
    window: Duration,
    /// Whether a successful attempt releases its quota.
    is_released: bool,
    /// Whether its subjects use it so often that a window is usually open.
    is_usually_open: bool,
}

impl RateLimit {
    /// A limit of requests, which all count.
    const fn new(kind: &'static str, max: u32, window: Duration) -> Self {
        Self { kind, max, window, is_released: false, is_usually_open: false }
    }

    /// A limit of failed attempts in a quarter of an hour.
    const fn of_failures(kind: &'static str, max: u32) -> Self {
        Self { is_released: true, ..Self::new(kind, max, QUARTER_HOUR) }
    }

    /// A limit of requests that its subjects make often.
    const fn of_frequent_requests(kind: &'static str, max: u32) -> Self {
        Self { is_usually_open: true, ..Self::new(kind, max, HOUR) }
    }

    const fn window<'a>(&self, key: &'a str, part: Option<WindowPart<'a>>) -> Window<'a> {
        Window { key, max: self.max, length: self.window, is_usually_open: self.is_usually_open, part }
    }

    /// This limit, or one of its parts, as a caller sees it.
    const fn exceeded(&self, max: u32) -> ExceededRateLimit {
        ExceededRateLimit { max: max as u64, window: self.window.as_secs() }
    }
}

/// Wrong passwords at sign-in for one name, from all networks.
const PASSWORD_BY_NAME: RateLimit = RateLimit::of_failures("password-name", 100);
/// How many of them may come from one client network.
const PASSWORDS_PER_NETWORK: u32 = 10;
/// Wrong passwords with which a signed-in agent confirms a request.
const PASSWORD_BY_AGENT: RateLimit = RateLimit::of_failures("password-agent", 10);
/// Wrong passwords from one client IP address.
const PASSWORD_BY_CLIENT_IP: RateLimit = RateLimit::of_failures("password-address", 300);
/// Signups for one e-mail address from one client network.
pub const SIGNUP_BY_EMAIL: RateLimit = RateLimit::new("signup-email", 10, QUARTER_HOUR);
/// Signups from one client network.
pub const SIGNUP_BY_NETWORK: RateLimit = RateLimit::new("signup-network", 20, QUARTER_HOUR);
/// Requests for a password reset for one name from one client network.
pub const FORGOT_BY_NAME: RateLimit = RateLimit::new("forgot-name", 10, QUARTER_HOUR);
/// Requests for a password reset from one client network.
pub const FORGOT_BY_NETWORK: RateLimit = RateLimit::new("forgot-network", 100, QUARTER_HOUR);
/// Wrong tokens from one client IP address.
pub const TOKEN_BY_CLIENT_IP: RateLimit = RateLimit::of_failures("token-address", 300);

/// Mails to one e-mail address that strangers can cause.
pub(crate) const MAIL_BY_RECIPIENT: [RateLimit; 2] =
    [RateLimit::new("mail-hour", 5, HOUR), RateLimit::new("mail-day", 20, DAY)];
/// Requests of one account that send a mail to another address.
pub(crate) const MAIL_BY_ACCOUNT: RateLimit = RateLimit::new("mail-account", 10, HOUR);
/// Responses to one account which say that an e-mail address or username is taken.
const TAKEN_NAME_BY_ACCOUNT: RateLimit = RateLimit::new("taken-account", 30, HOUR);

/// Passwords that an account asks to hash. A hash takes tens of milliseconds of CPU time.
const PASSWORD_HASHES_BY_ACCOUNT: RateLimit = RateLimit::of_frequent_requests("hash-account", 300);

/// Test webhooks and redeliveries that an account requests.
pub const WEBHOOK_BY_ACCOUNT: RateLimit = RateLimit::new("webhook-account", 60, HOUR);

/// All mails of the stack that strangers can cause.
pub(crate) const fn mail_budget(max: u32) -> RateLimit {
    RateLimit::of_frequent_requests("mail-stack", max)
}

/// A limit for one subject, such as a username or an IP address.
#[derive(Clone, Debug)]
pub struct Quota<'a> {
    limit: RateLimit,
    subject: &'a str,
    /// The client network of the attempt, if the limit has a part for each network.
    network: Option<String>,
}

impl<'a> Quota<'a> {
    pub const fn new(limit: RateLimit, subject: &'a str) -> Self {
        Self { limit, subject, network: None }
    }
}

/// The quotas of a sign-in with this name from this IP address.
pub fn sign_in_quotas<'a>(name: &'a str, client_ip: &'a str) -> [Quota<'a>; 2] {
    let by_name = Quota { network: Some(client_network(client_ip)), ..Quota::new(PASSWORD_BY_NAME, name) };
    [by_name, Quota::new(PASSWORD_BY_CLIENT_IP, client_ip)]
}

/// The quotas of a sign-in from a network that the agent signed in from before. Guesses from other networks do not count.
pub fn known_network_quotas<'a>(name: &'a str, client_ip: &'a str) -> [Quota<'a>; 2] {
    let [mut by_name, by_client_ip] = sign_in_quotas(name, client_ip);
    by_name.limit.max = u32::MAX;
    [by_name, by_client_ip]
}

/// The quotas of a signed-in agent that confirms a request with its password. Strangers cannot use them up.
pub fn confirmation_quotas<'a>(agent: &'a str, client_ip: &'a str) -> [Quota<'a>; 2] {
    [Quota::new(PASSWORD_BY_AGENT, agent), Quota::new(PASSWORD_BY_CLIENT_IP, client_ip)]
}

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
pub(crate) async fn require_names_left<S: ReadThrottles, E>(
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

/// The network of a client IP address: /24 of IPv4, /48 of IPv6.
pub fn client_network(client_ip: &str) -> String {
    match client_ip.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V4(v4)) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        Ok(IpAddr::V6(v6)) => {
            let [a, b, c, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
        Err(_) => client_ip.to_owned(),
    }
}

/// The refusal of a request whose window is full until `until`.
fn refuse<S, E>(cx: &Context<S, E>, exceeded: ExceededRateLimit, until: Timestamp) -> Failure {
    cx.metrics.record(&[Metric::RequestsThrottled]);
    let micros = until.micros().saturating_sub(cx.now().micros());
    let seconds = u64::try_from(micros).unwrap_or(0).div_ceil(1_000_000);
    Refusal::rate_limited(exceeded, seconds).into()
}

impl Reservation {
    /// Releases the quota of a successful attempt.
    pub async fn release<S: Throttle, E>(self, cx: &Context<S, E>) {
        let released =
            try_join_all(self.0.iter().map(|(key, part)| cx.store.release(key, part.as_deref()))).await;
        ignore(released.map(|_| ()), "the unreleased quota is free when its window ends");
    }

    /// Releases the quota of a successful attempt, or records the failed one.
    pub async fn settle<S: Throttle, E, T: Sync>(self, cx: &Context<S, E>, outcome: &Result<T, Failure>) {
        match outcome {
            Ok(_) => self.release(cx).await,
            Err(_) => self.fail(cx).await,
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

    #[test]
    fn a_client_network_is_24_bits_of_ipv4_or_48_bits_of_ipv6() {
        for (client_ip, network) in [
            ("192.0.2.77", "192.0.2.0/24"),
            ("::ffff:192.0.2.1", "192.0.2.0/24"),
            ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
            ("", ""),
        ] {
            assert_eq!(client_network(client_ip), network, "{client_ip}");
        }
    }
}
