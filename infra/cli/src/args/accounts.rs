//! The commands about accounts and their deletion.

use clap::{Args, Subcommand};
use custodian_domain::Timestamp;
use uuid::Uuid;

use super::values::parse_time;

#[derive(Debug, Subcommand)]
pub(crate) enum CustomersCommand {
    /// Find accounts, newest first, or with --due-before the earliest deadline first
    Search(Search),
    /// Show an account
    Show {
        /// The account's id
        id: Uuid,
    },
    /// Show who did what to an account, newest first
    Audit {
        /// The account's id
        id: Uuid,
        /// Show at most this many entries
        #[arg(long, value_name = "COUNT", default_value_t = 100)]
        limit: usize,
    },
    /// Freeze an account: it is deleted after the grace period, or at --until, and only an operator can recover it
    Freeze(Freeze),
    /// Recover a frozen account before it is deleted
    Recover {
        /// The account's id
        id: Uuid,
    },
    /// Delete an account at once, after it was shown and you confirmed it
    Delete(Deletion),
}

#[derive(Debug, Args)]
pub(crate) struct Search {
    /// Only accounts with this e-mail address, now or before
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// Only the account of the agent with this username
    #[arg(long)]
    pub(crate) username: Option<String>,
    /// Only accounts with this status. Default: neither deleted nor expired
    #[arg(long, value_parser = ["initial", "active", "frozen", "deleted", "expired"])]
    pub(crate) status: Option<String>,
    /// Only accounts whose deletion or expiry is due before this time
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) due_before: Option<Timestamp>,
    /// Only accounts on hold
    #[arg(long)]
    pub(crate) held: bool,
    /// Show at most this many accounts
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    pub(crate) limit: usize,
}

#[derive(Debug, Args)]
pub(crate) struct Freeze {
    /// The account's id
    pub(crate) id: Uuid,
    /// When the account is deleted, for example 2026-12-28 or 2026-12-28T14:05:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) until: Option<Timestamp>,
}

#[derive(Debug, Args)]
pub(crate) struct Deletion {
    /// The account's id
    pub(crate) id: Uuid,
    /// Do not ask for a confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
    /// Show what would be deleted, and delete nothing
    #[arg(long, conflicts_with = "yes")]
    pub(crate) dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HoldCommand {
    /// Place a hold on an account, in place of an earlier one: nothing deletes it, and a deletion under way stops
    Set(SetHold),
    /// Show the hold on an account
    Show {
        /// The account's id
        id: Uuid,
    },
    /// Release the hold: an overdue account is deleted, and a stopped deletion continues
    Release {
        /// The account's id
        id: Uuid,
    },
}

#[derive(Debug, Args)]
pub(crate) struct SetHold {
    /// The account's id
    pub(crate) id: Uuid,
    /// Why the account must not be deleted
    #[arg(long)]
    pub(crate) reason: String,
    /// Your own reference, such as a case number
    #[arg(long)]
    pub(crate) reference: Option<String>,
    /// When the hold ends by itself. Default: when it is released
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) until: Option<Timestamp>,
    /// Let the account's owner read the reason and the reference
    #[arg(long)]
    pub(crate) reason_visible: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BrakeCommand {
    /// Show whether all deletions are paused, by whom and why
    Status,
    /// Pause all deletions, also those under way
    On {
        /// Why the deletions are paused
        #[arg(long)]
        reason: String,
    },
    /// Permit deletions again
    Off,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeletionCommand {
    /// Show the state of a deletion and the rows of each table
    Show {
        /// The account's id
        id: Uuid,
        /// Wait until the deletion is confirmed, and show its progress
        #[arg(long)]
        watch: bool,
    },
}
