//! Measures the time that reads spend in our own code. This process runs the deployed code and the real SDK against the
//! embedded engine, and subtracts the time spent in calls of the SDK.
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
use custodian_engine::{Fault, RequestObserver};
use custodian_local::DeployedRoute;
use custodian_measure::fixture::{self, Fixture};
use custodian_measure::table::{markdown, median, ms};
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use serde_json::Value;

/// The maximum median time in our own code.
const MAX_OWN_TIME: Duration = Duration::from_micros(300);

/// Measures the time that reads spend in our own code; prints a table.
#[derive(Parser)]
struct Args {
    /// The number of invocations of each function; the table shows the median.
    #[arg(long, default_value_t = 2000)]
    invocations: usize,
    /// Measure only functions whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Fail if a function exceeds the limit.
    #[arg(long)]
    assert: bool,
}

/// Adds up the time spent in calls of the SDK; overlapping calls count once.
#[derive(Default)]
struct SdkTimer(Mutex<SdkTime>);

#[derive(Default)]
struct SdkTime {
    in_flight: usize,
    since: Option<Instant>,
    calls: usize,
    total: Duration,
}

impl SdkTimer {
    fn take(&self) -> (usize, Duration) {
        let time = std::mem::take(&mut *self.0.lock().unwrap());
        assert_eq!(time.in_flight, 0, "a call is still in flight");
        (time.calls, time.total)
    }
}

impl RequestObserver for SdkTimer {
    fn on_request(&self, _: &str, _: &Value) -> Fault {
        Fault::None
    }

    fn on_call_start(&self) {
        let mut time = self.0.lock().unwrap();
        time.in_flight += 1;
        time.calls += 1;
        time.since.get_or_insert_with(Instant::now);
    }

    fn on_call_end(&self) {
        let mut time = self.0.lock().unwrap();
        time.in_flight -= 1;
        if time.in_flight == 0 {
            let elapsed = time.since.take().map(|since| since.elapsed());
            time.total += elapsed.unwrap_or_default();
        }
    }
}

/// The result of a function; both times are medians.
struct ReadResult {
    name: String,
    calls: usize,
    response_bytes: usize,
    total: Duration,
    own: Duration,
}

async fn measure(
    fixture: &mut Fixture,
    timer: &SdkTimer,
    invocations: usize,
    function: &DeployedRoute,
) -> ReadResult {
    let request = fixture.prepare_request(&function.function).await;
    let service = fixture.client.service().clone();
    let _paused = service.pause_background_work().await;
    let event = request.to_event(&function.route.path, 1);
    let event: ApiGatewayV2httpRequest = serde_json::from_value(event).unwrap();
    let (mut times, mut calls, mut response_bytes) = (Vec::new(), 0, 0);
    for number in 0..invocations + invocations / 10 {
        let event = event.clone();
        timer.take();
        let started = Instant::now();
        let response =
            service.invoke_function(&function.name(), event).await.expect("the function is deployed");
        let total = started.elapsed();
        assert_eq!(response.status(), request.status, "{}: {response:?}", function.name());
        let in_sdk;
        (calls, in_sdk) = timer.take();
        response_bytes = response.body().len();
        // The first invocations are a warm-up.
        if number >= invocations / 10 {
            times.push((total, total - in_sdk));
        }
    }
    ReadResult {
        name: function.name(),
        calls,
        response_bytes,
        total: median(times.iter().map(|(total, _)| *total)),
        own: median(times.iter().map(|(_, own)| *own)),
    }
}

// The deployed functions run on one thread, too.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parse();
    let timer = Arc::new(SdkTimer::default());
    let mut fixture = Fixture::start_observed(timer.clone()).await;
    let mut results = Vec::new();
    for function in fixture::functions().into_iter().filter(|function| function.route.is_read()) {
        if function.name().contains(&args.only) {
            results.push(measure(&mut fixture, &timer, args.invocations, &function).await);
        }
    }
    let row = |read: &ReadResult| {
        let counts = [read.calls, read.response_bytes].map(|count| count.to_string());
        [vec![read.name.clone()], counts.to_vec(), [read.total, read.own].map(ms).to_vec()].concat()
    };
    let rows: Vec<_> = results.iter().map(row).collect();
    println!("{}", markdown(&["function", "calls", "response bytes", "total ms", "own ms"], &rows));
    let slow: Vec<_> = results.iter().filter(|read| read.own > MAX_OWN_TIME).collect();
    for read in &slow {
        println!("- {}: {} ms in our own code, the limit is {}", read.name, ms(read.own), ms(MAX_OWN_TIME));
    }
    if args.assert && !slow.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
