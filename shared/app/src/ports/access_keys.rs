//! Access keys.

use std::future::Future;

use custodian_domain::{AccessKey, CustomerId, Principal, Timestamp};
use uuid::Uuid;

use crate::failure::Failure;
use crate::ports::WriteOutcome;
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

/// The outcome of creating a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyCreateOutcome {
    Done,
    GateClosed,
    LimitReached,
    /// The credential of the caller is no longer valid.
    CallerRevoked,
}

/// Creating access keys. At the limit, expired keys are deleted to make room.
pub trait CreateAccessKeys: AccessKeys + DeleteAccessKeys {
    /// Stores a new key, unless the customer has the maximum number of keys or the caller was revoked.
    fn create_access_key(
        &self,
        key: &AccessKey,
        caller: &Principal,
    ) -> impl Future<Output = Result<KeyCreateOutcome, Failure>> + Send;
}

pub trait UpdateAccessKeys: AccessKeys {
    fn update_access_key(
        &self,
        before: &AccessKey,
        after: &AccessKey,
    ) -> impl Future<Output = Result<WriteOutcome, Failure>> + Send;
}

/// The keys to delete in the transaction that deletes or demotes their maker.
#[derive(Clone, Debug)]
pub struct KeysToRevoke {
    pub keys: Vec<AccessKey>,
    /// How often the number of the account's keys had changed before they were listed. The transaction fails if it changed
    /// since, so that no key is created unnoticed.
    pub change_count: i64,
}

/// The outcome of deleting a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyDeleteOutcome {
    Done,
    Stale,
    GateClosed,
    /// The account's keys changed since the keys to revoke were listed.
    KeysChanged,
}

pub trait DeleteAccessKeys: AccessKeys {
    /// The keys that were made through this agent or key.
    fn keys_made_through(
        &self,
        customer: CustomerId,
        maker: Uuid,
    ) -> impl Future<Output = Result<KeysToRevoke, Failure>> + Send;

    /// Deletes a key, and the keys to revoke with it. It fails if the row changed since it was read.
    fn delete_access_key(
        &self,
        key: &AccessKey,
        revoked: Option<&KeysToRevoke>,
        now: Timestamp,
    ) -> impl Future<Output = Result<KeyDeleteOutcome, Failure>> + Send;
}

pub trait RecordKeyUse: Send + Sync {
    /// Records the day of a key's last use, if the key still exists.
    fn record_key_use(
        &self,
        key: &AccessKey,
        day: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}
