//! The public keys as a function holds them: read when it starts, and again when a token names a newer one.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use custodian_auth::Claims;
use custodian_auth::keys::Rejected;
use custodian_domain::{Reason, Timestamp};

use crate::failure::Failure;
use crate::ports::{SharedKeys, VerifyingKeys};

/// Unknown keys cause a read at most this often, so that made-up tokens cannot cause one each.
const REREAD: Duration = Duration::from_secs(30);

/// A ring of public keys that follows a rotation.
pub struct Keys(RwLock<Held>);

struct Held {
    keys: SharedKeys,
    reread: Option<Timestamp>,
}

impl Keys {
    pub const fn new(keys: SharedKeys) -> Self {
        Self(RwLock::new(Held { keys, reread: None }))
    }

    /// The pseudonym of a text, for a throttle.
    pub fn pseudonym(&self, kind: &str, text: &str) -> Result<String, Failure> {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let pseudonyms = held.keys.pseudonyms.as_ref().map(|pseudonyms| pseudonyms.of(kind, text));
        pseudonyms
            .ok_or_else(|| Failure::unavailable("the platform", "not set up when this instance started"))
    }

    /// What a token says, if it is signed with a key of the platform and has not ended.
    pub async fn verify<S: VerifyingKeys>(
        &self,
        store: &S,
        token: &str,
        now: Timestamp,
    ) -> Result<Claims, Failure> {
        let first = self.try_verify(token, now);
        let verified = if first == Err(Rejected::UnknownKey) && self.may_reread(now) {
            let keys = store.shared_keys().await?;
            self.0.write().unwrap_or_else(PoisonError::into_inner).keys = keys;
            self.try_verify(token, now)
        } else {
            first
        };
        Ok(verified.map_err(|_| Reason::InvalidCredentials)?)
    }

    fn try_verify(&self, token: &str, now: Timestamp) -> Result<Claims, Rejected> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).keys.ring.verify(token, now)
    }

    fn may_reread(&self, now: Timestamp) -> bool {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let may = held.reread.is_none_or(|last| last.plus(REREAD) <= now);
        if may {
            held.reread = Some(now);
        }
        may
    }
}
