//! Building an AWS adapter when a function starts.

use custodian_app::Failure;
use custodian_store::Store;

use crate::aws::AwsConfig;

/// A type that can be built from the AWS configuration, the environment and the store.
pub trait FromEnv: Sized + Send + Sync + 'static {
    fn from_env(aws: &AwsConfig, store: &Store) -> impl Future<Output = Result<Self, Failure>> + Send;
}

/// The adapters of a function that uses only DynamoDB.
pub type NoServices = ();

impl FromEnv for NoServices {
    async fn from_env(_: &AwsConfig, _: &Store) -> Result<Self, Failure> {
        Ok(())
    }
}
