//! Access keys: the credentials of programs that act as an administrator of a customer.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::fields::{CREATE_ONLY, Fields};
use crate::reason::{Reason, Refusal};
use crate::{CustomerId, Timestamp};

/// The noun of an access key in event types.
pub const NOUN: &str = "accesskey";

/// The lifetime of a key if the request has no `expire`.
pub const DEFAULT_LIFETIME: Duration = Duration::from_secs(365 * 86_400);
/// The minimum lifetime of a key.
pub const MIN_LIFETIME: Duration = Duration::from_secs(86_400);
/// The maximum number of keys of one customer.
pub const MAX_ACCESS_KEYS: u64 = 50;
/// The prefix of every token.
pub const PREFIX: &str = "vb_";
/// The length of the stored prefix of a token. Responses contain the prefix, so that people can identify their keys.
pub const TOKEN_PREFIX_LENGTH: usize = 11;

/// An access key as stored, with only a hash of the secret.
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
    /// The day of the last use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tm_last_used: Option<Timestamp>,
}

impl AccessKey {
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.tm_expire
    }
}

/// The fields of a request that creates or updates a key.
#[derive(Clone, Debug, Default)]
pub struct KeyPatch {
    pub name: Option<String>,
    pub detail: Option<String>,
    pub lifetime: Option<Duration>,
}

impl KeyPatch {
    /// `expire` is the lifetime in seconds, at least one day. An update must not change it.
    pub fn read(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let patch = Self {
            name: fields.text("name", 255),
            detail: fields.multi_line_text("detail", 4096),
            lifetime: fields.seconds("expire", MIN_LIFETIME),
        };
        fields.finish(patch)
    }

    /// Refuses an update that would change the lifetime.
    pub fn require_same_lifetime(&self, key: &AccessKey) -> Result<(), Refusal> {
        match self.lifetime {
            Some(given) if given != key.tm_expire.since(key.tm_create) => {
                Err(Refusal::field(Reason::InvalidArgument, "expire", CREATE_ONLY))
            }
            _ => Ok(()),
        }
    }
}
