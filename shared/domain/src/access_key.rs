//! Access keys: how programs act for a customer, with the rights of its administrator.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::fields::Fields;
use crate::reason::Refusal;
use crate::{CustomerId, Timestamp};

/// How long a key lives unless its maker says otherwise.
pub const DEFAULT_LIFE: Duration = Duration::from_secs(365 * 86_400);
/// The shortest life of a key.
pub const SHORTEST_LIFE: Duration = Duration::from_secs(86_400);
/// How many keys of a customer may live at once.
pub const MOST: u64 = 50;
/// What every key begins with.
pub const PREFIX: &str = "vb_";
/// How much of a key is kept and shown, to tell it from others.
pub const SHOWN: usize = 11;

/// A key as it is stored: of its secret only a hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessKey {
    pub customer_id: CustomerId,
    pub id: Uuid,
    pub version: u64,
    pub name: String,
    pub detail: String,
    pub secret_hash: String,
    pub token_prefix: String,
    pub tm_expire: Timestamp,
    pub tm_create: Timestamp,
    pub tm_update: Timestamp,
    /// The day of its last use, if it was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tm_last_used: Option<Timestamp>,
}

impl AccessKey {
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.tm_expire
    }
}

/// What a request says of a key.
#[derive(Clone, Debug, Default)]
pub struct KeyPatch {
    pub name: Option<String>,
    pub detail: Option<String>,
    pub life: Option<Duration>,
}

impl KeyPatch {
    /// `expire` counts in seconds, from one day up; it matters only when a key is made.
    pub fn read(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let patch = Self {
            name: fields.text("name", 255),
            detail: fields.text("detail", 4096),
            life: fields.seconds("expire", SHORTEST_LIFE),
        };
        fields.finish(patch)
    }
}
