//! Mails, mailed tokens, and queued requests that send mails.

use std::future::Future;
use std::time::Duration;

use custodian_auth::mail_token;
use custodian_domain::deletion_notice::EncryptedDestination;
use custodian_domain::{AccessKey, AgentId, Cause, CustomerId, IdSeed, Profile, Secret, Status, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::failure::Failure;

/// The purpose of a mailed token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "purpose", rename_all = "lowercase")]
pub enum Purpose {
    /// Verifies the e-mail address of a new account.
    Verify,
    /// Confirms the new e-mail address of an active account.
    #[serde(rename = "change")]
    EmailChange,
    /// Sets an agent's password.
    Reset { agent_id: AgentId },
    /// A notice: the mail does not contain the token.
    #[serde(rename = "note")]
    Notice {
        /// The id of the cause, so that each notice has a record of its own.
        notice_id: Uuid,
    },
    /// A purpose that a newer version of this service wrote. To this version, the link is invalid.
    #[serde(other)]
    Unknown,
}

/// The stored record of a mailed token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailToken {
    pub hash: String,
    pub customer_id: CustomerId,
    /// The cause of the mail.
    pub cause: Cause,
    #[serde(flatten)]
    pub purpose: Purpose,
    /// The recipient of the mail.
    pub email: String,
    /// The state for which the link was sent. When the state changes, the link stops working. For a reset link: the fingerprint of
    /// the password and permission. For a verification link: the signup. For a change of address: the requester. Empty otherwise.
    #[serde(rename = "subject", default)]
    pub bound_to: String,
    /// When the link stops working. A verification link expires with its account's window.
    #[serde(rename = "ends")]
    pub tm_expire: Timestamp,
    /// When the table's TTL may remove the row.
    pub keep_until: Timestamp,
    /// Whether the link was used. Only the page of the link accepts a used token, to say that it was used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub used: bool,
}

impl MailToken {
    /// How long the row outlives the link by default.
    const RETENTION: Duration = Duration::from_secs(86_400);

    /// The record of an unused token that is bound to nothing.
    pub fn new(
        token: &Secret,
        customer_id: CustomerId,
        cause: Cause,
        purpose: Purpose,
        email: &str,
        tm_expire: Timestamp,
    ) -> Self {
        Self {
            hash: mail_token::hash(token),
            customer_id,
            cause,
            purpose,
            email: email.to_owned(),
            bound_to: String::new(),
            tm_expire,
            keep_until: tm_expire.plus(Self::RETENTION),
            used: false,
        }
    }
}

pub trait ReadMailTokens: Send + Sync {
    /// The stored token, which may be expired or used.
    fn mail_token(&self, hash: &str) -> impl Future<Output = Result<Option<MailToken>, Failure>> + Send;

    /// Whether this was the token of a verification link that was neither used nor replaced. The answer outlives the token itself,
    /// which the cascade deletes after an unverified account expires.
    fn is_expired_verification(&self, hash: &str) -> impl Future<Output = Result<bool, Failure>> + Send;
}

pub trait UseMailTokens: ReadMailTokens {
    /// Marks a token as used. Returns false if it was used or replaced.
    fn use_mail_token(&self, token: &MailToken) -> impl Future<Output = Result<bool, Failure>> + Send;
}

pub trait StoreMailTokens: Send + Sync {
    /// Whether the mails of this cause were sent, or a later cause has a token for the same purpose.
    fn was_mailed(
        &self,
        customer: CustomerId,
        purpose: Purpose,
        cause: Cause,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Stores a token in place of the earlier one for the same purpose, if the customer is in one of `statuses`. Does not
    /// replace a token that was mailed for the same cause, or that has a later cause.
    fn store_mail_token(
        &self,
        token: &MailToken,
        statuses: &'static [Status],
    ) -> impl Future<Output = Result<StoreTokenOutcome, Failure>> + Send;

    /// Records that the mails of a token were sent, if it is still the newest for its purpose.
    fn record_mailed(&self, token: &MailToken) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The rows that notices read in addition to the account and its agents, and the values that are stored until a notice is sent.
pub trait NoticeRows: Send + Sync {
    /// An access key, or `None` if it was deleted in the meantime.
    fn created_key(
        &self,
        customer: CustomerId,
        id: Uuid,
    ) -> impl Future<Output = Result<Option<AccessKey>, Failure>> + Send;

    /// The encrypted recipient of the first mail about an account's deletion.
    fn first_mail_recipient(
        &self,
        customer: CustomerId,
    ) -> impl Future<Output = Result<Option<EncryptedDestination>, Failure>> + Send;

    fn remove_first_mail_recipient(
        &self,
        customer: CustomerId,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Removes the former e-mail address of an account, if it is still this one.
    fn remove_former_email(
        &self,
        customer: CustomerId,
        address: &str,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Removes the former username of an agent, if it is still this one.
    fn remove_former_username(
        &self,
        customer: CustomerId,
        agent: AgentId,
        username: &str,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The encrypted recipients of the first and the last mail about an account's deletion.
#[derive(Clone, Debug)]
pub struct DeletionRecipients {
    /// Used for an hour at most. After that, the cascade deletes it.
    pub begun: EncryptedDestination,
    /// Stored for seven days at most.
    pub done: EncryptedDestination,
}

/// The recipient of the last mail about an account, which is stored beside its ledger until the mail is sent.
pub trait LastMail: Send + Sync {
    fn last_mail_recipient(
        &self,
        customer: CustomerId,
    ) -> impl Future<Output = Result<Option<EncryptedDestination>, Failure>> + Send;

    fn remove_last_mail_recipient(
        &self,
        customer: CustomerId,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The outcome of storing a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreTokenOutcome {
    Done,
    /// No mail is due: the mails of this cause were sent before, or a later cause has a token.
    AlreadyMailed,
    /// A concurrent write stored another token.
    Stale,
    /// The customer's status does not permit the write.
    GateClosed,
}

/// A message of the request queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QueuedRequest {
    /// Every delivery of the message has the same cause.
    pub cause: Cause,
    #[serde(flatten)]
    pub request: DeferredRequest,
}

impl QueuedRequest {
    /// The request with a new cause, whose time and id come from the seed.
    pub fn new(request: DeferredRequest, id_seed: IdSeed) -> Self {
        Self { cause: Cause { at: id_seed.now, id: id_seed.uuid() }, request }
    }
}

/// A request that the `requests` function completes after the caller got its response.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum DeferredRequest {
    /// Mails a reset link to the agent that this text names, if one exists.
    #[serde(rename = "forgot")]
    ForgotPassword { username: String },
    /// Opens an account. If the address has one, replaces an unverified signup or sends a mail.
    SignUp { profile: Profile },
}

/// The queue of deferred requests.
pub trait RequestQueue: Send + Sync {
    fn enqueue_request(&self, request: &QueuedRequest) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// A mail to one recipient.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The sender, with its display name.
    pub from: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

pub trait Mailer: Send + Sync {
    /// Sends a mail of an account. A mailer that keeps mails deletes them with the account. The two mails about a deletion are
    /// sent after it, so their `account` is `None`.
    fn send_mail(
        &self,
        mail: &Mail,
        account: Option<CustomerId>,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}
