//! `cargo run`: serves the whole product on this machine.

use clap::Parser;
use custodian_local::{Args, LocalError, Service};

#[tokio::main]
async fn main() -> Result<(), LocalError> {
    let level = tracing_subscriber::EnvFilter::new("warn,custodian_http=info");
    custodian_runtime::lines().with_env_filter(level).with_writer(std::io::stderr).init();
    let args = Args::parse();
    let service = Service::open(&args).await?;
    // Before anything that takes its time: the password is shown once, and only now.
    service.announce();
    if args.sample {
        service.fill_sample(&args).await?;
    }
    service.serve().await
}
