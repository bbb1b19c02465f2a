//! Agents: the people and programs that sign in for a customer.

use serde::{Deserialize, Serialize};

use uuid::Uuid;

use crate::ids::PLATFORM;
use crate::{AgentId, CustomerId, Permission, Secret, Timestamp};

/// The reserved username prefix of guest agents.
pub const GUEST_PREFIX: &str = "guest-";

/// Whether a call rings all addresses of an agent at once, or one after the other.
pub const RING_ALL: &str = "ringall";
pub const RING_METHODS: [&str; 2] = [RING_ALL, "linear"];
/// The status of a new agent.
pub const OFFLINE: &str = "offline";
pub const STATUSES: [&str; 5] = ["available", "away", "busy", OFFLINE, "ringing"];
/// The types of an agent's addresses.
pub const ADDRESS_TYPES: [&str; 3] = ["tel", "sip", "extension"];

/// An address at which an agent can be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    #[serde(rename = "type")]
    pub kind: String,
    pub target: String,
    pub target_name: String,
    pub name: String,
    pub detail: String,
}

/// An agent as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    pub customer_id: CustomerId,
    pub id: AgentId,
    pub version: u64,
    /// A new password, a new permission or a sign-out raises the epoch. Tokens of an earlier epoch are invalid.
    pub epoch: u64,
    pub username: String,
    /// The username that gave way to another account's confirmed address, until a mail has told the account of the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_username: Option<String>,
    pub name: String,
    pub detail: String,
    pub permission: Permission,
    pub ring_method: String,
    pub status: String,
    pub tag_ids: Vec<Uuid>,
    pub addresses: Vec<Address>,
    /// Whether this is the account's guest agent: an administrator that cannot sign in. Every account has exactly one until
    /// the account is deleted.
    pub guest: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_hash: Option<Secret>,
    /// When the password becomes trusted, so that it can confirm an immediate deletion.
    pub password_trusted_from: Timestamp,
    pub tm_create: Timestamp,
    pub tm_update: Timestamp,
}

impl Agent {
    /// Whether this agent counts as an administrator, of which an account must keep at least one. On the platform's own
    /// account, only platform admins count.
    pub fn counts_as_admin(&self) -> bool {
        let required = if self.customer_id == PLATFORM { Permission::PLATFORM } else { Permission::ADMIN };
        self.permission.allows(required)
    }

    /// Whether this agent is an administrator that a person made: not the guest agent.
    pub fn is_named_admin(&self) -> bool {
        !self.guest && self.counts_as_admin()
    }

    /// The first administrator of an account. Its first password is trusted at once.
    pub fn first_admin(customer_id: CustomerId, id: AgentId, username: &str, now: Timestamp) -> Self {
        Self {
            customer_id,
            id,
            version: 1,
            epoch: 1,
            username: username.to_owned(),
            former_username: None,
            name: username.to_owned(),
            detail: String::new(),
            permission: Permission::ADMIN,
            ring_method: RING_ALL.to_owned(),
            status: OFFLINE.to_owned(),
            tag_ids: Vec::new(),
            addresses: Vec::new(),
            guest: false,
            password_hash: None,
            password_trusted_from: now,
            tm_create: now,
            tm_update: now,
        }
    }

    /// The guest agent of an account.
    pub fn guest(customer_id: CustomerId, id: AgentId, now: Timestamp) -> Self {
        let username = format!("{GUEST_PREFIX}{customer_id}");
        Self {
            name: "guest".to_owned(),
            detail: "Keeps the account recoverable.".to_owned(),
            guest: true,
            ..Self::first_admin(customer_id, id, &username, now)
        }
    }
}

/// The error message for an invalid username. A username has 1 to 255 characters without spaces or control characters, and
/// does not start with the prefix of guest agents.
pub fn username_error(username: &str) -> Option<&'static str> {
    if username.is_empty() || username.chars().count() > 255 {
        return Some("must be 1 to 255 characters");
    }
    if username.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Some("must not contain spaces or control characters");
    }
    username
        .to_lowercase()
        .starts_with(GUEST_PREFIX)
        .then_some("must not begin with guest-, which is reserved")
}

/// The error message for an invalid new password. A password has 8 to 128 characters.
pub fn password_error(password: &str) -> Option<&'static str> {
    (!(8..=128).contains(&password.chars().count())).then_some("must be 8 to 128 characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_username_has_no_spaces_and_no_guest_prefix() {
        for good in ["test1", "a@example.com", "ü", &"x".repeat(255)] {
            assert_eq!(username_error(good), None, "{good}");
        }
        for bad in ["", "a b", "a\tb", "guest-1", "GUEST-1", &"x".repeat(256)] {
            assert!(username_error(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn a_password_has_8_to_128_characters() {
        for (length, good) in [(7, false), (8, true), (128, true), (129, false)] {
            assert_eq!(password_error(&"é".repeat(length)).is_none(), good, "{length}");
        }
    }
}
