//! How long the mailbox keeps mails. A mail goes with its account, because it has the account's address and name.
//!
//! The mail about the deletion itself is sent after that, and has no account. It stays for a day, so that it can be read.

use std::time::Duration;

use custodian_app::ports::ReadCustomers;
use custodian_app::{Clock, Failure};
use custodian_domain::EventType;
use custodian_events::Event;

use crate::services::{LocalContext, LocalServices};

/// How long the mail about a deletion stays. The mails of earlier versions have no account either.
const RETENTION: Duration = Duration::from_secs(86_400);

impl LocalServices {
    /// Deletes the mails of an account that was deleted or expired. When the cascade is complete, it deletes them again: a notice
    /// whose sending began before the deletion can have been stored after it.
    pub(crate) fn delete_mails_with_account(&self, event: &Event) -> Result<(), Failure> {
        match event.event_type {
            EventType::CustomerDeleted | EventType::CustomerExpired | EventType::CustomerErased
                if !self.keep_mail =>
            {
                self.state.delete_mails_of(event.customer_id)
            }
            _ => Ok(()),
        }
    }

    /// Deletes the mails about deletions that are more than a day old.
    pub(crate) fn delete_old_mails(&self) -> Result<(), Failure> {
        if self.keep_mail {
            return Ok(());
        }
        self.state.delete_mails_without_account(self.clock.now().minus(RETENTION))
    }
}

/// Deletes the mails that an earlier process with `--keep-mail` has kept.
pub(crate) async fn delete_kept_mails(cx: &LocalContext) -> Result<(), Failure> {
    if cx.services.keep_mail {
        return Ok(());
    }
    for account in cx.services.state.accounts_with_mails()? {
        if cx.store.customer(account).await?.is_none_or(|customer| customer.status().is_terminal()) {
            cx.services.state.delete_mails_of(account)?;
        }
    }
    Ok(())
}
