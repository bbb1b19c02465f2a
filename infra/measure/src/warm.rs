//! What a warm read takes: the real binary is invoked again and again, over TLS, beside the least program that makes as many
//! rounds of calls.
//!
//! `infra/measure/warm.sh` builds and gathers what this needs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;
use custodian_measure::cloud::Calls;
use custodian_measure::process::Running;
use custodian_measure::programs::{Folder, Peer, Program, Work};
use custodian_measure::stage::{self, Stage};
use custodian_measure::table::{by_memory, markdown, median, ms};

/// Measures warm reads; prints a table.
#[derive(Parser)]
struct Args {
    /// The folder of the functions' programs: `<name>/bootstrap` or `<name>`.
    #[arg(long)]
    functions: PathBuf,
    /// The folder of `least`, built alike.
    #[arg(long)]
    peers: PathBuf,
    /// How often each is invoked; the median counts.
    #[arg(long, default_value_t = 2000)]
    invocations: usize,
    /// Measure only functions whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
}

/// What the invocations of a program took.
struct Warm {
    name: String,
    calls: Calls,
    whole: Duration,
    database: Duration,
    /// Without the database: the runtime, the SDK, TLS and the network, on both sides.
    around: Duration,
    cpu: Duration,
}

/// Invokes a program that was warmed up by as many invocations as a tenth of those that count.
async fn measure(stage: &mut Stage, invocations: usize, program: &Program) -> Warm {
    let function = program.function();
    let request = stage.request(function.program()).await;
    let service = stage.client.service().clone();
    let _still = service.hold_still().await;
    let event = request.event(&function.route, 1);
    let (mut running, _, answer) = Running::start(program.command(stage), event.clone()).await;
    request.check(&function.name, &answer);
    for _ in 0..invocations / 10 {
        running.invoke(event.clone()).await;
    }
    let (cpu, mut times, mut calls) = (running.cpu(), Vec::new(), stage.cloud.take());
    for _ in 0..invocations {
        let (whole, answer) = running.invoke(event.clone()).await;
        request.check(&function.name, &answer);
        calls = stage.cloud.take();
        times.push((whole, calls.took));
    }
    let cpu = (running.cpu() - cpu) / u32::try_from(invocations).unwrap();
    running.stop().await;
    Warm {
        name: program.name(),
        calls,
        whole: median(times.iter().map(|(whole, _)| *whole)),
        database: median(times.iter().map(|(_, database)| *database)),
        around: median(times.iter().map(|(whole, database)| whole.saturating_sub(*database))),
        cpu,
    }
}

impl Warm {
    fn row(&self, beside: Option<&Self>) -> Vec<String> {
        let figures = [self.whole, self.database, self.around, self.cpu].map(ms);
        let beyond = beside.map_or("-".to_owned(), |least| ms(self.around.saturating_sub(least.around)));
        let counts = [self.calls.count, self.calls.rounds].map(|count| count.to_string());
        [vec![self.name.clone()], counts.to_vec(), figures.to_vec(), vec![beyond]].concat()
    }
}

#[tokio::main]
async fn main() {
    let args = Args::parse();
    let (functions, peers) = (Folder(args.functions.clone()), Folder(args.peers.clone()));
    let mut stage = Stage::open().await;
    let mut measured = Vec::new();
    for function in stage::functions().into_iter().filter(|function| function.is_read()) {
        if function.name.contains(&args.only) {
            let program = Program::Of(function.clone(), functions.path(function.program()));
            measured.push(measure(&mut stage, args.invocations, &program).await);
        }
    }
    let mut least: BTreeMap<usize, Warm> = BTreeMap::new();
    for rounds in measured.iter().map(|warm| warm.calls.rounds) {
        if let Entry::Vacant(entry) = least.entry(rounds) {
            let program = Program::Peer(Peer::Least, peers.path("least"), Work { rounds, hashes: false });
            entry.insert(measure(&mut stage, args.invocations, &program).await);
        }
    }
    let heads = [
        "program",
        "calls",
        "rounds",
        "whole ms",
        "in the database ms",
        "around it ms",
        "CPU ms",
        "beyond least ms",
    ];
    let ours = measured.iter().map(|warm| warm.row(least.get(&warm.calls.rounds)));
    let rows: Vec<_> = least.values().map(|warm| warm.row(None)).chain(ours).collect();
    println!("{}", markdown(&heads, &rows));
    println!(
        "{}",
        by_memory("a warm read, the slowest", measured.iter().map(|warm| warm.cpu).max().unwrap_or_default())
    );
}
