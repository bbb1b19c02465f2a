//! Mails, their links, and what people asked for that ends in one.

use std::future::Future;

use custodian_domain::{AgentId, CustomerId, Profile, Stamp, Status, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::failure::Failure;

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
