//! Access keys.

use std::future::Future;

use custodian_domain::{AccessKey, CustomerId, Timestamp};
use uuid::Uuid;

use crate::failure::Failure;
use crate::ports::{CreateOutcome, WriteOutcome};
use crate::ports::{QueryPage, ReadCustomers};

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
    ) -> impl Future<Output = Result<QueryPage<AccessKey>, Failure>> + Send;
}

pub trait CreateAccessKeys: AccessKeys + DeleteAccessKeys {
    /// Stores a new key, unless the customer has the maximum number of keys.
    fn create_access_key(
        &self,
        key: &AccessKey,
    ) -> impl Future<Output = Result<CreateOutcome, Failure>> + Send;
}

pub trait UpdateAccessKeys: AccessKeys {
    fn update_access_key(
        &self,
        before: &AccessKey,
        after: &AccessKey,
    ) -> impl Future<Output = Result<WriteOutcome, Failure>> + Send;
}

pub trait DeleteAccessKeys: AccessKeys {
    fn delete_access_key(
        &self,
        key: &AccessKey,
        now: Timestamp,
    ) -> impl Future<Output = Result<WriteOutcome, Failure>> + Send;
}

pub trait RecordKeyUse: Send + Sync {
    /// Records the day of a key's last use, if the key still exists.
    fn record_key_use(
        &self,
        key: &AccessKey,
        day: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}
