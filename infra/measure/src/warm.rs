//! What our code takes of a warm read: the real binary is invoked again and again, and of each time the database's part is
//! taken away.
//!
//! `cargo run --release -p custodian-measure --bin warm -- --functions <folder>`
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use custodian_measure::process::Running;
use custodian_measure::programs::Folder;
use custodian_measure::stage::{self, Function, Stage};
use custodian_measure::table::{by_memory, markdown, median, ms};

/// What our process may spend on a read, at the median.
const MOST: Duration = Duration::from_micros(300);

/// Measures warm reads; prints a table.
#[derive(Parser)]
struct Args {
    /// The folder of the functions' programs: `<name>/bootstrap` or `<name>`.
    #[arg(long)]
    functions: PathBuf,
    /// How often each is invoked; the median counts.
    #[arg(long, default_value_t = 2000)]
    invocations: usize,
    /// Measure only functions whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Fail if a read takes more than promised.
    #[arg(long)]
    assert: bool,
}

/// What the invocations of a function took.
struct Warm {
    name: String,
    calls: usize,
    whole: Duration,
    database: Duration,
    around: Duration,
    cpu: Duration,
}

/// Invokes a function that was warmed up by as many invocations as a tenth of those that count.
async fn measure(stage: &mut Stage, args: &Args, function: &Function) -> Warm {
    let request = stage.request(function.program()).await;
    let service = stage.client.service().clone();
    let _still = service.hold_still().await;
    let command = stage.command(function, &Folder(args.functions.clone()));
    let event = request.event(&function.route, 1);
    let (mut running, _, answer) = Running::start(command, event.clone()).await;
    request.check(&function.name, &answer);
    for _ in 0..args.invocations / 10 {
        running.invoke(event.clone()).await;
    }
    stage.cloud.take();
    let (cpu, mut times, mut calls) = (running.cpu(), Vec::new(), 0);
    for _ in 0..args.invocations {
        let (whole, answer) = running.invoke(event.clone()).await;
        request.check(&function.name, &answer);
        let made = stage.cloud.take();
        calls = made.len();
        times.push((whole, made.iter().map(|call| call.took).sum::<Duration>()));
    }
    let cpu = (running.cpu() - cpu) / u32::try_from(args.invocations).unwrap();
    running.stop().await;
    Warm {
        name: function.name.clone(),
        calls,
        whole: median(times.iter().map(|(whole, _)| *whole)),
        database: median(times.iter().map(|(_, database)| *database)),
        around: median(times.iter().map(|(whole, database)| whole.saturating_sub(*database))),
        cpu,
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let mut stage = Stage::open().await;
    let mut measured = Vec::new();
    let reads = stage::functions().into_iter().filter(|function| function.is_read());
    for function in reads.filter(|function| function.name.contains(&args.only)) {
        measured.push(measure(&mut stage, &args, &function).await);
    }
    let heads = ["function", "calls", "whole ms", "in the database ms", "around it ms", "our CPU ms"];
    let rows: Vec<_> = measured
        .iter()
        .map(|warm| {
            let figures = [warm.whole, warm.database, warm.around, warm.cpu].map(ms);
            [vec![warm.name.clone(), warm.calls.to_string()], figures.to_vec()].concat()
        })
        .collect();
    println!("{}", markdown(&heads, &rows));
    println!(
        "{}",
        by_memory("a warm read, the slowest", measured.iter().map(|warm| warm.cpu).max().unwrap_or_default())
    );
    let slow: Vec<_> = measured.iter().filter(|warm| warm.cpu > MOST).collect();
    slow.iter().for_each(|warm| println!("- {}: {} ms of CPU, not {}", warm.name, ms(warm.cpu), ms(MOST)));
    if args.assert && !slow.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
