//! The keys that sign tokens.

use std::future::Future;

use custodian_auth::Signer;
use custodian_domain::Secret;

use crate::failure::Failure;

/// The ability to sign tokens. Only sign-in and delegation have it.
pub trait TokenSigner: Send + Sync {
    fn signer(&self) -> &Signer;
}

/// A new session.
#[derive(Clone, Debug)]
pub struct Session {
    pub username: String,
    pub token: Secret,
}

/// The platform's private key, for functions that sign tokens and for the set-up.
pub trait SigningKeys: Send + Sync {
    /// The current signing key, if the platform is set up.
    fn signer(&self) -> impl Future<Output = Result<Option<Signer>, Failure>> + Send;
    /// Stores the first signing key and publishes its public key, unless a key exists.
    fn store_first_key(
        &self,
        key_id: &str,
        private: Secret,
        keyed_hash_secret: Secret,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
    /// Replaces `current` by `next`, publishes the public key of `next` beside that of `current`, and withdraws all others.
    fn replace_key(
        &self,
        current: &Signer,
        next: &Signer,
        private: Secret,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}
