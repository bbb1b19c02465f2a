//! The resources of a customer by kind, and their counts.

use std::collections::BTreeMap;
use std::future::Future;

use custodian_domain::kinds::{AGENTS, ALL, Kind};
use custodian_domain::{CustomerId, EncryptedResource, Resource, Status, StoredResource, Timestamp};
use uuid::Uuid;

use crate::failure::Failure;
use crate::ports::{QueryPage, ReadCustomers};

/// The outcome of a write to a row that a customer owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    Done,
    /// The row was changed or deleted since it was read.
    Stale,
    /// The customer's status does not permit the write.
    GateClosed,
}

pub trait ListResources: Send + Sync {
    fn resources(
        &self,
        kind: &'static Kind,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
    ) -> impl Future<Output = Result<QueryPage<StoredResource>, Failure>> + Send;
}

pub trait ReadResources: ReadCustomers {
    fn resource(
        &self,
        kind: &'static Kind,
        customer: CustomerId,
        id: Uuid,
    ) -> impl Future<Output = Result<Option<StoredResource>, Failure>> + Send;
}

pub trait FindResources: ReadResources {
    /// The customer's row with this unique name.
    fn resource_with_name(
        &self,
        kind: &'static Kind,
        customer: CustomerId,
        name: &str,
    ) -> impl Future<Output = Result<Option<StoredResource>, Failure>> + Send;
}

pub trait CreateResources: ReadCustomers {
    /// Stores a new row, if the plan's limit permits it, its unique names are free and all rows that it references exist.
    fn create_resource(
        &self,
        kind: &'static Kind,
        row: &EncryptedResource<'_>,
    ) -> impl Future<Output = Result<ResourceWriteOutcome, Failure>> + Send;
}

pub trait UpdateResources: ReadResources {
    /// Stores the next version of a row, if the row did not change since it was read and the customer is in one of `statuses`.
    /// The new unique names must be free, and all newly referenced rows must exist.
    fn update_resource(
        &self,
        kind: &'static Kind,
        statuses: &'static [Status],
        before: &Resource,
        after: &EncryptedResource<'_>,
    ) -> impl Future<Output = Result<ResourceWriteOutcome, Failure>> + Send;
}

pub trait DeleteResources: ReadResources {
    /// Deletes a row and frees its unique names. It fails if the row changed since it was read.
    fn delete_resource(
        &self,
        kind: &'static Kind,
        row: &Resource,
        now: Timestamp,
    ) -> impl Future<Output = Result<ResourceWriteOutcome, Failure>> + Send;
}

/// The outcome of a write to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceWriteOutcome {
    Done,
    /// The row was changed or deleted since it was read.
    Stale,
    /// The customer's status does not permit the write.
    GateClosed,
    /// The account has as many rows as its plan allows.
    LimitReached,
    /// None of the account's gates has enough bytes left.
    BytesLimitReached,
    /// Another row holds one of the unique names.
    NameTaken,
    /// The row that this field references does not exist.
    ReferenceNotFound(&'static str),
}

/// What an account stores.
#[derive(Clone, Debug)]
pub struct StoredRows {
    /// The number of rows of each kind, by table. The guest agent is not counted.
    pub counts: BTreeMap<&'static str, u64>,
    /// The bytes of the rows of all kinds except agents and billing accounts.
    pub bytes: u64,
}

impl StoredRows {
    /// The number of rows of each kind that a deletion of the account finds, by table.
    pub fn rows_to_delete(&self) -> BTreeMap<&'static str, u64> {
        let mut rows = self.counts.clone();
        // The counter of the agents does not include the guest agent, which every account has.
        rows.entry(AGENTS.table).and_modify(|agents| *agents += 1);
        rows
    }
}

pub trait Usage: Send + Sync {
    fn usage(&self, customer: CustomerId) -> impl Future<Output = Result<StoredRows, Failure>> + Send;
}

/// A counter of a customer.
#[derive(Clone, Copy, Debug)]
pub enum Counter {
    Kind(&'static Kind),
    AccessKeys,
    /// The administrators other than the guest agent, of which an account must keep at least one.
    Admins,
    /// The bytes of the rows. The recount also sets the limit of the plan.
    Bytes,
}

impl Counter {
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.iter().copied().map(Self::Kind).chain([Self::AccessKeys, Self::Admins, Self::Bytes])
    }
}

pub trait Recount: Send + Sync {
    /// Counts the rows and corrects the counter. Returns false if a gate or row that holds the counter changed meanwhile.
    fn recount(
        &self,
        customer: CustomerId,
        counter: Counter,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;
}
