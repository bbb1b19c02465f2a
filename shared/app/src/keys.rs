//! The public keys as a function holds them: read when it starts, and again when a token names a newer one.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use custodian_auth::keys::Rejected;
use custodian_auth::{Claims, KeyRing};
use custodian_domain::{Reason, Timestamp};

use crate::failure::Failure;
use crate::ports::VerifyingKeys;

/// Unknown keys cause a read at most this often, so that made-up tokens cannot cause one each.
const REREAD: Duration = Duration::from_secs(30);

/// A ring of public keys that follows a rotation.
pub struct Keys(RwLock<(KeyRing, Option<Timestamp>)>);

impl Keys {
    pub fn new(ring: KeyRing) -> Self {
        Self(RwLock::new((ring, None)))
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
            let ring = store.key_ring().await?;
            self.0.write().unwrap_or_else(PoisonError::into_inner).0 = ring;
            self.try_verify(token, now)
        } else {
            first
        };
        Ok(verified.map_err(|_| Reason::InvalidCredentials)?)
    }

    fn try_verify(&self, token: &str, now: Timestamp) -> Result<Claims, Rejected> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).0.verify(token, now)
    }

    fn may_reread(&self, now: Timestamp) -> bool {
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let may = held.1.is_none_or(|last| last.plus(REREAD) <= now);
        if may {
            held.1 = Some(now);
        }
        may
    }
}
