//! The platform keys in memory. A function reads them when it starts, and again if a token names an unknown key or the
//! platform was not set up yet.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use custodian_auth::Claims;
use custodian_auth::encryption::Encryption;
use custodian_auth::jwt::TokenRejection;
use custodian_domain::{Ciphertext, CustomerId, Reason, Timestamp};
use futures::lock::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::field_location::FieldLocation;
use crate::ports::{PlatformKeySet, VerifyingKeys};

/// The minimum time between a successful reload and the next one. Without it, every token with an unknown key would cause a read.
const RELOAD_INTERVAL: Duration = Duration::from_secs(30);
/// The minimum time between a failed reload and the next one, so that forged tokens do not prolong an outage.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// The purpose of the keys that encrypt single fields. Each customer has its own key.
const FIELD_PURPOSE: &str = "field";

/// The platform keys, which are reloaded after a rotation.
pub struct PlatformKeys {
    cached: RwLock<PlatformKeySet>,
    /// The lock is held during a reload, so that concurrent requests wait for the new keys.
    reloads: Mutex<Reloads>,
}

/// The times of the last reloads.
struct Reloads {
    succeeded: Option<Timestamp>,
    failed: Option<Timestamp>,
}

impl PlatformKeys {
    pub const fn new(keys: PlatformKeySet) -> Self {
        Self { cached: RwLock::new(keys), reloads: Mutex::new(Reloads { succeeded: None, failed: None }) }
    }

    /// The keyed hash of a text.
    pub fn keyed_hash(&self, kind: &str, text: &str) -> Result<String, Failure> {
        let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner);
        let keyed_hash = cached.keyed_hasher.as_ref().map(|keyed_hasher| keyed_hasher.hash(kind, text));
        keyed_hash.ok_or_else(|| {
            Failure::unavailable("the platform", "not set up when this instance last read the keys")
        })
    }

    /// Encrypts a value that is stored for one customer and one purpose.
    pub fn encrypt_for(
        &self,
        purpose: &'static str,
        customer: CustomerId,
        value: &impl Serialize,
        nonce: [u8; 12],
    ) -> Result<String, Failure> {
        let plain = serde_json::to_vec(value).map_err(|cause| Failure::unavailable("encryption", cause))?;
        let ciphertext = self.encryption(purpose, customer)?.encrypt(&plain, nonce);
        ciphertext.ok_or_else(|| Failure::unavailable("encryption", "the cipher failed"))
    }

    /// Decrypts a value. `None` if it was encrypted for another customer or purpose, or cannot be parsed.
    pub fn decrypt_for<T: DeserializeOwned>(
        &self,
        purpose: &'static str,
        customer: CustomerId,
        ciphertext: &str,
    ) -> Result<Option<T>, Failure> {
        let plain = self.encryption(purpose, customer)?.decrypt(ciphertext);
        Ok(plain.and_then(|plain| serde_json::from_slice(&plain).ok()))
    }

    /// Encrypts the value of a field.
    pub fn encrypt_field(
        &self,
        location: &FieldLocation,
        value: &impl Serialize,
        nonce: [u8; 12],
    ) -> Result<Ciphertext, Failure> {
        let plain = serde_json::to_vec(value).map_err(|cause| Failure::unavailable("encryption", cause))?;
        let encryption = self.encryption(FIELD_PURPOSE, location.customer)?;
        let ciphertext = encryption.encrypt_field(&Zeroizing::new(plain), &location.associated_data(), nonce);
        ciphertext.ok_or_else(|| Failure::unavailable("encryption", "the cipher failed"))
    }

    /// Decrypts the value of a field. Fails if it was encrypted for another customer or field.
    pub fn decrypt_field<T: DeserializeOwned>(
        &self,
        location: &FieldLocation,
        ciphertext: &Ciphertext,
    ) -> Result<T, Failure> {
        let encryption = self.encryption(FIELD_PURPOSE, location.customer)?;
        let plain = encryption.decrypt_field(ciphertext, &location.associated_data());
        let value = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        value.ok_or_else(|| Failure::unreadable("a stored value", "cannot be decrypted"))
    }

    fn encryption(&self, purpose: &str, customer: CustomerId) -> Result<Encryption, Failure> {
        Ok(Encryption::new(purpose, &self.keyed_hash(purpose, &customer.to_string())?))
    }

    /// The claims of a token, if a platform key signed it for this issuer and it has not expired.
    pub async fn verify<S: VerifyingKeys>(
        &self,
        store: &S,
        token: &str,
        issuer: &str,
        now: Timestamp,
    ) -> Result<Claims, Failure> {
        let first = self.try_verify(token, issuer, now);
        let verified = if first == Err(TokenRejection::UnknownKey) {
            self.reload(store, now).await?;
            self.try_verify(token, issuer, now)
        } else {
            first
        };
        Ok(verified.map_err(|_| Reason::InvalidCredentials)?)
    }

    /// Reloads the keys if the platform was not set up when they were last read.
    pub async fn reload_if_missing<S: VerifyingKeys>(
        &self,
        store: &S,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let is_set_up = self.cached.read().unwrap_or_else(PoisonError::into_inner).keyed_hasher.is_some();
        if is_set_up { Ok(()) } else { self.reload(store, now).await }
    }

    /// Reads the keys, unless they were read a moment ago. A failed read does not count: until a read succeeds, nobody knows
    /// whether a token with an unknown key is valid, so its request must get 503.
    async fn reload<S: VerifyingKeys>(&self, store: &S, now: Timestamp) -> Result<(), Failure> {
        let mut reloads = self.reloads.lock().await;
        if reloads.succeeded.is_some_and(|last| now < last.plus(RELOAD_INTERVAL)) {
            return Ok(());
        }
        if reloads.failed.is_some_and(|last| now < last.plus(RETRY_INTERVAL)) {
            return Err(Failure::unavailable("the platform keys", "they could not be read a moment ago"));
        }
        let keys = store.platform_key_set().await.inspect_err(|_| reloads.failed = Some(now))?;
        *self.cached.write().unwrap_or_else(PoisonError::into_inner) = keys;
        reloads.succeeded = Some(now);
        Ok(())
    }

    fn try_verify(&self, token: &str, issuer: &str, now: Timestamp) -> Result<Claims, TokenRejection> {
        self.cached.read().unwrap_or_else(PoisonError::into_inner).ring.verify(token, issuer, now)
    }
}
