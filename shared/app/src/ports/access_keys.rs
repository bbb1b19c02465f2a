//! Access keys.

use std::future::Future;

use custodian_domain::{AccessKey, CustomerId, Timestamp};
use uuid::Uuid;

use crate::failure::Failure;
use crate::ports::{Counted, Written};
use crate::ports::{Part, ReadCustomers};

pub trait AccessKeys: ReadCustomers {
    fn access_key(
        &self,
        customer: CustomerId,
        id: Uuid,
    ) -> impl Future<Output = Result<Option<AccessKey>, Failure>> + Send;

    fn access_keys(
        &self,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
    ) -> impl Future<Output = Result<Part<AccessKey>, Failure>> + Send;
}

pub trait CreateAccessKeys: AccessKeys + DeleteAccessKeys {
    /// Stores a new key, if there are fewer than the most that there may be.
    fn create_access_key(&self, key: &AccessKey) -> impl Future<Output = Result<Counted, Failure>> + Send;
}

pub trait UpdateAccessKeys: AccessKeys {
    fn update_access_key(
        &self,
        before: &AccessKey,
        after: &AccessKey,
    ) -> impl Future<Output = Result<Written, Failure>> + Send;
}

pub trait DeleteAccessKeys: AccessKeys {
    fn delete_access_key(
        &self,
        key: &AccessKey,
        now: Timestamp,
    ) -> impl Future<Output = Result<Written, Failure>> + Send;
}

pub trait NoteUse: Send + Sync {
    /// Notes the day of a key's last use, if the key is still there.
    fn note_use(&self, key: &AccessKey, day: Timestamp) -> impl Future<Output = Result<(), Failure>> + Send;
}
