//! Starts, kills and restarts the local service as a process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod banner;
mod erased_mail;
mod errors;
mod hosts;
mod html;
mod idle;
mod jobs;
mod log;
mod pages;
#[cfg(unix)]
mod private_files;
mod process;
mod refusals;
mod restart;
mod sample;
