//! The links to the states of deletions.

use std::future::Future;

use custodian_domain::{CustomerId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// A stored link. The token itself is not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletionLink {
    /// The hash of the token.
    pub id: String,
    pub customer_id: CustomerId,
    pub tm_expire: Timestamp,
}

pub trait DeletionLinks: Send + Sync {
    fn store_deletion_link(&self, link: &DeletionLink) -> impl Future<Output = Result<(), Failure>> + Send;

    /// The link with this hash. It may be expired.
    fn deletion_link(&self, hash: &str)
    -> impl Future<Output = Result<Option<DeletionLink>, Failure>> + Send;
}
