//! The platform keys in memory. A function reads them when it starts, and again if a token names an unknown key or the
//! platform was not set up yet.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use custodian_auth::Claims;
use custodian_auth::encryption::Encryption;
use custodian_auth::jwt::TokenRejection;
use custodian_domain::{Ciphertext, CustomerId, Reason, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::field_location::FieldLocation;
use crate::ports::{PlatformKeySet, VerifyingKeys};

/// The minimum time between two reloads. Without it, every forged token would cause a read.
const RELOAD_INTERVAL: Duration = Duration::from_secs(30);

/// The purpose of the keys that encrypt single fields. Each customer has its own key.
const FIELD_PURPOSE: &str = "field";

/// The platform keys, which are reloaded after a rotation.
pub struct PlatformKeys(RwLock<CachedKeys>);

struct CachedKeys {
    keys: PlatformKeySet,
    reloaded: Option<Timestamp>,
}

impl PlatformKeys {
    pub const fn new(keys: PlatformKeySet) -> Self {
        Self(RwLock::new(CachedKeys { keys, reloaded: None }))
    }

    /// The keyed hash of a text.
    pub fn keyed_hash(&self, kind: &str, text: &str) -> Result<String, Failure> {
        let cached = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let keyed_hash = cached.keys.keyed_hasher.as_ref().map(|keyed_hasher| keyed_hasher.hash(kind, text));
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
        let verified = if first == Err(TokenRejection::UnknownKey) && self.permit_reload(now) {
            self.reload(store).await?;
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
        let is_set_up = self.0.read().unwrap_or_else(PoisonError::into_inner).keys.keyed_hasher.is_some();
        if is_set_up || !self.permit_reload(now) { Ok(()) } else { self.reload(store).await }
    }

    async fn reload<S: VerifyingKeys>(&self, store: &S) -> Result<(), Failure> {
        let keys = store.platform_key_set().await?;
        self.0.write().unwrap_or_else(PoisonError::into_inner).keys = keys;
        Ok(())
    }

    fn try_verify(&self, token: &str, issuer: &str, now: Timestamp) -> Result<Claims, TokenRejection> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).keys.ring.verify(token, issuer, now)
    }

    fn permit_reload(&self, now: Timestamp) -> bool {
        let mut cached = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let is_permitted = cached.reloaded.is_none_or(|last| last.plus(RELOAD_INTERVAL) <= now);
        if is_permitted {
            cached.reloaded = Some(now);
        }
        is_permitted
    }
}
