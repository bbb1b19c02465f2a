//! How long every HTTP function takes from the start of its process to its first answer, beside the least that a Rust
//! function can be and beside programs of the same job in other languages: in one run, in turn, over TLS.
//!
//! `infra/measure/cold-start.sh` builds and gathers what this needs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use custodian_measure::process::{Running, Start};
use custodian_measure::programs::Folder;
use custodian_measure::stage::{self, Function, Stage};
use custodian_measure::table::{by_memory, markdown, median, ms};
use custodian_measure::{HASHING, bare_hash};
use tokio::process::Command;

/// What a function may take at most of what the Rust function with the SDK takes.
const MOST_OF_SDK: f64 = 1.3;
/// How many times faster than the job in Python it is at least.
const LEAST_OF_PYTHON: f64 = 40.0;
/// The function whose job other programs do.
const JOB: &str = "customer-get";

/// Measures cold starts; prints a table.
#[derive(Parser)]
struct Args {
    /// The folder of the functions' programs: `<name>/bootstrap` or `<name>`.
    #[arg(long)]
    functions: PathBuf,
    /// The folder of `hello` and `hello-sdk`, built alike.
    #[arg(long)]
    peers: PathBuf,
    /// A program of the same job as customer-get: a name, `=`, and the command, its words separated by commas.
    #[arg(long)]
    job: Vec<String>,
    /// How often each is started; the median counts.
    #[arg(long, default_value_t = 15)]
    starts: usize,
    /// Measure only functions whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Fail if a function is slower than promised.
    #[arg(long)]
    assert: bool,
}

/// What is measured.
struct Subject {
    name: String,
    program: Program,
    size: u64,
    starts: Vec<Measured>,
}

enum Program {
    Of(Function),
    Peer(PathBuf),
    Job(Vec<String>),
}

/// A start, and what of it the database took in how many calls.
struct Measured {
    start: Start,
    database: Duration,
    calls: usize,
}

impl Subject {
    fn median<T: Ord + Copy>(&self, get: impl Fn(&Measured) -> T) -> T {
        median(self.starts.iter().map(get))
    }

    /// The time to the answer that is compared: without what the database took, which in AWS is another machine's time,
    /// and without a bare hash in the functions that hash a password.
    fn compared(&self, hash: Duration) -> f64 {
        let hashes = matches!(&self.program, Program::Of(function) if HASHING.contains(&function.program()));
        let aside = if hashes { hash } else { Duration::ZERO };
        self.median(|of| of.start.answered.saturating_sub(of.database + aside)).as_secs_f64()
    }

    fn row(&self, hash: Duration, sdk: f64, python: Option<f64>) -> Vec<String> {
        let compared = self.compared(hash);
        vec![
            self.name.clone(),
            if self.size == 0 { "-".to_owned() } else { format!("{:.1}", self.size as f64 / 1e6) },
            ms(self.median(|of| of.start.init)),
            ms(self.median(|of| of.start.answered)),
            self.median(|of| of.calls).to_string(),
            ms(self.median(|of| of.database)),
            ms(self.median(|of| of.start.cpu)),
            format!("{:.1}", self.median(|of| of.start.peak_kib) as f64 / 1024.0),
            format!("{:.2}", compared / sdk),
            python.map_or("-".to_owned(), |python| format!("{:.0}", python / compared)),
        ]
    }
}

fn subjects(args: &Args) -> Vec<Subject> {
    let subject =
        |name: &str, program, size| Subject { name: name.to_owned(), program, size, starts: vec![] };
    let (functions, peers) = (Folder(args.functions.clone()), Folder(args.peers.clone()));
    let peer = |name| subject(name, Program::Peer(peers.path(name)), peers.size(name));
    let mut subjects = vec![peer("hello"), peer("hello-sdk")];
    for job in &args.job {
        let (name, command) = job.split_once('=').expect("a name, =, and a command");
        let command = command.split(',').map(str::to_owned).collect();
        subjects.push(subject(&format!("{name}, {JOB}"), Program::Job(command), 0));
    }
    for function in stage::functions().into_iter().filter(|function| function.name.contains(&args.only)) {
        let (name, size) = (function.name.clone(), functions.size(function.program()));
        subjects.push(subject(&name, Program::Of(function), size));
    }
    subjects
}

/// Prepares a request, starts the program and has it answered while nothing else happens.
async fn measure(stage: &mut Stage, args: &Args, subject: &Subject) -> Measured {
    let functions = Folder(args.functions.clone());
    let (function, command) = match &subject.program {
        Program::Of(function) => (function.clone(), stage.command(function, &functions)),
        Program::Peer(path) => (stage::function("ping"), stage.with_environment(Command::new(path))),
        Program::Job(words) => {
            let mut command = Command::new(&words[0]);
            command.args(&words[1..]);
            (stage::function(JOB), stage.with_environment(command))
        }
    };
    let request = stage.request(function.program()).await;
    let event = request.event(&function.route, stage.number());
    let service = stage.client.service().clone();
    let _still = service.hold_still().await;
    stage.cloud.take();
    let (running, start, answer) = Running::start(command, event).await;
    request.check(&subject.name, &answer);
    let calls = stage.cloud.take();
    running.stop().await;
    Measured { start, database: calls.iter().map(|call| call.took).sum(), calls: calls.len() }
}

/// Prints the table; tells what does not keep its promise.
fn report(subjects: &[Subject], hash: Duration) -> Vec<String> {
    let of = |wanted: &str| subjects.iter().find(|subject| subject.name.starts_with(wanted));
    let sdk = of("hello-sdk").map(|subject| subject.compared(hash)).expect("it is measured");
    let python = of("Python").map(|subject| subject.compared(hash));
    let heads = [
        "program",
        "MB",
        "init ms",
        "answer ms",
        "calls",
        "in the database ms",
        "CPU ms",
        "peak MiB",
        "x SDK",
        "Python / it",
    ];
    let rows: Vec<_> = subjects.iter().map(|subject| subject.row(hash, sdk, python)).collect();
    println!("{}\nA bare hash of a password: {} ms\n", markdown(&heads, &rows), ms(hash));
    if let Some(job) = of(JOB) {
        println!("{}", by_memory(&format!("a cold start of {JOB}"), job.median(|of| of.start.cpu)));
        println!("{}", by_memory("a hash", hash));
    }
    let mut broken = Vec::new();
    for subject in subjects.iter().filter(|subject| matches!(subject.program, Program::Of(_))) {
        let compared = subject.compared(hash);
        if compared > MOST_OF_SDK * sdk {
            broken.push(format!(
                "{}: {:.2} x the SDK's hello, not {MOST_OF_SDK}",
                subject.name,
                compared / sdk
            ));
        }
        if python.is_some_and(|python| python < LEAST_OF_PYTHON * compared) {
            broken.push(format!("{}: less than {LEAST_OF_PYTHON} x as fast as Python", subject.name));
        }
    }
    broken
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let hash = bare_hash();
    let mut stage = Stage::open().await;
    let mut subjects = subjects(&args);
    // One round more, first, fills the file system's cache.
    for round in 0..=args.starts {
        for subject in &mut subjects {
            let measured = measure(&mut stage, &args, subject).await;
            if round > 0 {
                subject.starts.push(measured);
            }
        }
    }
    let broken = report(&subjects, hash);
    broken.iter().for_each(|line| println!("- {line}"));
    if args.assert && !broken.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
