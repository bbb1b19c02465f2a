//! Erases what the local service itself stored about a deleted or expired account: mails, and copies of deleted rows
//! in the engine's file and the state file.
//!
//! The mails of an account are deleted with it, because they have its address and name. The mails about the deletion are sent
//! afterwards, and are stored without an account. They stay for a day, so that they can be read.

use std::time::Duration;

use custodian_app::ports::ReadCustomers;
use custodian_app::{Clock, Failure};
use custodian_domain::EventType;
use custodian_events::Event;

use crate::dispatcher::Dispatcher;
use crate::services::{LocalContext, LocalServices};

/// How long the mails about a deletion stay. The mails that an earlier release stored have no account either, so they stay as long.
const RETENTION: Duration = Duration::from_secs(86_400);

/// The key in the state file for whether rows were erased since the files were rewritten.
const ERASED_KEY: &str = "erased rows";

impl LocalServices {
    /// Deletes the mails of a deleted or expired account. When the cascade is complete, it deletes them again: a notice whose
    /// sending began before the deletion can have been stored after it.
    pub(crate) fn erase_with_account(&self, event: &Event) -> Result<(), Failure> {
        let is_erased = event.event_type == EventType::CustomerErased;
        if !is_erased && ![EventType::CustomerDeleted, EventType::CustomerExpired].contains(&event.event_type)
        {
            return Ok(());
        }
        if !self.keep_mail {
            self.state.delete_mails_of(event.customer_id)?;
        }
        if is_erased { self.state.set(ERASED_KEY, "yes") } else { Ok(()) }
    }

    /// Deletes the mails about deletions that are more than a day old.
    pub(crate) fn delete_old_mails(&self) -> Result<(), Failure> {
        if !self.keep_mail && self.state.delete_mails_without_account(self.clock.now().minus(RETENTION))? {
            self.state.set(ERASED_KEY, "yes")?;
        }
        Ok(())
    }
}

/// Deletes the mails of deleted and expired accounts that an earlier process with `--keep-mail` has kept.
pub(crate) async fn delete_kept_mails(cx: &LocalContext) -> Result<(), Failure> {
    let state = &cx.services.state;
    if cx.services.keep_mail {
        return Ok(());
    }
    for account in state.accounts_with_mails()? {
        if cx.store.customer(account).await?.is_none_or(|customer| customer.status().is_terminal()) {
            state.delete_mails_of(account)?;
            state.set(ERASED_KEY, "yes")?;
        }
    }
    Ok(())
}

impl Dispatcher {
    /// Removes deleted rows from the engine's file, to which `published` is a connection, and from the state file. SQLite
    /// overwrites a deleted row, but neither its traces in the write-ahead log nor the copies that it left behind when it moved
    /// rows between pages.
    pub(crate) fn erase_deleted_rows(&self) -> Result<(), Failure> {
        let state = &self.cx.services.state;
        if state.get(ERASED_KEY)?.is_some_and(|value| value == "yes") {
            self.published.rewrite_file()?;
            state.rewrite_file()?;
            state.set(ERASED_KEY, "no")?;
        }
        state.checkpoint()?;
        self.published.checkpoint()
    }
}
