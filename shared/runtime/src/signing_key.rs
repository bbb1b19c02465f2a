//! The signing key of the functions that sign tokens.

use custodian_app::Failure;
use custodian_app::ports::{SigningKeys, TokenSigner};
use custodian_auth::Signer;
use custodian_store::Store;

use crate::aws::AwsConfig;
use crate::from_env::FromEnv;

/// The private key that signs tokens, read once when the function starts.
pub struct SigningKey(Signer);

impl FromEnv for SigningKey {
    async fn from_env(_: &AwsConfig, store: &Store) -> Result<Self, Failure> {
        let signer = store.signer().await?;
        signer
            .map(Self)
            .ok_or_else(|| Failure::unavailable("the signing key", "the platform is not set up yet"))
    }
}

impl TokenSigner for SigningKey {
    fn signer(&self) -> &Signer {
        &self.0
    }
}
