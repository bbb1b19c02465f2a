//! The keys as a function holds them: read when it starts, again when a token names a newer one, and again until there are any.

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
            .ok_or_else(|| Failure::unavailable("the platform", "not set up when this instance last looked"))
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
            self.reread(store).await?;
            self.try_verify(token, now)
        } else {
            first
        };
        Ok(verified.map_err(|_| Reason::InvalidCredentials)?)
    }

    /// Reads them again if there were none yet: the platform may have been set up since.
    pub async fn look_again<S: VerifyingKeys>(&self, store: &S, now: Timestamp) -> Result<(), Failure> {
        let set_up = self.0.read().unwrap_or_else(PoisonError::into_inner).keys.pseudonyms.is_some();
        if set_up || !self.may_reread(now) { Ok(()) } else { self.reread(store).await }
    }

    async fn reread<S: VerifyingKeys>(&self, store: &S) -> Result<(), Failure> {
        let keys = store.shared_keys().await?;
        self.0.write().unwrap_or_else(PoisonError::into_inner).keys = keys;
        Ok(())
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
