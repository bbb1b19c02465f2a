//! Answers that are kept to be given again, under a key that only who sent the `Idempotency-Key` has.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::Aead;
use chacha20poly1305::{ChaCha20Poly1305, Key, KeyInit, Nonce};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// The keys that are made of an `Idempotency-Key` and of whose it is.
pub struct Seal {
    secret: [u8; 32],
    name: String,
}

impl Seal {
    /// `owner` names the principal and the route: the same text of somebody else makes other keys.
    pub fn new(owner: &str, idempotency_key: &str) -> Self {
        let hash = |purpose: &str| {
            let parts = [purpose, owner, idempotency_key];
            let digest = parts.iter().fold(Sha256::new(), |digest, part| {
                digest.chain_update((part.len() as u64).to_be_bytes()).chain_update(part)
            });
            <[u8; 32]>::from(digest.finalize())
        };
        Self { secret: hash("secret"), name: hex::encode(hash("name")) }
    }

    /// What the record is kept under: it tells nothing of the key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tells the same body from another.
    pub fn mac(&self, body: &[u8]) -> String {
        let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(&self.secret) else { return String::new() };
        mac.update(body);
        hex::encode(mac.finalize().into_bytes())
    }

    /// Encrypts an answer. A record is written once, but a taken-over one twice: hence the random nonce.
    pub fn close(&self, plain: &[u8], nonce: [u8; 12]) -> Option<String> {
        let sealed = self.cipher().encrypt(Nonce::from_slice(&nonce), plain).ok()?;
        Some(STANDARD.encode([&nonce[..], &sealed].concat()))
    }

    pub fn open(&self, sealed: &str) -> Option<Vec<u8>> {
        let bytes = STANDARD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(12)?;
        self.cipher().decrypt(Nonce::from_slice(nonce), sealed).ok()
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(Key::from_slice(&self.secret))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_of_the_same_owner_opens_an_answer() {
        let seal = Seal::new("ann POST /v1.0/tags", "k-1");
        let sealed = seal.close(b"answer", [7; 12]).unwrap();
        assert_eq!(seal.open(&sealed), Some(b"answer".to_vec()));
        for other in [Seal::new("bob POST /v1.0/tags", "k-1"), Seal::new("ann POST /v1.0/tags", "k-2")] {
            assert_eq!(other.open(&sealed), None);
            assert_ne!(other.name(), seal.name());
        }
    }
}
