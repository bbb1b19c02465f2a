//! The commands about receipts, exports and restores.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use uuid::Uuid;

#[derive(Debug, Subcommand)]
pub(crate) enum ReceiptCommand {
    /// Fetch the receipt of a confirmed deletion
    Get {
        /// The account's id
        id: Uuid,
        /// Write the receipt into this file
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Verify a receipt, and print what it proves
    Verify(VerifyReceipt),
    /// Fetch the public keys that verify receipts, to verify receipts without a network later
    Keys {
        /// Write the keys into this file
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
#[command(
    after_help = "Without --keys, the keys are fetched from the service of --url, of CUSTODIAN_URL or of your sign-in, in this order. With --keys, nothing is sent over the network."
)]
pub(crate) struct VerifyReceipt {
    /// The file with the receipt, or - for standard input
    pub(crate) file: PathBuf,
    /// The file with the public keys, from `custodianctl receipt keys`
    #[arg(long, value_name = "FILE", conflicts_with = "url")]
    pub(crate) keys: Option<PathBuf>,
    /// Refuse a receipt that is about another account
    #[arg(long, value_name = "ID")]
    pub(crate) customer: Option<Uuid>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExportCommand {
    /// Start an export, or show the one that is running
    Start {
        /// Wait until the export is finished, and show its progress
        #[arg(long)]
        watch: bool,
    },
    /// Show how far an export is
    Show {
        /// The export's id
        id: Uuid,
        /// Wait until the export is finished, and show its progress
        #[arg(long)]
        watch: bool,
    },
    /// Download the file of a finished export: one JSON object a line, compressed with gzip
    Download(DownloadExport),
}

#[derive(Debug, Args)]
pub(crate) struct DownloadExport {
    /// The export's id
    pub(crate) id: Uuid,
    /// Write the file here, or - for standard output. Default: export-ID.jsonl.gz
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "The command repeats its request until everything but the conflicts is repaired. It is safe to run it again. If a \
                  request fails, it prints what it did and found until then, and where to continue."
)]
pub(crate) struct Restore {
    /// The restored table, such as numbers, or all
    pub(crate) table: String,
    /// Continue at the position that a failed command printed
    #[arg(long, value_name = "POSITION")]
    pub(crate) start: Option<String>,
    /// Also delete rows whose account has neither a row in customers nor a ledger. Look at these accounts first
    #[arg(long)]
    pub(crate) purge_without_owner: bool,
}
