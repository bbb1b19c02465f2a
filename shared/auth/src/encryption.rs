//! Encryption of stored responses and other values with keys that are not stored beside them. A stored response can be
//! decrypted only with the platform's secret and the client's `Idempotency-Key`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce};
use custodian_domain::Ciphertext;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// An encryption key and a record key, both derived from an owner and a secret.
pub struct Encryption {
    secret: [u8; 32],
    record_key: String,
}

impl Encryption {
    /// Two owners with the same secret have different keys. The secret must have the entropy of a key, because an
    /// attacker who guesses it can decrypt the values.
    pub fn new(owner: &str, secret: &str) -> Self {
        let hash = |purpose: &str| {
            let parts = [purpose, owner, secret];
            let digest = parts.iter().fold(Sha256::new(), |digest, part| {
                digest.chain_update((part.len() as u64).to_be_bytes()).chain_update(part)
            });
            <[u8; 32]>::from(digest.finalize())
        };
        Self { secret: hash("secret"), record_key: hex::encode(hash("name")) }
    }

    /// The key under which the record is stored. It does not reveal the secret.
    pub fn record_key(&self) -> &str {
        &self.record_key
    }

    /// A MAC that identifies a request body.
    pub fn mac(&self, body: &[u8]) -> String {
        let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(&self.secret) else { return String::new() };
        mac.update(body);
        hex::encode(mac.finalize().into_bytes())
    }

    /// Encrypts a value. The nonce must be random, because a second request can take over the record and encrypt with the same
    /// key.
    pub fn encrypt(&self, plain: &[u8], nonce: [u8; 12]) -> Option<String> {
        let ciphertext = self.cipher().encrypt(Nonce::from_slice(&nonce), plain).ok()?;
        Some(STANDARD.encode([&nonce[..], &ciphertext].concat()))
    }

    pub fn decrypt(&self, ciphertext: &str) -> Option<Vec<u8>> {
        let bytes = STANDARD.decode(ciphertext).ok()?;
        let (nonce, ciphertext) = bytes.split_at_checked(12)?;
        self.cipher().decrypt(Nonce::from_slice(nonce), ciphertext).ok()
    }

    /// Encrypts a value of a field. `associated_data` names the field, and decryption requires the same name.
    pub fn encrypt_field(&self, plain: &[u8], associated_data: &str, nonce: [u8; 12]) -> Option<Ciphertext> {
        let payload = Payload { msg: plain, aad: associated_data.as_bytes() };
        let ciphertext = self.cipher().encrypt(Nonce::from_slice(&nonce), payload).ok()?;
        Some(Ciphertext::from_cipher(STANDARD.encode([&nonce[..], &ciphertext].concat())))
    }

    pub fn decrypt_field(
        &self,
        ciphertext: &Ciphertext,
        associated_data: &str,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let bytes = STANDARD.decode(ciphertext.as_str()).ok()?;
        let (nonce, ciphertext) = bytes.split_at_checked(12)?;
        let payload = Payload { msg: ciphertext, aad: associated_data.as_bytes() };
        self.cipher().decrypt(Nonce::from_slice(nonce), payload).ok().map(Zeroizing::new)
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(Key::from_slice(&self.secret))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_decrypted_only_under_its_own_name() {
        let encryption = Encryption::new("fields", "a key");
        let ciphertext = encryption.encrypt_field(b"dial tone", "ann trunks password", [7; 12]).unwrap();
        let decrypt = |name| encryption.decrypt_field(&ciphertext, name).map(|plain| plain.to_vec());
        assert_eq!(decrypt("ann trunks password"), Some(b"dial tone".to_vec()));
        assert_eq!((decrypt("bob trunks password"), decrypt("")), (None, None));
        assert_eq!(encryption.decrypt(ciphertext.as_str()), None);
    }

    #[test]
    fn only_the_same_secret_of_the_same_owner_decrypts_a_response() {
        let encryption = Encryption::new("ann POST /v1.0/tags", "k-1");
        let ciphertext = encryption.encrypt(b"response", [7; 12]).unwrap();
        assert_eq!(encryption.decrypt(&ciphertext), Some(b"response".to_vec()));
        for other in
            [Encryption::new("bob POST /v1.0/tags", "k-1"), Encryption::new("ann POST /v1.0/tags", "k-2")]
        {
            assert_eq!(other.decrypt(&ciphertext), None);
            assert_ne!(other.record_key(), encryption.record_key());
        }
    }
}
