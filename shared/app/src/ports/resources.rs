//! What a customer owns, by kinds, and how much of it.

use std::collections::BTreeMap;
use std::future::Future;

use custodian_domain::kinds::{ALL, Kind};
use custodian_domain::{CustomerId, Resource, Status, Timestamp};
use uuid::Uuid;

use crate::failure::Failure;
use crate::ports::{Part, ReadCustomers};

/// What became of a new row of a kind that has a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    Done,
    Full,
    /// The customer's status does not permit it.
    Closed,
}

/// What became of a write to something that a customer owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    Done,
    /// The row is gone or is not as it was read.
    Lost,
    /// The customer's status does not permit it.
    Closed,
}

pub trait ListResources: Send + Sync {
    fn resources(
        &self,
        kind: &'static Kind,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
    ) -> impl Future<Output = Result<Part<Resource>, Failure>> + Send;
}

pub trait ReadResources: ReadCustomers {
    fn resource(
        &self,
        kind: &'static Kind,
        customer: CustomerId,
        id: Uuid,
    ) -> impl Future<Output = Result<Option<Resource>, Failure>> + Send;
}

pub trait CreateResources: ReadCustomers {
    /// Stores a new row, if there is room for it, nobody holds its names and everything that it leads to is there.
    fn create_resource(
        &self,
        kind: &'static Kind,
        row: &Resource,
    ) -> impl Future<Output = Result<Stored, Failure>> + Send;
}

pub trait UpdateResources: ReadResources {
    /// Stores the next version of a row while the customer is in one of `statuses`, if its version is still the one before,
    /// nobody else holds its new names and everything that it newly leads to is there.
    fn update_resource(
        &self,
        kind: &'static Kind,
        statuses: &'static [Status],
        before: &Resource,
        after: &Resource,
    ) -> impl Future<Output = Result<Stored, Failure>> + Send;
}

pub trait DeleteResources: ReadResources {
    /// Removes a row, if its version is still this one; its names are free then.
    fn delete_resource(
        &self,
        kind: &'static Kind,
        row: &Resource,
        now: Timestamp,
    ) -> impl Future<Output = Result<Stored, Failure>> + Send;
}

/// What became of a write to a row of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    Done,
    /// The row is gone or is not as it was read.
    Lost,
    /// The customer's status does not permit it.
    Closed,
    /// There are as many as the plan allows.
    Full,
    /// Another row holds one of the names.
    Taken,
    /// What this field leads to is not there.
    Missing(&'static str),
}

pub trait Usage: Send + Sync {
    /// How many rows of each kind a customer has, by table.
    fn usage(
        &self,
        customer: CustomerId,
    ) -> impl Future<Output = Result<BTreeMap<&'static str, u64>, Failure>> + Send;
}

/// What is counted of a customer.
#[derive(Clone, Copy, Debug)]
pub enum Tally {
    Kind(&'static Kind),
    AccessKeys,
    /// Those agents of whom one has to stay.
    Admins,
}

impl Tally {
    pub fn all() -> impl Iterator<Item = Self> {
        ALL.iter().copied().map(Self::Kind).chain([Self::AccessKeys, Self::Admins])
    }
}

pub trait Recount: Send + Sync {
    /// Counts the rows and corrects the counter, unless rows come or go meanwhile; says whether it could.
    fn recount(
        &self,
        customer: CustomerId,
        tally: Tally,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;
}
