//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use custodian_app::Settings;
use custodian_domain::FieldProblem;
use custodian_domain::credentials::{parse_username, password_error};

use crate::allowed_hosts::parse_host;

/// Serves Custodian on 127.0.0.1. Nothing else has to be installed.
#[derive(Clone, Debug, Parser)]
#[command(name = "custodian", version)]
pub struct Args {
    /// The port to listen on; 0 selects a free port.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// The folder that stores the data, the pending jobs and the clock's offset.
    #[arg(long, default_value = ".local")]
    pub data: PathBuf,
    /// Keep everything in memory and lose it when the process ends.
    #[arg(long)]
    pub ephemeral: bool,
    /// The username of the platform admin that the first start creates.
    #[arg(long, default_value = "admin@localhost", value_parser = parse_username)]
    pub admin_username: String,
    /// The platform admin's password; by default the first start generates one and prints it once.
    #[arg(long, value_parser = parse_password)]
    pub admin_password: Option<String>,
    /// Create a sample account with ten agents, five numbers, eight flows and some rows of every other kind.
    #[arg(long)]
    pub sample: bool,
    /// Allow webhooks to this machine, on any port.
    #[arg(long)]
    pub allow_loopback_webhooks: bool,
    /// Also respond to requests for this host, with any port, such as the name of a proxy in front of the service. Can be
    /// repeated. Localhost and loopback addresses are always allowed.
    #[arg(long, value_name = "HOST", value_parser = parse_host)]
    pub allow_host: Vec<String>,
    /// Keep the mails of deleted and expired accounts in the mailbox.
    #[arg(long)]
    pub keep_mail: bool,
    /// The bytes a second that one account may read, with a burst of 8 seconds.
    #[arg(long, default_value_t = Settings::default().read_bytes_per_second)]
    pub read_bytes_per_second: u32,
    /// Pause all deletions when more than this number of accounts is deleted or falls due within an hour, as a deployed stack
    /// does. 0 turns this off.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub max_deletions_per_hour: u32,
    /// The format of the log on standard error. By default, it is text in a terminal, and JSON otherwise.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// The least important lines to log. `info` logs each request, and `debug` also the background work. The environment
    /// variable RUST_LOG takes precedence.
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = LogLevel::Info)]
    pub log_level: LogLevel,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

fn parse_password(text: &str) -> Result<String, FieldProblem> {
    password_error(text).map_or_else(|| Ok(text.to_owned()), Err)
}
