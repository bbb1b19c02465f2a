//! Measures the deletion of an account with many rows by the local service: its speed compared with bare loops over as many rows
//! of the same tables, the memory of the process, and the response times of a neighbour.
//!
//! `cargo run --profile bench -p custodian-measure --bin cascade -- --rows 1000000`
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Parser;
use custodian_domain::kinds::ALL;
use custodian_measure::bare_loops::{delete_known, query_and_delete, query_and_delete_with_sdk};
use custodian_measure::large_account::LargeAccount;
use custodian_measure::neighbour::percentile;
use custodian_measure::table::{markdown, median, ms};

/// Deletes an account with many rows, and as many rows with bare loops; prints two tables.
#[derive(Parser)]
struct Args {
    /// The number of rows of the account, over the tables of all kinds.
    #[arg(long, default_value_t = 1_000_000)]
    rows: usize,
    /// The number of runs. Each run measures the cascade and all loops.
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Measure only the cascade and the neighbour, not the loops.
    #[arg(long)]
    skip_loops: bool,
    /// Measure only the cascade and the loops, not the neighbour.
    #[arg(long)]
    skip_neighbour: bool,
}

/// The resident memory of this process, in MiB.
fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// Samples the resident memory until `stop` is set. Returns the growth above the first sample, in MiB.
fn memory_growth(stop: &Arc<AtomicBool>) -> std::thread::JoinHandle<u64> {
    let stop = Arc::clone(stop);
    std::thread::spawn(move || {
        let (first, mut peak) = (resident_mib(), 0);
        while !stop.load(Ordering::Relaxed) {
            peak = peak.max(resident_mib());
            std::thread::sleep(Duration::from_millis(50));
        }
        peak.saturating_sub(first)
    })
}

/// The results of one run.
#[derive(Default)]
struct Run {
    /// The cascade, the loop with the SDK, the loop of the engine alone, and its deletions alone.
    times: Vec<Duration>,
    growth: u64,
    /// The neighbour without and with a cascade: the median and the 99th percentile.
    neighbour: Vec<[Duration; 2]>,
}

async fn run(args: &Args, number: usize) -> Run {
    let bench = LargeAccount::start(args.rows).await;
    let engine = bench.service.engine().clone();
    let mut results = Run::default();
    let id = bench.open_account("zaphod").await;
    bench.seed(&id);
    let stop = Arc::new(AtomicBool::new(false));
    let growth = memory_growth(&stop);
    results.times.push(bench.cascade(&id).await);
    stop.store(true, Ordering::Relaxed);
    results.growth = growth.join().unwrap();
    if !args.skip_loops {
        // The loops pause the service's own work. Each run begins with the next loop.
        let _paused = bench.service.pause_background_work().await;
        let mut loops = [Duration::ZERO; 3];
        for which in 0..3 {
            let which = (which + number) % 3;
            loops[which] = match which {
                0 => bench.bare("sdk", || query_and_delete_with_sdk(&engine, "sdk")).await,
                1 => bench.bare("engine", async || query_and_delete(&engine, "engine")).await,
                _ => bench.bare("known", async || delete_known(&engine, "known", bench.each)).await,
            };
        }
        results.times.extend(loops);
    }
    if !args.skip_neighbour {
        let id = bench.open_account("trillian").await;
        bench.seed(&id);
        let quiet = bench.with_neighbour(tokio::time::sleep(Duration::from_secs(20))).await.0;
        let (busy, _) = bench.with_neighbour(bench.cascade(&id)).await;
        results.neighbour =
            [quiet, busy].map(|times| [percentile(&times, 50), percentile(&times, 99)]).to_vec();
    }
    results
}

#[tokio::main]
async fn main() {
    let args = Args::parse();
    let rows = args.rows / ALL.len() * ALL.len();
    let mut runs = Vec::new();
    for number in 0..args.runs {
        runs.push(run(&args, number).await);
    }
    let names = [
        "the cascade",
        "query and batch-delete, SDK",
        "query and batch-delete, engine alone",
        "batch-delete, engine alone",
    ];
    let spread = |mut values: Vec<f64>| {
        values.sort_unstable_by(f64::total_cmp);
        format!("{:.2} ({:.2} to {:.2})", median_of(&values), values[0], values[values.len() - 1])
    };
    let line = |(which, name): (usize, &&str)| {
        let times = runs.iter().filter_map(|run| run.times.get(which).copied());
        let seconds = median(times).as_secs_f64();
        let ratios = runs.iter().map(|run| run.times[which].as_secs_f64() / run.times[0].as_secs_f64());
        let cells =
            [format!("{seconds:.1}"), format!("{:.0}", rows as f64 / seconds), spread(ratios.collect())];
        [vec![(*name).to_owned()], cells.to_vec()].concat()
    };
    let measured = runs.first().map_or(0, |run| run.times.len());
    let lines: Vec<_> = names.iter().take(measured).enumerate().map(line).collect();
    println!("{}", markdown(&["rows deleted by", "s", "rows a second", "speed of the cascade"], &lines));
    let growth: Vec<_> = runs.iter().map(|run| run.growth.to_string()).collect();
    println!("Memory above the start, MiB: {}\n", growth.join(", "));
    let line = |(number, run): (usize, &Run)| {
        let [quiet, busy] = run.neighbour[..] else { return Vec::new() };
        let ratio = busy[1].as_secs_f64() / quiet[1].as_secs_f64();
        [
            vec![(number + 1).to_string()],
            [quiet, busy].concat().into_iter().map(ms).collect(),
            vec![format!("{ratio:.2}")],
        ]
        .concat()
    };
    if !args.skip_neighbour {
        let lines: Vec<_> = runs.iter().enumerate().map(line).collect();
        let heads = ["run", "p50 ms without", "p99 ms without", "p50 ms with", "p99 ms with", "p99 ratio"];
        println!("{}", markdown(&heads, &lines));
    }
}

/// The median of sorted values.
fn median_of(sorted: &[f64]) -> f64 {
    sorted[sorted.len() / 2]
}
