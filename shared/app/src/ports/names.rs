//! The holders of e-mail addresses and usernames.

use std::future::Future;

use custodian_domain::{AgentId, CustomerId};

use crate::failure::Failure;

/// The account that holds an e-mail address. The account may not have confirmed the address yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmailHolder {
    pub customer: CustomerId,
    /// The account's owner: the administrator that was created with the account.
    pub owner: Option<AgentId>,
}

/// The holders of one text as an e-mail address and as a username.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NameHolders {
    pub email: Option<EmailHolder>,
    pub username: Option<(CustomerId, AgentId)>,
    /// The agent that an earlier release stored under the unprepared username. `None` if preparation does not change the text.
    pub unprepared_username: Option<(CustomerId, AgentId)>,
}

pub trait FindNames: Send + Sync {
    /// The holders of a text, in one consistent read.
    fn name_holders(&self, text: &str) -> impl Future<Output = Result<NameHolders, Failure>> + Send;
}
