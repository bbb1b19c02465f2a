//! The command line.

mod accounts;
mod data;
mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

pub(crate) use accounts::{
    BrakeCommand, CustomersCommand, Deletion, DeletionCommand, Freeze, HoldCommand, Search, SetHold,
};
pub(crate) use data::{DownloadExport, ExportCommand, ReceiptCommand, Restore, VerifyReceipt};

use crate::exit::AFTER_HELP;

/// Manages the accounts of a Custodian service: holds, the brake, deletions and their receipts, exports and restores.
#[derive(Debug, Parser)]
#[command(name = "custodianctl", version, after_help = AFTER_HELP, max_term_width = 100)]
pub struct Arguments {
    #[command(flatten)]
    pub(crate) global: GlobalOptions,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalOptions {
    /// The address of the service. Default: CUSTODIAN_URL, or where you signed in
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// The file that keeps your sign-in. Default: custodianctl/config.json in your config folder
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON, as the API returns it, instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sign in, and keep the token in a file that only you can read
    Login(Login),
    /// Sign out everywhere, and remove the token from this computer
    Logout,
    /// Show who is signed in, and where
    Whoami,
    /// Find, show, freeze, recover and delete accounts
    #[command(subcommand)]
    Customers(CustomersCommand),
    /// Protect an account from deletion
    #[command(subcommand)]
    Hold(HoldCommand),
    /// Pause all deletions of the platform
    #[command(subcommand)]
    Brake(BrakeCommand),
    /// Show how far the deletion of an account is
    #[command(subcommand)]
    Deletion(DeletionCommand),
    /// Fetch and verify receipts of deletions
    #[command(subcommand)]
    Receipt(ReceiptCommand),
    /// Export your own account and all its rows that the API shows
    #[command(subcommand)]
    Export(ExportCommand),
    /// Repair the tables after a restore from a backup
    Restore(Restore),
    /// Print a completion script for your shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the man page, or write one page for each command
    Man {
        /// Write the pages of all commands into this folder
        #[arg(long, value_name = "FOLDER")]
        dir: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
#[command(
    after_help = "The password is asked for on the terminal. It is never an argument, since other users can see those."
)]
pub(crate) struct Login {
    /// Your username or confirmed e-mail address
    #[arg(long, short)]
    pub(crate) username: Option<String>,
    /// Read the password from the first line of standard input
    #[arg(long, requires = "username")]
    pub(crate) password_stdin: bool,
}
