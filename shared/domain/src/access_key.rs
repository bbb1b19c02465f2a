//! Access keys: the credentials of programs that act as an administrator of a customer.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::caller_message::CallerMessage;
use crate::field_problem::FieldProblem;
use crate::fields::Fields;
use crate::profile::{MAX_DETAIL, MAX_NAME};
use crate::reason::Reason;
use crate::refusal::Refusal;
use crate::scope::{self, Scope};
use crate::{CreatedBy, CustomerId, Timestamp};

/// The noun of an access key in event types.
pub const NOUN: &str = "accesskey";

/// The lifetime of a key if the request has no `expire`, unless the access key behind its maker expires earlier.
pub const DEFAULT_LIFETIME: Duration = Duration::from_secs(365 * 86_400);
/// The minimum `expire` of a request. If the access key behind its maker expires earlier, a key can live for a shorter time.
pub const MIN_LIFETIME: Duration = Duration::from_secs(86_400);
/// The maximum number of keys of one customer.
pub const MAX_ACCESS_KEYS: u64 = 50;
/// The maximum number of agents and keys through which a key was made.
pub const MAX_CHAIN: usize = 50;
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
    /// `None` for keys of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<CreatedBy>,
    /// The agents and keys through which the key was made, from the first to its maker. Deleting or demoting any of them revokes
    /// the key, except with `keys=keep`. The chain also names makers that no longer exist, so that nobody hides a key by deleting
    /// the key in between.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<Uuid>,
    /// Empty if the key is not limited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<Scope>,
}

impl AccessKey {
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.tm_expire
    }

    /// Whether the scopes of the key limit what it may do.
    pub const fn is_limited(&self) -> bool {
        !self.scopes.is_empty()
    }

    /// Whether this agent or key made the key, directly or through others.
    pub fn was_made_through(&self, maker: Uuid) -> bool {
        self.chain.contains(&maker)
    }
}

/// What happens to the keys that an agent or a key made, when their maker is deleted or demoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeKeys {
    Revoke,
    Keep,
}

impl MadeKeys {
    /// The query parameter `keys`.
    pub fn read(parameter: Option<&str>) -> Result<Self, Refusal> {
        match parameter {
            None => Ok(Self::Revoke),
            Some("keep") => Ok(Self::Keep),
            Some(_) => {
                let problem = FieldProblem::NotTheValue { value: "keep" };
                Err(Refusal::field(Reason::InvalidRequestParameter, "keys", problem))
            }
        }
    }
}

/// The fields of a request that creates or updates a key.
#[derive(Clone, Debug, Default)]
pub struct KeyPatch {
    pub name: Option<String>,
    pub detail: Option<String>,
    pub lifetime: Option<Duration>,
    pub scopes: Option<Vec<Scope>>,
}

impl KeyPatch {
    /// `expire` is the lifetime in seconds, at least one day. An update must change neither it nor the scopes.
    pub fn read(body: &Map<String, Value>) -> Result<Self, Refusal> {
        let mut fields = Fields::new(body);
        let patch = Self {
            name: fields.text("name", MAX_NAME),
            detail: fields.multi_line_text("detail", MAX_DETAIL),
            lifetime: fields.seconds("expire", MIN_LIFETIME),
            scopes: read_scopes(&mut fields),
        };
        fields.finish(patch)
    }

    /// Refuses an update that would change the lifetime or the scopes.
    pub fn require_same_limits(&self, key: &AccessKey) -> Result<(), Refusal> {
        let refuse = |field| Err(Refusal::field(Reason::InvalidArgument, field, FieldProblem::CreateOnly));
        match (self.lifetime, &self.scopes) {
            (Some(given), _) if given != key.tm_expire.since(key.tm_create) => refuse("expire"),
            (_, Some(given)) if *given != key.scopes => refuse("scopes"),
            _ => Ok(()),
        }
    }

    /// When a new key expires: no later than `maker`, the key behind the principal that makes it.
    pub fn expiry(&self, maker: Option<&AccessKey>, now: Timestamp) -> Result<Timestamp, Refusal> {
        let requested = now.plus(self.lifetime.unwrap_or(DEFAULT_LIFETIME));
        match maker {
            Some(maker) if requested > maker.tm_expire && self.lifetime.is_some() => {
                Err(Refusal::field(Reason::InvalidArgument, "expire", FieldProblem::LaterThanMaker))
            }
            Some(maker) => Ok(requested.min(maker.tm_expire)),
            None => Ok(requested),
        }
    }

    /// Refuses a new key that may do more than `maker`, the key behind the principal that makes it.
    pub fn require_scopes_within(&self, maker: Option<&AccessKey>) -> Result<(), Refusal> {
        let new = self.scopes.as_deref().unwrap_or_default();
        let is_within = maker.is_none_or(|maker| scope::are_within(new, &maker.scopes));
        if is_within { Ok(()) } else { Err(Refusal::with_message(CallerMessage::WiderScopes)) }
    }
}

/// A list of scopes, each once.
fn read_scopes(fields: &mut Fields<'_>) -> Option<Vec<Scope>> {
    let mut scopes = Vec::new();
    for text in fields.texts("scopes")? {
        match Scope::parse(text) {
            Some(scope) if scopes.contains(&scope) => {}
            Some(scope) => scopes.push(scope),
            None => {
                fields.refuse("scopes", FieldProblem::NotScopes);
                return None;
            }
        }
    }
    Some(scopes)
}
