//! Customers: reading, listing, opening, changing.

use std::future::Future;

use custodian_domain::alarm::{Alarm, Job};
use custodian_domain::webhook::Farewell;
use custodian_domain::{AccessKey, Agent, Customer, CustomerId, Resource, Status, Timestamp};
use uuid::Uuid;

use crate::failure::Failure;
use crate::ports::MailToken;

pub trait ReadCustomers: Send + Sync {
    fn customer(&self, id: CustomerId) -> impl Future<Output = Result<Option<Customer>, Failure>> + Send;
}

/// One step of a customer's history, with what is stored in the same transaction.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    pub before: &'a Customer,
    pub after: &'a Customer,
    pub verification: Option<&'a Verification>,
    /// The billing account before and after, where the change reaches it.
    pub billing: Option<(&'a Resource, &'a Resource)>,
    /// The mailed token that is used up by it.
    pub burn: Option<&'a MailToken>,
    /// Where the news of the account's end goes.
    pub farewell: Option<&'a Farewell>,
}

/// What verifying an account brings with it.
#[derive(Clone, Debug)]
pub struct Verification {
    pub billing_account: Resource,
    pub access_key: AccessKey,
}

/// What became of a write that names what it expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    Done,
    /// The row is not as it was read: read and decide again.
    Lost,
    /// The e-mail address belongs to another account.
    EmailTaken,
    /// The mailed token was used or replaced.
    TokenGone,
}

pub trait ChangeCustomers: ReadCustomers {
    /// Stores the next version of a customer, its gates, its identifiers and, at its end, the opening row of the
    /// deletion ledger: all or nothing, and only if the row is still as it was read.
    fn commit(&self, change: Change<'_>) -> impl Future<Output = Result<Committed, Failure>> + Send;
}

/// A customer with the agents that it begins with.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub customer: Customer,
    pub admin: Agent,
    pub guest: Agent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Creation {
    Done,
    EmailTaken,
    UsernameTaken,
}

pub trait CreateCustomers: Send + Sync {
    fn create(&self, account: &NewAccount) -> impl Future<Output = Result<Creation, Failure>> + Send;
}

/// Some rows of a list, newest first: as many as one read gives, which may be fewer than were asked for.
#[derive(Clone, Debug)]
pub struct Part<T> {
    pub rows: Vec<T>,
    /// The id below which the list goes on; none if that was all.
    pub next: Option<Uuid>,
}

impl<T> Part<T> {
    /// The same part of the list, with rows as something else.
    pub fn try_map<V, X>(self, row: impl FnMut(T) -> Result<V, X>) -> Result<Part<V>, X> {
        let Self { rows, next } = self;
        Ok(Part { rows: rows.into_iter().map(row).collect::<Result<_, _>>()?, next })
    }
}

pub trait ListCustomers: Send + Sync {
    /// Customers in any of `statuses` whose id is below `below`, at most `limit`.
    fn customers(
        &self,
        statuses: &[Status],
        below: Option<Uuid>,
        limit: usize,
    ) -> impl Future<Output = Result<Part<Customer>, Failure>> + Send;
}

pub trait DueCustomers: Send + Sync {
    /// Some of the customers whose deadline has come, the longest overdue first.
    fn overdue(&self, now: Timestamp) -> impl Future<Output = Result<Vec<Customer>, Failure>> + Send;
}

/// One-off jobs: EventBridge Scheduler, or the local service's own.
pub trait Alarms: Send + Sync {
    /// Sets a job. That it exists already is success.
    fn arm(&self, alarm: &Alarm) -> impl Future<Output = Result<(), Failure>> + Send;
    /// Removes a job. That it does not exist is success.
    fn disarm(&self, job: &Job) -> impl Future<Output = Result<(), Failure>> + Send;
}

pub trait FindEmails: ReadCustomers {
    /// Whose account has this e-mail address.
    fn email_owner(&self, email: &str) -> impl Future<Output = Result<Option<CustomerId>, Failure>> + Send;
}
