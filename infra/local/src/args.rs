//! The command line.

use std::path::PathBuf;

use clap::Parser;
use custodian_domain::agent::{password_fault, username_fault};

/// Serves Custodian on 127.0.0.1, with nothing else installed.
#[derive(Clone, Debug, Parser)]
#[command(name = "custodian")]
pub struct Args {
    /// The port; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// The folder that data, pending jobs and the clock's offset are kept in.
    #[arg(long, default_value = ".local")]
    pub data: PathBuf,
    /// Keep everything in memory: it ends with the process.
    #[arg(long)]
    pub ephemeral: bool,
    /// The platform admin that is made at the first start.
    #[arg(long, default_value = "admin@localhost", value_parser = username)]
    pub admin_username: String,
    /// Its password; without it a random one is made and printed once.
    #[arg(long, value_parser = password)]
    pub admin_password: Option<String>,
    /// Fill an account as the specification draws one: ten agents, five numbers, eight flows and so on.
    #[arg(long)]
    pub sample: bool,
    /// Let webhooks go to this machine, on any port.
    #[arg(long)]
    pub allow_loopback_webhooks: bool,
}

fn username(text: &str) -> Result<String, &'static str> {
    username_fault(text).map_or_else(|| Ok(text.to_owned()), Err)
}

fn password(text: &str) -> Result<String, &'static str> {
    password_fault(text).map_or_else(|| Ok(text.to_owned()), Err)
}
