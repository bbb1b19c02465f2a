//! The keys that sign tokens and receipts.

use std::future::Future;

use custodian_auth::Signer;
use custodian_auth::receipt::ReceiptKey;
use custodian_domain::Secret;

use crate::failure::Failure;

/// The signing key of a running function, loaded at its start. Only sign-in and delegation have it.
pub trait TokenSigner: Send + Sync {
    fn signer(&self) -> &Signer;
}

/// The private key that signs receipts. Only `reconcile` and `platform-setup` read it.
pub trait ReceiptKeys: Send + Sync {
    fn receipt_signer(&self) -> impl Future<Output = Result<Option<Signer>, Failure>> + Send;
}

/// The public keys that verify receipts: the present one, and all earlier ones, because a receipt stays valid.
pub trait PublishedReceiptKeys: Send + Sync {
    fn receipt_keys(&self) -> impl Future<Output = Result<Vec<ReceiptKey>, Failure>> + Send;
}

/// Creating and replacing the key that signs receipts.
pub trait ManageReceiptKeys: ReceiptKeys {
    /// Stores the first key unless one exists, and publishes its public key.
    fn store_first_receipt_key(
        &self,
        key: &Signer,
        private: Secret,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Replaces `current` by `next`, whose private key is `private`, and publishes the public key of `next` beside the earlier
    /// ones.
    fn replace_receipt_key(
        &self,
        current: &Signer,
        next: &Signer,
        private: Secret,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The outcome of a successful sign-in: the agent's username and its new token.
#[derive(Clone, Debug)]
pub struct SignedInAgent {
    pub username: String,
    pub token: Secret,
}

/// The stored private key of the platform. Functions that sign tokens read it at their start; set-up and rotation write it.
pub trait SigningKeys: Send + Sync {
    /// The current signing key, if the platform is set up.
    fn signer(&self) -> impl Future<Output = Result<Option<Signer>, Failure>> + Send;
    /// Stores the first signing key and the secret of keyed hashes, each unless it exists. Then publishes the public key of the
    /// stored signing key.
    fn store_first_key(
        &self,
        key_id: &str,
        private: Secret,
        keyed_hash_secret: Secret,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
    /// Replaces `current` by `next`, whose private key is `private`. Publishes the public key of `next` beside that of `current`,
    /// and withdraws all others.
    fn replace_key(
        &self,
        current: &Signer,
        next: &Signer,
        private: Secret,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}
