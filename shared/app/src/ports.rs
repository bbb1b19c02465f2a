//! The capabilities that use cases ask for. Every one answers 503 (`Failure::Unavailable`) rather than guess.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use custodian_auth::{KeyRing, Pseudonyms, Signer};
use custodian_domain::alarm::{Alarm, Job};
use custodian_domain::kinds::{ALL, Kind};
use custodian_domain::webhook::Farewell;
use custodian_domain::{
    AccessKey, Agent, AgentId, Customer, CustomerId, Profile, Resource, Secret, Stamp, Status, Timestamp,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::failure::Failure;
use crate::scope::Ticket;

/// A row that the admission of a caller reads along in the same round trip.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    Nothing,
    /// Any customer; only a platform admin gets to see it.
    Customer(CustomerId),
    /// No row, but the right to work on this kind.
    Kind(&'static Kind),
    /// A row of the caller's own customer.
    Resource(&'static Kind, Uuid),
    /// An access key of the caller's own customer.
    Key(Uuid),
    /// An agent of the caller's own customer.
    Agent(AgentId),
}

/// Whom a credential names.
#[derive(Clone, Copy, Debug)]
pub enum Principal {
    Agent(AgentId),
    Key(Uuid),
    /// A guest agent, with the platform admin behind it.
    Delegate {
        guest: AgentId,
        operator: (CustomerId, AgentId),
    },
}

/// What the admission found, by one consistent read.
#[derive(Clone, Debug, Default)]
pub struct Admission {
    pub customer: Option<Customer>,
    pub agent: Option<Agent>,
    pub key: Option<AccessKey>,
    pub operator: Option<Agent>,
    pub wanted_customer: Option<Customer>,
    pub wanted_resource: Option<Resource>,
    pub wanted_key: Option<AccessKey>,
    pub wanted_agent: Option<Agent>,
}

/// The platform's public keys, which tell a token of this platform from any other.
pub trait VerifyingKeys: Send + Sync {
    /// The keys that tokens may be signed with (one, or two during a rotation), and the secret of pseudonyms.
    fn shared_keys(&self) -> impl Future<Output = Result<SharedKeys, Failure>> + Send;
}

/// What every function knows.
#[derive(Clone, Debug)]
pub struct SharedKeys {
    pub ring: KeyRing,
    /// None until the platform is set up.
    pub pseudonyms: Option<Pseudonyms>,
}

pub trait Admissions: VerifyingKeys + NoteUse + Idempotency {
    /// Reads who calls, and the wanted row, consistently and in one round trip.
    fn admission(
        &self,
        customer: CustomerId,
        principal: Principal,
        wanted: Wanted,
    ) -> impl Future<Output = Result<Admission, Failure>> + Send;
}

pub trait FindLogins: Send + Sync {
    /// Who has this username.
    fn login(
        &self,
        username: &str,
    ) -> impl Future<Output = Result<Option<(CustomerId, AgentId)>, Failure>> + Send;
}

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

/// What a mailed link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "purpose", rename_all = "lowercase")]
pub enum Purpose {
    /// Proves the e-mail address of a new account.
    Verify,
    /// Confirms the address that is to replace an active account's.
    Change,
    /// Sets an agent's password.
    Reset { agent_id: AgentId },
    /// Leads nowhere: its mail only tells something.
    Note,
}

/// What has a mail sent: an event or a request, and when that was. Later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cause {
    pub at: Timestamp,
    pub id: Uuid,
}

/// What is stored of a mailed link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailToken {
    pub hash: String,
    pub customer_id: CustomerId,
    /// What it was mailed for.
    pub cause: Cause,
    #[serde(flatten)]
    pub purpose: Purpose,
    /// The address that it was mailed to.
    pub email: String,
    /// What the agent's link is about, so that it dies with that; a link for an account has nothing.
    #[serde(default)]
    pub subject: String,
    /// When the link stops working. A verification ends with its account's window.
    pub ends: Timestamp,
    /// From when on the row may be removed by the table's TTL.
    pub keep_until: Timestamp,
}

pub trait ReadMailTokens: Send + Sync {
    fn mail_token(&self, hash: &str) -> impl Future<Output = Result<Option<MailToken>, Failure>> + Send;

    /// Whether this was a link to verify an account that has expired since.
    fn is_late(&self, hash: &str) -> impl Future<Output = Result<bool, Failure>> + Send;
}

pub trait UseMailTokens: ReadMailTokens {
    /// Uses a token up that has nothing to do any more; false if somebody else has used it.
    fn burn_mail_token(&self, token: &MailToken) -> impl Future<Output = Result<bool, Failure>> + Send;
}

pub trait KeepMailTokens: Send + Sync {
    /// Stores a token in place of the earlier one for the same purpose, while the customer is in one of `statuses`. One
    /// that was mailed for the same cause, or stands for a later one, is left as it is.
    fn keep_mail_token(
        &self,
        token: &MailToken,
        statuses: &'static [Status],
    ) -> impl Future<Output = Result<TokenKept, Failure>> + Send;

    /// Notes that a token was handed to the mailer, if it is still the newest for its purpose.
    fn note_mailed(&self, token: &MailToken) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What became of a token that was to be mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKept {
    Done,
    /// There is nothing to mail: it was mailed before, or something later was.
    Answered,
    /// Another took its place at the same moment.
    Lost,
    /// The customer's status does not permit it.
    Closed,
}

pub trait ReadAgents: ReadCustomers {
    fn agent(
        &self,
        customer: CustomerId,
        id: AgentId,
    ) -> impl Future<Output = Result<Option<Agent>, Failure>> + Send;

    /// Agents below `below`, at most `limit`.
    fn agents(
        &self,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
    ) -> impl Future<Output = Result<Part<Agent>, Failure>> + Send;
}

/// The next version of an agent, with what is stored in the same transaction.
#[derive(Clone, Copy, Debug)]
pub struct AgentChange<'a> {
    pub before: &'a Agent,
    pub after: &'a Agent,
    /// The customer's statuses in which this may be done.
    pub statuses: &'static [Status],
    /// The mailed token that is used up by it.
    pub burn: Option<&'a MailToken>,
    /// Tags that the agent did not have before, and that have to be there.
    pub new_tags: &'a [Uuid],
    /// By how many the account has more administrators afterwards: at most one more or less.
    pub admins: i8,
}

pub trait UpdateAgents: ReadAgents {
    /// Stores the next version of an agent, if its version is still the one before.
    fn update_agent(
        &self,
        change: AgentChange<'_>,
    ) -> impl Future<Output = Result<AgentWritten, Failure>> + Send;
}

/// What became of a write to an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentWritten {
    Done,
    Lost,
    Closed,
    TokenGone,
    /// It would leave the account without an administrator.
    LastAdmin,
    /// A tag is not there.
    NoSuchTag,
}

pub trait Rehash: Send + Sync {
    /// Replaces an agent's hash by one of the same password, if it is still the one that was read.
    fn rehash(&self, agent: &Agent, hash: &Secret) -> impl Future<Output = Result<(), Failure>> + Send;
}

pub trait CreateAgents: ReadAgents {
    fn create_agent(&self, agent: &Agent) -> impl Future<Output = Result<AgentCreated, Failure>> + Send;
}

/// What became of a new agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentCreated {
    Done,
    UsernameTaken,
    Closed,
    /// There are as many as the plan allows.
    Full,
    /// A tag is not there.
    NoSuchTag,
}

pub trait DeleteAgents: ReadAgents {
    /// Removes an agent, if its version is still this one; its username is free then.
    fn delete_agent(
        &self,
        agent: &Agent,
        now: Timestamp,
    ) -> impl Future<Output = Result<AgentWritten, Failure>> + Send;
}

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

/// What became of a new row of a kind that has a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    Done,
    Full,
    /// The customer's status does not permit it.
    Closed,
}

pub trait NoteUse: Send + Sync {
    /// Notes the day of a key's last use, if the key is still there.
    fn note_use(&self, key: &AccessKey, day: Timestamp) -> impl Future<Output = Result<(), Failure>> + Send;
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

/// One-off jobs: EventBridge Scheduler, or the local service's own.
pub trait Alarms: Send + Sync {
    /// Sets a job. That it exists already is success.
    fn arm(&self, alarm: &Alarm) -> impl Future<Output = Result<(), Failure>> + Send;
    /// Removes a job. That it does not exist is success.
    fn disarm(&self, job: &Job) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// That a platform admin acted as a customer's guest, and why. It goes with the account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Audit {
    pub customer_id: CustomerId,
    pub id: Uuid,
    pub operator: AgentId,
    pub reason: String,
    pub tm_create: Timestamp,
}

pub trait Audits: Send + Sync {
    fn note(&self, audit: &Audit) -> impl Future<Output = Result<Written, Failure>> + Send;
}

/// What is kept of a request with an `Idempotency-Key`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    /// Tells the same body from another, under a key made of the `Idempotency-Key`.
    pub body_mac: String,
    /// The answer, encrypted under a key made of the `Idempotency-Key`; none while the request runs, or if the answer
    /// was lost after the effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Whose account the answer tells of, if it is kept with that one and goes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tells_of: Option<CustomerId>,
    /// Whether the request has had its effect.
    pub done: bool,
    pub lease: String,
    pub lease_until: Timestamp,
}

/// What became of a request that wanted to begin.
#[derive(Clone, Debug)]
pub enum Begun {
    /// Nothing was done under this key: go ahead.
    Fresh,
    /// There is a record.
    Known(Box<Kept>),
    /// The customer's status permits no new rows.
    Closed,
}

pub trait Idempotency: Send + Sync {
    /// Makes a running record, unless there is one that is done or whose lease is not over.
    fn begin(
        &self,
        ticket: &Ticket,
        body_mac: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<Begun, Failure>> + Send;

    /// Keeps the answer with the account that it tells of.
    fn keep_answer(
        &self,
        ticket: &Ticket,
        tells_of: CustomerId,
        answer: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Forgets a request that had no effect.
    fn forget(&self, ticket: &Ticket) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Counters of attempts in windows of time, shared by all instances.
pub trait Throttles: Send + Sync {
    /// Counts one attempt under this key, if there are fewer than `most` in its window; otherwise says when it ends.
    fn reserve(
        &self,
        key: &str,
        most: u32,
        window: Duration,
        now: Timestamp,
    ) -> impl Future<Output = Result<Reserved, Failure>> + Send;

    /// Takes one attempt back.
    fn give_back(&self, key: &str) -> impl Future<Output = Result<(), Failure>> + Send;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    Yes,
    /// The window is full; `last` is when the last attempt in it was counted.
    Full {
        until: Timestamp,
        last: Timestamp,
    },
}

pub trait FindEmails: ReadCustomers {
    /// Whose account has this e-mail address.
    fn email_owner(&self, email: &str) -> impl Future<Output = Result<Option<CustomerId>, Failure>> + Send;
}

/// A request as it waits in its queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Requested {
    /// The same however often it is delivered.
    pub cause: Cause,
    #[serde(flatten)]
    pub request: Request,
}

impl Requested {
    pub fn new(request: Request, made: Stamp) -> Self {
        Self { cause: Cause { at: made.now, id: made.uuid() }, request }
    }
}

/// Something that people asked for and that is done after they were answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// Mail a link to set this agent's password, if there is such an agent.
    Forgot { username: String },
    /// Open an account, or tell the mailbox that there is one.
    SignUp { profile: Profile },
}

/// The queue of what is done after the answer.
pub trait Requests: Send + Sync {
    fn request(&self, request: &Requested) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// A mail to one person.
#[derive(Clone, Debug)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

pub trait Mailer: Send + Sync {
    fn send(&self, mail: &Mail) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Who can sign tokens: login alone.
pub trait Signs: Send + Sync {
    fn signer(&self) -> &Signer;
}

/// A new login.
#[derive(Clone, Debug)]
pub struct Session {
    pub username: String,
    pub token: Secret,
}

/// The platform's private key, for login and for setting up.
pub trait SigningKeys: Send + Sync {
    /// The key to log people in with, if the platform is set up.
    fn signer(&self) -> impl Future<Output = Result<Option<Signer>, Failure>> + Send;
    /// Stores the first key, unless there is one, and publishes its public half.
    fn keep_first_key(
        &self,
        key_id: &str,
        private: Secret,
        pseudonyms: Secret,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
    /// Puts `next` in the place of `current`, publishes its public half beside that of `current`, and withdraws all others.
    fn replace_key(
        &self,
        current: &Signer,
        next: &Signer,
        private: Secret,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}
