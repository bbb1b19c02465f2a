//! Agents: who acts for a customer.

use serde::{Deserialize, Serialize};

use uuid::Uuid;

use crate::ids::PLATFORM;
use crate::{AgentId, CustomerId, Permission, Secret, Timestamp};

/// Usernames that begin so belong to guest agents.
pub const GUEST_PREFIX: &str = "guest-";

/// How a call rings an agent's addresses: all at once, or one after the other.
pub const RING_ALL: &str = "ringall";
pub const RING_METHODS: [&str; 2] = [RING_ALL, "linear"];
/// What an agent is doing; a new one is offline.
pub const OFFLINE: &str = "offline";
pub const STATUSES: [&str; 5] = ["available", "away", "busy", OFFLINE, "ringing"];
/// What an address may be.
pub const ADDRESS_TYPES: [&str; 3] = ["tel", "sip", "extension"];

/// Where an agent can be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    #[serde(rename = "type")]
    pub kind: String,
    pub target: String,
    pub target_name: String,
    pub name: String,
    pub detail: String,
}

/// An agent as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    pub customer_id: CustomerId,
    pub id: AgentId,
    pub version: u64,
    /// Rises when the password or the permission changes, or at log-out: older tokens are dead.
    pub epoch: u64,
    pub username: String,
    pub name: String,
    pub detail: String,
    pub permission: Permission,
    pub ring_method: String,
    pub status: String,
    pub tag_ids: Vec<Uuid>,
    pub addresses: Vec<Address>,
    /// The administrator that every account keeps: nobody logs in as it, and it goes only with the account.
    pub guest: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_hash: Option<Secret>,
    /// From when on the password may confirm an immediate deletion.
    pub password_trusted_from: Timestamp,
    pub tm_create: Timestamp,
    pub tm_update: Timestamp,
}

impl Agent {
    /// Whether this is one of those of whom an account keeps one: its administrators; of the platform's own, the platform
    /// admins.
    pub fn stays(&self) -> bool {
        let needed = if self.customer_id == PLATFORM { Permission::PLATFORM } else { Permission::ADMIN };
        self.permission.allows(needed)
    }

    /// The administrator that an account begins with. Its first password counts at once.
    pub fn first_admin(customer_id: CustomerId, id: AgentId, username: &str, now: Timestamp) -> Self {
        Self {
            customer_id,
            id,
            version: 1,
            epoch: 1,
            username: username.to_owned(),
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

/// What is wrong with a username, if anything: 1 to 255 characters without spaces or control characters, and not
/// of the guests' kind.
pub fn username_fault(username: &str) -> Option<&'static str> {
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

/// What is wrong with a new password, if anything: 8 to 128 characters.
pub fn password_fault(password: &str) -> Option<&'static str> {
    (!(8..=128).contains(&password.chars().count())).then_some("must be 8 to 128 characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_need_not_be_addresses_but_have_no_spaces_and_are_no_guests() {
        for good in ["test1", "a@example.com", "ü", &"x".repeat(255)] {
            assert_eq!(username_fault(good), None, "{good}");
        }
        for bad in ["", "a b", "a\tb", "guest-1", "GUEST-1", &"x".repeat(256)] {
            assert!(username_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn passwords_have_eight_to_128_characters() {
        for (length, good) in [(7, false), (8, true), (128, true), (129, false)] {
            assert_eq!(password_fault(&"é".repeat(length)).is_none(), good, "{length}");
        }
    }
}
