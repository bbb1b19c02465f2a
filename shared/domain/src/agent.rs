//! Agents: the people and programs that sign in for a customer.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::PLATFORM;
use crate::{AgentId, CreatedBy, CustomerId, Permission, Secret, Timestamp};

/// The reserved username prefix of guest agents.
pub const GUEST_PREFIX: &str = "guest-";

/// The ring method that rings all addresses of an agent at once.
pub const RING_ALL: &str = "ringall";
/// The ring methods. `linear` rings one address after the other.
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

/// A network that an agent signed in from, as a keyed hash. For 90 days, guesses from elsewhere do not stop a sign-in from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownNetwork {
    pub hash: String,
    /// The last sign-in, to the day.
    pub tm_last: Timestamp,
}

impl KnownNetwork {
    pub const LIFETIME: Duration = Duration::from_secs(90 * 86_400);
    /// How old the recorded time may become before a sign-in records it again.
    const PRECISION: Duration = Duration::from_secs(86_400);
    /// How many networks an agent keeps, the latest ones.
    const MAX: usize = 10;
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
    /// The username before another account confirmed it as its address. Stored until the notice about the change is sent.
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
    /// the account is deleted or expired.
    pub guest: bool,
    /// The networks of the latest sign-ins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<KnownNetwork>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_hash: Option<Secret>,
    /// From this time, the password can confirm an immediate deletion of the account.
    pub password_trusted_from: Timestamp,
    /// The access key behind the principal that set the password, or an earlier password that the agent itself has replaced. This
    /// is the key itself, or the key on which the agent of the principal depends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_key: Option<Uuid>,
    /// The access key behind the principal that made this agent an administrator, or that set its password while it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promoter_key: Option<Uuid>,
    /// `None` for agents of earlier releases, and for the first agents of the platform's own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<CreatedBy>,
    pub tm_create: Timestamp,
    pub tm_update: Timestamp,
}

impl Agent {
    /// Whether this agent counts as an administrator. An account must keep at least one besides the guest agent. On the platform's
    /// own account, only platform admins count.
    pub fn counts_as_admin(&self) -> bool {
        let required = if self.customer_id == PLATFORM { Permission::PLATFORM } else { Permission::ADMIN };
        self.permission.allows(required)
    }

    /// Whether this is an administrator other than the guest agent.
    pub fn is_named_admin(&self) -> bool {
        !self.guest && self.counts_as_admin()
    }

    /// A new administrator without a password. Nothing in its row delays the trust in its first password.
    pub fn new(customer_id: CustomerId, id: AgentId, username: &str, now: Timestamp) -> Self {
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
            networks: Vec::new(),
            password_hash: None,
            password_trusted_from: now,
            password_key: None,
            promoter_key: None,
            created_by: None,
            tm_create: now,
            tm_update: now,
        }
    }

    /// The key without which this administrator cannot sign in, so that a key gives no administrator a credential that outlives
    /// it. Other agents depend on no key, because they are weaker than a key.
    pub fn depends_on_key(&self) -> Option<Uuid> {
        self.password_key.or(self.promoter_key).filter(|_| self.permission.is_admin())
    }

    /// Whether this key may set this permission. An agent depends on one key at most, so a key cannot promote an agent whose
    /// password another key set.
    pub fn may_be_promoted_by(&self, permission: Permission, promoter_key: Option<Uuid>) -> bool {
        let promotes = permission.is_admin() && permission.rank() > self.permission.rank();
        !promotes
            || promoter_key.is_none()
            || self.password_key.is_none()
            || self.password_key == promoter_key
    }

    /// Sets the permission of this agent. An agent that is promoted to administrator, or within the administrators, depends on
    /// the key of its promoter from then on. It still depends on the key that set its password, even if another principal promotes
    /// it.
    pub fn set_permission(&mut self, permission: Permission, promoter_key: Option<Uuid>) {
        if !permission.is_admin() {
            self.promoter_key = None;
        } else if permission.rank() > self.permission.rank() {
            self.promoter_key = promoter_key;
        }
        self.permission = permission;
        self.epoch += 1;
    }

    /// Sets the password of a new agent.
    pub fn set_first_password(&mut self, hash: Secret, setter_key: Option<Uuid>) {
        self.password_key = setter_key;
        self.promoter_key = setter_key.filter(|_| self.permission.is_admin());
        self.password_hash = Some(hash);
    }

    /// Sets the password of this agent by another principal. An administrator depends on the key of that principal from then
    /// on.
    pub fn set_password(&mut self, hash: Secret, setter_key: Option<Uuid>) {
        self.set_first_password(hash, setter_key);
        self.epoch += 1;
    }

    /// Replaces the password by the agent itself.
    pub fn change_password(&mut self, hash: Secret) {
        self.password_hash = Some(hash);
        self.epoch += 1;
    }

    /// Whether this permission takes the administrator's rights from the agent.
    pub const fn is_demoted_by(&self, permission: Permission) -> bool {
        self.permission.is_admin() && !permission.is_admin()
    }

    /// Whether the agent signed in from this network within 90 days.
    pub fn knows_network(&self, hash: &str, now: Timestamp) -> bool {
        self.networks
            .iter()
            .any(|known| known.hash == hash && now < known.tm_last.plus(KnownNetwork::LIFETIME))
    }

    /// The agent's networks after a sign-in from this one. `None` if the recorded time is recent enough.
    pub fn networks_after(&self, hash: String, now: Timestamp) -> Option<Vec<KnownNetwork>> {
        let is_recent =
            |known: &KnownNetwork| known.hash == hash && now < known.tm_last.plus(KnownNetwork::PRECISION);
        if self.networks.iter().any(is_recent) {
            return None;
        }
        let others = self.networks.iter().filter(|known| known.hash != hash).cloned();
        let latest = KnownNetwork { hash: hash.clone(), tm_last: now };
        Some([latest].into_iter().chain(others).take(KnownNetwork::MAX).collect())
    }

    /// The guest agent of an account.
    pub fn guest(customer_id: CustomerId, id: AgentId, now: Timestamp) -> Self {
        let username = format!("{GUEST_PREFIX}{customer_id}");
        Self {
            name: "guest".to_owned(),
            detail: "Keeps the account recoverable.".to_owned(),
            guest: true,
            ..Self::new(customer_id, id, &username, now)
        }
    }
}
