//! Rate limits of attempts. The store keeps only keyed hashes of usernames, IP addresses and e-mail addresses.
//!
//! An attempt reserves quota before it starts and releases it on success, so that concurrent attempts cannot exceed the limit.
//! A window starts with its first reservation.

use std::net::IpAddr;
use std::time::Duration;

use custodian_domain::precis::username_key;
use custodian_domain::{CustomerId, Reason, Refusal, Timestamp};
use futures::future::try_join_all;

use crate::context::Context;
use crate::failure::{Failure, ignore};
use crate::metrics::Metric;
use crate::ports::{ClearThrottles, ReadThrottles, ReserveOutcome, Throttle, Window, WindowPart};

const QUARTER_HOUR: Duration = Duration::from_secs(15 * 60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

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
    const fn new(kind: &'static str, max: u32, window: Duration) -> Self {
        Self { kind, max, window }
    }

    const fn per_quarter_hour(kind: &'static str, max: u32) -> Self {
        Self::new(kind, max, QUARTER_HOUR)
    }
}

/// Wrong passwords at sign-in for one name, from all networks.
const PASSWORD_BY_NAME: RateLimit = RateLimit::per_quarter_hour("password-name", 100);
/// How many of them may come from one client network.
const PASSWORDS_PER_NETWORK: u32 = 10;
/// Wrong passwords with which a signed-in agent confirms a request.
const PASSWORD_BY_AGENT: RateLimit = RateLimit::per_quarter_hour("password-agent", 10);
/// Wrong passwords from one client IP address.
const PASSWORD_BY_CLIENT_IP: RateLimit = RateLimit::per_quarter_hour("password-address", 300);
/// Signups for one e-mail address from one client network.
pub const SIGNUP_BY_EMAIL: RateLimit = RateLimit::per_quarter_hour("signup-email", 10);
/// Signups from one client network.
pub const SIGNUP_BY_NETWORK: RateLimit = RateLimit::per_quarter_hour("signup-network", 20);
/// Requests for a password reset for one name from one client network.
pub const FORGOT_BY_NAME: RateLimit = RateLimit::per_quarter_hour("forgot-name", 10);
/// Requests for a password reset from one client network.
pub const FORGOT_BY_NETWORK: RateLimit = RateLimit::per_quarter_hour("forgot-network", 100);
/// Wrong tokens from one client IP address.
pub const TOKEN_BY_CLIENT_IP: RateLimit = RateLimit::per_quarter_hour("token-address", 300);

/// Mails to one e-mail address that strangers can cause.
pub(crate) const MAIL_BY_RECIPIENT: [RateLimit; 2] =
    [RateLimit::new("mail-hour", 5, HOUR), RateLimit::new("mail-day", 20, DAY)];
/// Requests of one account that send a mail to another address.
pub(crate) const MAIL_BY_ACCOUNT: RateLimit = RateLimit::new("mail-account", 10, HOUR);
/// Responses to one account which say that an e-mail address or username is taken.
const TAKEN_NAME_BY_ACCOUNT: RateLimit = RateLimit::new("taken-account", 30, HOUR);

/// Test webhooks and redeliveries that an account requests.
pub const WEBHOOK_BY_ACCOUNT: RateLimit = RateLimit::new("webhook-account", 60, HOUR);

/// All mails of the stack that strangers can cause.
pub(crate) const fn mail_budget(max: u32) -> RateLimit {
    RateLimit::new("mail-stack", max, HOUR)
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

#[cfg(test)]
mod tests {
    use super::client_network;

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
