//! The links to the states of deletions.

use std::future::Future;

use crate::deletion_link::DeletionLink;
use crate::failure::Failure;

pub trait DeletionLinks: Send + Sync {
    fn store_deletion_link(&self, link: &DeletionLink) -> impl Future<Output = Result<(), Failure>> + Send;

    /// The link with this hash. It may be expired.
    fn deletion_link(&self, hash: &str)
    -> impl Future<Output = Result<Option<DeletionLink>, Failure>> + Send;
}
