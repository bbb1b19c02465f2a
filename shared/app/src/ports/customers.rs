//! Customers, and the one-off jobs of their lifecycle.

use std::future::Future;

use custodian_domain::deletion_notice::DeletionNotice;
use custodian_domain::scheduled_job::{Job, ScheduledJob};
use custodian_domain::webhook_endpoints::EndpointId;
use custodian_domain::webhook_secret::EncryptedWebhookSecret;
use custodian_domain::{
    AccessKey, Agent, AgentId, Customer, CustomerId, DeletionRequest, Resource, Status, Timestamp,
};
use uuid::Uuid;

use crate::failure::Failure;
use crate::ports::{DeletionBrake, DeletionRecipients, MailToken};

pub trait ReadCustomers: Send + Sync {
    fn customer(&self, id: CustomerId) -> impl Future<Output = Result<Option<Customer>, Failure>> + Send;
}

/// The next version of a customer, and the writes of the same transaction.
#[derive(Clone, Copy, Debug)]
pub struct CustomerChange<'a> {
    pub before: &'a Customer,
    pub after: &'a Customer,
    pub activation_rows: Option<&'a ActivationRows>,
    /// The billing account before and after, if the change affects it.
    pub billing: Option<(&'a Resource, &'a Resource)>,
    /// The usernames that change because the change confirms the account's e-mail address.
    pub confirmation: Option<&'a EmailConfirmation>,
    /// The mailed token that this change uses up.
    pub used_token: Option<&'a MailToken>,
    /// Who asked for the deletion or expiry, for the ledger.
    pub deletion: Option<DeletionRequest>,
    /// The signing secret of the endpoint that the change adds.
    pub endpoint_secret: Option<&'a NewEndpointSecret>,
    /// The encrypted destinations of the deletion notices.
    pub deletion_notices: &'a [DeletionNotice],
    /// The encrypted recipients of the mails about the deletion.
    pub deletion_mails: Option<&'a DeletionRecipients>,
}

/// The encrypted signing secret of a new endpoint.
#[derive(Clone, Debug)]
pub struct NewEndpointSecret {
    pub endpoint: EndpointId,
    pub secret: EncryptedWebhookSecret,
}

impl<'a> CustomerChange<'a> {
    /// A change that writes only the customer and the rows that depend on its state.
    pub const fn new(before: &'a Customer, after: &'a Customer) -> Self {
        Self {
            before,
            after,
            activation_rows: None,
            billing: None,
            confirmation: None,
            used_token: None,
            deletion: None,
            endpoint_secret: None,
            deletion_notices: &[],
            deletion_mails: None,
        }
    }

    /// The agent before its renaming, if this change renames it.
    pub fn renamed(&self, id: AgentId) -> Option<&'a Agent> {
        let mut renames = self.confirmation.into_iter().flat_map(|confirmation| &confirmation.renames);
        renames.find(|(before, _)| before.id == id).map(|(before, _)| before)
    }
}

/// The usernames that change in the transaction that confirms an account's e-mail address.
#[derive(Clone, Debug, Default)]
pub struct EmailConfirmation {
    /// The account's owner, who can sign in with the address.
    pub owner: Option<AgentId>,
    /// The holder of the username that equals the address, when it was read.
    pub username_holder: Option<(CustomerId, AgentId)>,
    /// Agents before and after their renaming.
    pub renames: Vec<(Agent, Agent)>,
}

/// The rows that the activation of an account creates.
#[derive(Clone, Debug)]
pub struct ActivationRows {
    pub billing_account: Resource,
    /// The first access key, if the caller can receive it.
    pub access_key: Option<AccessKey>,
}

impl ActivationRows {
    /// The time of the first of the rows.
    pub(crate) fn first_created(&self) -> Timestamp {
        let key = self.access_key.as_ref().map(|key| key.tm_create);
        key.into_iter().fold(self.billing_account.tm_create, Timestamp::min)
    }
}

/// The outcome of a customer write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomerWriteOutcome {
    Done,
    /// The row, or another row that the change depends on, changed since it was read.
    Stale,
    /// The e-mail address belongs to another account.
    EmailTaken,
    /// The mailed token was used or replaced, or the credential that requested the change is no longer valid.
    TokenUsed,
    /// The brake is on, and the change would end the account.
    DeletionsPaused,
}

pub trait ChangeCustomers: ReadCustomers + DeletionBrake {
    /// Writes the next version of a customer in one transaction with the rows that change with it: on a change of status its gates,
    /// on a change or confirmation of its address its identifiers, and on deletion or expiry the first row of the deletion ledger.
    /// It fails if the row changed since it was read.
    fn commit(
        &self,
        change: CustomerChange<'_>,
    ) -> impl Future<Output = Result<CustomerWriteOutcome, Failure>> + Send;
}

/// A new customer with its first agents.
#[derive(Clone, Debug)]
pub struct NewAccount {
    pub customer: Customer,
    pub admin: Agent,
    pub guest: Agent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreateAccountOutcome {
    Done,
    EmailTaken,
    UsernameTaken,
}

pub trait CreateCustomers: Send + Sync {
    fn create(
        &self,
        account: &NewAccount,
    ) -> impl Future<Output = Result<CreateAccountOutcome, Failure>> + Send;
}

/// Rows of one query page, newest first or by deadline. A page may hold fewer rows than requested.
#[derive(Clone, Debug)]
pub struct QueryPage<T, C = Uuid> {
    pub rows: Vec<T>,
    /// Where the next page starts, such as the id below which it starts; `None` on the last page.
    pub next: Option<C>,
}

impl<T, C> QueryPage<T, C> {
    /// Converts every row.
    pub fn try_map<V, X>(self, row: impl FnMut(T) -> Result<V, X>) -> Result<QueryPage<V, C>, X> {
        let Self { rows, next } = self;
        Ok(QueryPage { rows: rows.into_iter().map(row).collect::<Result<_, _>>()?, next })
    }
}

/// Some overdue customers of one status, in no order. The pages are ordered by deadline.
#[derive(Clone, Debug)]
pub struct OverduePage {
    pub customers: Vec<Customer>,
    /// The deadline and the customer after which the next page starts; `None` on the last page.
    pub next: Option<(Timestamp, CustomerId)>,
}

pub trait DueCustomers: Send + Sync {
    /// The next customers of this status whose deadline has passed.
    fn overdue(
        &self,
        status: Status,
        now: Timestamp,
        after: Option<(Timestamp, CustomerId)>,
    ) -> impl Future<Output = Result<OverduePage, Failure>> + Send;
}

pub trait CountDue: Send + Sync {
    /// The number of frozen customers whose deadline passed after `since`. Counts at most `max`.
    fn count_due(
        &self,
        since: Timestamp,
        now: Timestamp,
        max: u32,
    ) -> impl Future<Output = Result<u32, Failure>> + Send;
}

/// One-off jobs: EventBridge Scheduler, or the scheduler of the local service.
pub trait Scheduler: Send + Sync {
    /// Creates a job. Succeeds if a job of that name exists.
    fn schedule(&self, scheduled_job: &ScheduledJob) -> impl Future<Output = Result<(), Failure>> + Send;
    /// Deletes a job. Succeeds if the job does not exist.
    fn cancel(&self, job: &Job) -> impl Future<Output = Result<(), Failure>> + Send;
}
