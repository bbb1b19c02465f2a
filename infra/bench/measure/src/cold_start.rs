//! Measures the cold start of every HTTP function: from the start of its process to its first response. The same run also
//! measures Rust baselines that make the same number of round trips, and ports of one function to other languages. All programs
//! take turns, and their calls of AWS use TLS.
//!
//! `infra/bench/measure/cold-start.sh` builds and installs the programs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use custodian_measure::aws_stub::CallSummary;
use custodian_measure::fixture::{self, Fixture};
use custodian_measure::function_process::{ColdStart, FunctionProcess};
use custodian_measure::programs::{Baseline, BinaryFolder, PORTED_FUNCTION, Program, Workload};
use custodian_measure::table::{by_memory_size, markdown, median, ms};

/// The maximum time of a function's cold start without the database, as a multiple of `hello-sdk` with the same workload.
const MAX_TIMES_HELLO_SDK: f64 = 1.3;
/// The minimum speed of the ported function, as a multiple of its port to Python.
const MIN_TIMES_FASTER_THAN_PYTHON: f64 = 40.0;

/// Measures cold starts; prints a table.
#[derive(Parser)]
struct Args {
    /// The folder of the functions' binaries: `<name>/bootstrap` or `<name>`.
    #[arg(long)]
    functions: PathBuf,
    /// The folder of the baselines `hello`, `hello-sdk` and `least`, built with the same profile.
    #[arg(long)]
    baselines: PathBuf,
    /// A port of customer-get: its name, `=`, and its command with arguments, separated by commas.
    #[arg(long)]
    port: Vec<String>,
    /// The number of cold starts of each program; the table shows the median.
    #[arg(long, default_value_t = 15)]
    starts: usize,
    /// Measure only functions whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Fail if a function exceeds its limit.
    #[arg(long)]
    assert: bool,
}

/// A program and its measurements.
struct MeasuredProgram {
    program: Program,
    measurements: Vec<Measurement>,
}

/// A cold start and the AWS calls in it.
struct Measurement {
    cold_start: ColdStart,
    calls: CallSummary,
}

impl MeasuredProgram {
    fn median<T: Ord + Copy>(&self, get: impl Fn(&Measurement) -> T) -> T {
        median(self.measurements.iter().map(get))
    }

    /// The time to the response without the database, which runs on other machines in AWS.
    fn own_time(&self) -> f64 {
        self.median(|it| it.cold_start.response.saturating_sub(it.calls.duration)).as_secs_f64()
    }

    /// The workload of the baseline to compare with. A baseline makes at least one call.
    fn workload(&self) -> Workload {
        Workload { rounds: self.median(|it| it.calls.rounds).max(1), hashes: self.program.hashes() }
    }

    fn ratio_to(&self, baseline: Option<f64>) -> String {
        baseline.map_or("-".to_owned(), |baseline| format!("{:.2}", self.own_time() / baseline))
    }

    fn row(&self, all: &MeasuredPrograms) -> Vec<String> {
        vec![
            self.program.name(),
            self.program.size().map_or("-".to_owned(), |size| format!("{:.1}", size as f64 / 1e6)),
            ms(self.median(|it| it.cold_start.init)),
            ms(self.median(|it| it.cold_start.response)),
            self.median(|it| it.calls.count).to_string(),
            self.median(|it| it.calls.rounds).to_string(),
            ms(self.median(|it| it.calls.duration)),
            ms(self.median(|it| it.cold_start.cpu)),
            format!("{:.1}", self.median(|it| it.cold_start.peak_kib) as f64 / 1024.0),
            self.ratio_to(all.baseline_time(Baseline::HelloSdk, self.workload())),
            self.ratio_to(all.baseline_time(Baseline::Least, self.workload())),
            all.python_time().map_or("-".to_owned(), |python| format!("{:.0}", python / self.own_time())),
        ]
    }
}

/// All programs in the order of the table.
struct MeasuredPrograms(Vec<MeasuredProgram>);

impl MeasuredPrograms {
    fn new(args: &Args) -> Self {
        let functions = BinaryFolder(args.functions.clone());
        let baselines = BinaryFolder(args.baselines.clone());
        let ports = args.port.iter().map(|port| {
            let (name, command) = port.split_once('=').expect("a name, =, and a command");
            Program::Port(name.to_owned(), command.split(',').map(str::to_owned).collect())
        });
        let selected =
            fixture::functions().into_iter().filter(|function| function.name().contains(&args.only));
        let selected =
            selected.map(|function| Program::Function(function.clone(), functions.path(&function.function)));
        let programs = [Program::Hello(baselines.path("hello"))].into_iter().chain(ports).chain(selected);
        Self(programs.map(|program| MeasuredProgram { program, measurements: vec![] }).collect())
    }

    fn functions(&self) -> impl Iterator<Item = &MeasuredProgram> {
        self.0.iter().filter(|subject| matches!(subject.program, Program::Function(..)))
    }

    /// Adds both baselines for each workload that a function has.
    fn add_baselines(&mut self, args: &Args) {
        let workloads: BTreeSet<_> = self.functions().map(MeasuredProgram::workload).collect();
        let folder = BinaryFolder(args.baselines.clone());
        let (workloads, folder) = (&workloads, &folder);
        let programs_of = |baseline: Baseline| {
            let path = folder.path(baseline.binary());
            workloads.iter().map(move |workload| Program::Baseline(baseline, path.clone(), *workload))
        };
        let programs: Vec<_> =
            [Baseline::HelloSdk, Baseline::Least].into_iter().flat_map(programs_of).collect();
        self.0.splice(
            1..1,
            programs.into_iter().map(|program| MeasuredProgram { program, measurements: vec![] }),
        );
    }

    /// Measures each program once.
    async fn measure_all(&mut self, fixture: &mut Fixture) {
        for subject in &mut self.0 {
            let measurement = measure(fixture, &subject.program).await;
            subject.measurements.push(measurement);
        }
    }

    /// The time of the baseline with the same workload. If the function's number of rounds changed after the first pass, the
    /// closest baseline with fewer rounds is used.
    fn baseline_time(&self, expected: Baseline, workload: Workload) -> Option<f64> {
        let matches = |program: &Program| {
            matches!(program, Program::Baseline(baseline, _, its)
                if *baseline == expected && its.hashes == workload.hashes && its.rounds <= workload.rounds)
        };
        // Baselines are sorted by their rounds, so the last match is the closest.
        self.0.iter().rfind(|subject| matches(&subject.program)).map(MeasuredProgram::own_time)
    }

    fn python_time(&self) -> Option<f64> {
        self.0
            .iter()
            .find(|subject| subject.program.name().starts_with("Python"))
            .map(MeasuredProgram::own_time)
    }

    fn ported_function(&self) -> Option<&MeasuredProgram> {
        self.0.iter().find(|subject| subject.program.name() == PORTED_FUNCTION)
    }

    /// A message for each function that exceeds its limit.
    fn violations(&self) -> Vec<String> {
        let mut violations: Vec<_> = self
            .functions()
            .filter_map(|subject| {
                let baseline = self.baseline_time(Baseline::HelloSdk, subject.workload())?;
                Some((subject.program.name(), subject.own_time() / baseline))
            })
            .filter(|(_, times)| *times > MAX_TIMES_HELLO_SDK)
            .map(|(name, times)| {
                format!("{name}: {times:.2} x hello-sdk, the limit is {MAX_TIMES_HELLO_SDK}")
            })
            .collect();
        if let (Some(function), Some(python)) = (self.ported_function(), self.python_time())
            && python < MIN_TIMES_FASTER_THAN_PYTHON * function.own_time()
        {
            violations.push(format!(
                "{PORTED_FUNCTION}: less than {MIN_TIMES_FASTER_THAN_PYTHON} x as fast as in Python"
            ));
        }
        violations
    }
}

/// Measures one cold start while background work is paused. First, it starts the program once as a warm-up, with the same
/// request if that is a read, or else with a request that the function refuses. Without the warm-up, the CPU caches would
/// favour the baselines, because a run starts the same baseline binary many times in a row.
async fn measure(fixture: &mut Fixture, program: &Program) -> Measurement {
    let function = program.function();
    let request = fixture.prepare_request(&function.function).await;
    let warm_up = if function.route.is_read() { request.clone() } else { request.anonymous() };
    let [warm_up, event] =
        [&warm_up, &request].map(|request| request.to_event(&function.route.path, fixture.unique_number()));
    let service = fixture.client.service().clone();
    let _paused = service.pause_background_work().await;
    FunctionProcess::start(program.command(fixture), warm_up).await.0.stop().await;
    fixture.aws.take_calls();
    let (process, cold_start, response) = FunctionProcess::start(program.command(fixture), event).await;
    request.assert_success(&program.name(), &response);
    let calls = fixture.aws.take_calls();
    process.stop().await;
    Measurement { cold_start, calls }
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let mut fixture = Fixture::start().await;
    let mut subjects = MeasuredPrograms::new(&args);
    // Two passes that do not count: the first finds each function's workload, and both fill the file system's cache.
    subjects.measure_all(&mut fixture).await;
    subjects.add_baselines(&args);
    subjects.measure_all(&mut fixture).await;
    subjects.0.iter_mut().for_each(|subject| subject.measurements.clear());
    for _ in 0..args.starts {
        subjects.measure_all(&mut fixture).await;
    }
    let headings = [
        "program",
        "MB",
        "init ms",
        "response ms",
        "calls",
        "rounds",
        "database ms",
        "CPU ms",
        "peak MiB",
        "x hello-sdk",
        "x least",
        "Python / it",
    ];
    let rows: Vec<_> = subjects.0.iter().map(|subject| subject.row(&subjects)).collect();
    println!("{}", markdown(&headings, &rows));
    if let Some(function) = subjects.ported_function() {
        let cpu = function.median(|it| it.cold_start.cpu);
        println!("{}", by_memory_size(&format!("a cold start of {PORTED_FUNCTION}"), cpu));
    }
    let violations = subjects.violations();
    violations.iter().for_each(|line| println!("- {line}"));
    if args.assert && !violations.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
