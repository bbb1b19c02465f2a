//! `cargo run`: serves the whole product on this machine.

use std::process::ExitCode;

use clap::Parser;
use custodian_local::{Args, LocalError, Service};

#[tokio::main]
#[expect(clippy::print_stderr, reason = "the command prints its error")]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::new("warn,custodian_http=info");
    custodian_runtime::subscriber().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(&Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<(), LocalError> {
    let service = Service::open(args).await?;
    // Print the banner first: it shows the generated password, which no later start prints again.
    service.print_banner();
    if args.sample {
        service.create_sample(args).await?;
    }
    service.serve().await
}
