//! `custodianctl`: the operator's command line. It talks to the HTTP API, and to the server of an
//! export's file. It can verify receipts without a network.

pub mod args;
mod client;
mod commands;
mod config;
mod connection;
mod console;
mod exit;
mod output;
mod pages;
mod poll;
mod progress_bar;
mod refusal;
mod run;
mod service_url;
mod tls;

pub use run::run;
