//! The rate limits, and the quotas that each kind of request reserves.

use std::net::IpAddr;
use std::time::Duration;

use custodian_domain::ExceededRateLimit;

use crate::ports::{Window, WindowPart};

const QUARTER_HOUR: Duration = Duration::from_secs(15 * 60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// A maximum number of attempts in a window of time.
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    pub kind: &'static str,
    pub max: u32,
    window: Duration,
    /// Whether a successful attempt releases its quota.
    pub(crate) is_released: bool,
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

    pub(crate) const fn window<'a>(&self, key: &'a str, part: Option<WindowPart<'a>>) -> Window<'a> {
        Window { key, max: self.max, length: self.window, is_usually_open: self.is_usually_open, part }
    }

    /// This limit, or one of its parts, as a caller sees it.
    pub(crate) const fn exceeded(&self, max: u32) -> ExceededRateLimit {
        ExceededRateLimit { max: max as u64, window: self.window.as_secs() }
    }
}

/// Wrong passwords at sign-in for one name, from all networks.
pub(crate) const PASSWORD_BY_NAME: RateLimit = RateLimit::of_failures("password-name", 100);
/// How many of the wrong passwords for one name may come from one client network.
pub(crate) const PASSWORDS_PER_NETWORK: u32 = 10;
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
/// Refused requests with a mailed token from one client IP address.
pub const TOKEN_BY_CLIENT_IP: RateLimit = RateLimit::of_failures("token-address", 300);

/// Mails to one e-mail address that strangers can cause.
pub(crate) const MAIL_BY_RECIPIENT: [RateLimit; 2] =
    [RateLimit::new("mail-hour", 5, HOUR), RateLimit::new("mail-day", 20, DAY)];
/// Requests to set another e-mail address for one account. They are limited because they can mail any address.
pub(crate) const MAIL_BY_ACCOUNT: RateLimit = RateLimit::new("mail-account", 10, HOUR);
/// Responses to one account which say that a name is taken.
pub(crate) const TAKEN_NAME_BY_ACCOUNT: RateLimit = RateLimit::new("taken-account", 30, HOUR);

/// Passwords that an account asks to hash. A hash takes tens of milliseconds of CPU time.
pub(crate) const PASSWORD_HASHES_BY_ACCOUNT: RateLimit = RateLimit::of_frequent_requests("hash-account", 300);

/// Test webhooks and redeliveries that an account requests.
pub const WEBHOOK_BY_ACCOUNT: RateLimit = RateLimit::new("webhook-account", 60, HOUR);

/// Exports that an account starts.
pub const EXPORT_BY_ACCOUNT: RateLimit = RateLimit::new("export-account", 5, DAY);

/// All mails of the stack that strangers can cause.
pub(crate) const fn mail_budget(max: u32) -> RateLimit {
    RateLimit::of_frequent_requests("mail-stack", max)
}

/// A limit for one subject, such as a username or an IP address.
#[derive(Clone, Debug)]
pub struct Quota<'a> {
    pub(crate) limit: RateLimit,
    pub(crate) subject: &'a str,
    /// The client network of the attempt, if the limit has a part for each network.
    pub(crate) network: Option<String>,
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

/// The quotas of a signed-in agent that confirms a request with its password. Strangers at other IP addresses cannot use them up.
pub fn confirmation_quotas<'a>(agent: &'a str, client_ip: &'a str) -> [Quota<'a>; 2] {
    [Quota::new(PASSWORD_BY_AGENT, agent), Quota::new(PASSWORD_BY_CLIENT_IP, client_ip)]
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
