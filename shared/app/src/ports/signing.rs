//! The keys that tokens are signed with.

use std::future::Future;

use custodian_auth::Signer;
use custodian_domain::Secret;

use crate::failure::Failure;

/// Who can sign tokens: login alone.
pub trait Signs: Send + Sync {
    fn signer(&self) -> &Signer;
}

/// A new login.
#[derive(Clone, Debug)]
pub struct Session {
    pub username: String,
    pub token: Secret,
}

/// The platform's private key, for login and for setting up.
pub trait SigningKeys: Send + Sync {
    /// The key to log people in with, if the platform is set up.
    fn signer(&self) -> impl Future<Output = Result<Option<Signer>, Failure>> + Send;
    /// Stores the first key, unless there is one, and publishes its public half.
    fn keep_first_key(
        &self,
        key_id: &str,
        private: Secret,
        pseudonyms: Secret,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
    /// Puts `next` in the place of `current`, publishes its public half beside that of `current`, and withdraws all others.
    fn replace_key(
        &self,
        current: &Signer,
        next: &Signer,
        private: Secret,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}
