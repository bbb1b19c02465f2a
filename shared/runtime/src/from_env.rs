//! Building an AWS adapter when a function starts.

use custodian_app::Failure;
use custodian_store::Store;

use crate::aws::AwsConfig;

/// An adapter that is built from the AWS configuration and the environment.
pub trait FromEnv: Sized + Send + Sync + 'static {
    fn from_env(aws: &AwsConfig, store: &Store) -> impl Future<Output = Result<Self, Failure>> + Send;
}

/// For functions that use no service but DynamoDB.
impl FromEnv for () {
    async fn from_env(_: &AwsConfig, _: &Store) -> Result<Self, Failure> {
        Ok(())
    }
}
