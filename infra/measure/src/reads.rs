//! How long our own code takes around the database: reads are handled in this process, by the code that is deployed and the
//! real SDK on the embedded engine, and of each time that between calling the SDK and its answer is taken away.
//!
//! `cargo run --profile bench -p custodian-measure --bin reads`
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods
)]

use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use clap::Parser;
use custodian_engine::{Fate, Watch};
use custodian_measure::stage::{self, Function, Stage};
use custodian_measure::table::{markdown, median, ms};
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use serde_json::Value;

/// What our code may take around the database, at the median.
const MOST: Duration = Duration::from_micros(300);

/// Measures our part of reads; prints a table.
#[derive(Parser)]
struct Args {
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

/// Adds up how long the SDK was being waited for; calls under way at the same moment count once.
#[derive(Default)]
struct Waits(Mutex<Waited>);

#[derive(Default)]
struct Waited {
    under_way: usize,
    since: Option<Instant>,
    calls: usize,
    all: Duration,
}

impl Waits {
    fn take(&self) -> (usize, Duration) {
        let waited = std::mem::take(&mut *self.0.lock().unwrap());
        assert_eq!(waited.under_way, 0, "a call has not ended");
        (waited.calls, waited.all)
    }
}

impl Watch for Waits {
    fn request(&self, _: &str, _: &Value) -> Fate {
        Fate::Pass
    }

    fn begins(&self) {
        let mut waited = self.0.lock().unwrap();
        waited.under_way += 1;
        waited.calls += 1;
        waited.since.get_or_insert_with(Instant::now);
    }

    fn ends(&self) {
        let mut waited = self.0.lock().unwrap();
        waited.under_way -= 1;
        if waited.under_way == 0 {
            let waited_for = waited.since.take().map(|since| since.elapsed());
            waited.all += waited_for.unwrap_or_default();
        }
    }
}

/// What the invocations of a function took.
struct Read {
    name: String,
    calls: usize,
    bytes: usize,
    whole: Duration,
    ours: Duration,
}

async fn measure(stage: &mut Stage, waits: &Waits, invocations: usize, function: &Function) -> Read {
    let request = stage.request(function.program()).await;
    let service = stage.client.service().clone();
    let _still = service.hold_still().await;
    let event = request.event(&function.route, 1);
    let event: ApiGatewayV2httpRequest = serde_json::from_value(event).unwrap();
    let (mut times, mut calls, mut bytes) = (Vec::new(), 0, 0);
    for number in 0..invocations + invocations / 10 {
        let event = event.clone();
        waits.take();
        let begun = Instant::now();
        let answer = service.call(&function.name, event).await.expect("it is deployed");
        let whole = begun.elapsed();
        assert_eq!(answer.status(), request.status, "{}: {answer:?}", function.name);
        let waited;
        (calls, waited) = waits.take();
        bytes = answer.body().len();
        // The first tenth warms up.
        if number >= invocations / 10 {
            times.push((whole, whole - waited));
        }
    }
    Read {
        name: function.name.clone(),
        calls,
        bytes,
        whole: median(times.iter().map(|(whole, _)| *whole)),
        ours: median(times.iter().map(|(_, ours)| *ours)),
    }
}

// As the functions run: on one thread.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parse();
    let waits = Arc::new(Waits::default());
    let mut stage = Stage::watched(waits.clone()).await;
    let mut measured = Vec::new();
    for function in stage::functions().into_iter().filter(Function::is_read) {
        if function.name.contains(&args.only) {
            measured.push(measure(&mut stage, &waits, args.invocations, &function).await);
        }
    }
    let row = |read: &Read| {
        let counts = [read.calls, read.bytes].map(|count| count.to_string());
        [vec![read.name.clone()], counts.to_vec(), [read.whole, read.ours].map(ms).to_vec()].concat()
    };
    let rows: Vec<_> = measured.iter().map(row).collect();
    println!("{}", markdown(&["function", "calls", "answer, bytes", "whole ms", "ours ms"], &rows));
    let slow: Vec<_> = measured.iter().filter(|read| read.ours > MOST).collect();
    slow.iter().for_each(|read| println!("- {}: {} ms is ours, not {}", read.name, ms(read.ours), ms(MOST)));
    if args.assert && !slow.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
