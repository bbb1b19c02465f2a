//! The rate limits, and the quotas that each kind of request reserves.

use std::net::IpAddr;
use std::time::Duration;

const QUARTER_HOUR: Duration = Duration::from_secs(15 * 60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// A maximum number of attempts in a window of time.
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    pub kind: &'static str,
    pub max: u32,
    pub(crate) window: Duration,
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
pub(crate) const PASSWORD_BY_NAME: RateLimit = RateLimit::per_quarter_hour("password-name", 100);
/// How many of them may come from one client network.
pub(crate) const PASSWORDS_PER_NETWORK: u32 = 10;
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
pub(crate) const TAKEN_NAME_BY_ACCOUNT: RateLimit = RateLimit::new("taken-account", 30, HOUR);

/// Test webhooks and redeliveries that an account requests.
pub const WEBHOOK_BY_ACCOUNT: RateLimit = RateLimit::new("webhook-account", 60, HOUR);

/// All mails of the stack that strangers can cause.
pub(crate) const fn mail_budget(max: u32) -> RateLimit {
    RateLimit::new("mail-stack", max, HOUR)
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

/// The quotas of a signed-in agent that confirms a request with its password. Strangers cannot use them up.
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
