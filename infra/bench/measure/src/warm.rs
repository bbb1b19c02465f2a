//! Measures warm reads: invokes the deployed binary repeatedly, with AWS calls over TLS, and compares it with the baseline
//! `least`, which makes the same number of round trips to DynamoDB.
//!
//! `infra/bench/measure/warm.sh` builds the programs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use custodian_measure::aws_stub::CallSummary;
use custodian_measure::fixture::{self, Fixture};
use custodian_measure::function_process::FunctionProcess;
use custodian_measure::programs::{Baseline, BinaryFolder, Program, Workload};
use custodian_measure::table::{by_memory_size, markdown, median, ms};

/// Measures warm reads; prints a table.
#[derive(Parser)]
struct Args {
    /// The folder of the functions' binaries: `<name>/bootstrap` or `<name>`.
    #[arg(long)]
    functions: PathBuf,
    /// The folder of the baseline `least`, built with the same profile.
    #[arg(long)]
    baselines: PathBuf,
    /// The number of invocations of each program; the table shows medians, and the mean of the CPU time.
    #[arg(long, default_value_t = 2000)]
    invocations: usize,
    /// Measure only functions whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
}

/// The result of a program. The times are medians, except the CPU time, which is a mean.
struct WarmResult {
    name: String,
    calls: CallSummary,
    total: Duration,
    database: Duration,
    /// The total without the database: our code, the runtime, the SDK, TLS and the network, on both sides.
    without_database: Duration,
    cpu: Duration,
}

/// Measures a program after a warm-up of a tenth of the invocations.
async fn measure(fixture: &mut Fixture, invocations: usize, program: &Program) -> WarmResult {
    let function = program.function();
    let request = fixture.prepare_request(&function.function).await;
    let service = fixture.client.service().clone();
    let _paused = service.pause_background_work().await;
    let event = request.to_event(&function.route.path, 1);
    let (mut process, _, response) = FunctionProcess::start(program.command(fixture), event.clone()).await;
    request.assert_success(&function.name(), &response);
    for _ in 0..invocations / 10 {
        process.invoke(event.clone()).await;
    }
    let (cpu_before, mut times, mut calls) = (process.cpu(), Vec::new(), fixture.aws.take_calls());
    for _ in 0..invocations {
        let (total, response) = process.invoke(event.clone()).await;
        request.assert_success(&function.name(), &response);
        calls = fixture.aws.take_calls();
        times.push((total, calls.duration));
    }
    let cpu = (process.cpu() - cpu_before) / u32::try_from(invocations).unwrap();
    process.stop().await;
    WarmResult {
        name: program.name(),
        calls,
        total: median(times.iter().map(|(total, _)| *total)),
        database: median(times.iter().map(|(_, database)| *database)),
        without_database: median(times.iter().map(|(total, database)| total.saturating_sub(*database))),
        cpu,
    }
}

impl WarmResult {
    fn row(&self, baseline: Option<&Self>) -> Vec<String> {
        let times = [self.total, self.database, self.without_database, self.cpu].map(ms);
        let above_baseline = baseline
            .map_or("-".to_owned(), |least| ms(self.without_database.saturating_sub(least.without_database)));
        let counts = [self.calls.count, self.calls.rounds].map(|count| count.to_string());
        [vec![self.name.clone()], counts.to_vec(), times.to_vec(), vec![above_baseline]].concat()
    }
}

#[tokio::main]
async fn main() {
    let args = Args::parse();
    let functions = BinaryFolder(args.functions.clone());
    let baselines = BinaryFolder(args.baselines.clone());
    let mut fixture = Fixture::start().await;
    let mut results = Vec::new();
    for function in fixture::functions().into_iter().filter(|function| function.route.is_read()) {
        if function.name().contains(&args.only) {
            let program = Program::Function(function.clone(), functions.path(&function.function));
            results.push(measure(&mut fixture, args.invocations, &program).await);
        }
    }
    let mut least: BTreeMap<usize, WarmResult> = BTreeMap::new();
    for rounds in results.iter().map(|result| result.calls.rounds) {
        if let Entry::Vacant(entry) = least.entry(rounds) {
            let workload = Workload { rounds, hashes: false };
            let program = Program::Baseline(Baseline::Least, baselines.path("least"), workload);
            entry.insert(measure(&mut fixture, args.invocations, &program).await);
        }
    }
    let headings = [
        "program",
        "calls",
        "rounds",
        "total ms",
        "database ms",
        "without it ms",
        "CPU ms",
        "above least ms",
    ];
    let functions = results.iter().map(|result| result.row(least.get(&result.calls.rounds)));
    let rows: Vec<_> = least.values().map(|result| result.row(None)).chain(functions).collect();
    println!("{}", markdown(&headings, &rows));
    println!(
        "{}",
        by_memory_size(
            "the slowest warm read",
            results.iter().map(|result| result.cpu).max().unwrap_or_default()
        )
    );
}
