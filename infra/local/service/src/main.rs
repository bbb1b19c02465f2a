//! `cargo run`: serves the whole product on this machine.

use std::process::ExitCode;

use clap::Parser;
use custodian_local::{Args, LocalError, Service, start_log};

#[tokio::main]
#[expect(clippy::print_stderr, reason = "the command prints its error")]
async fn main() -> ExitCode {
    match run(&Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<(), LocalError> {
    start_log(args)?;
    let service = Service::open(args).await?;
    // Print the banner first: it shows the generated password, which no later start prints again.
    service.print_banner();
    if args.sample {
        service.create_sample().await?;
    }
    service.serve().await
}
