//! How long every HTTP function takes from the start of its process to its first answer, beside the least that a Rust
//! function of as many calls can be and beside programs of the same job in other languages: in one run, in turn, over TLS.
//!
//! `infra/measure/cold-start.sh` builds and gathers what this needs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use custodian_measure::cloud::Calls;
use custodian_measure::process::{Running, Start};
use custodian_measure::programs::{Folder, JOB, Peer, Program, Work};
use custodian_measure::stage::{self, Stage};
use custodian_measure::table::{by_memory, markdown, median, ms};

/// What a function may take at most of what a hello by the SDK takes that does as much.
const MOST_OF_SDK: f64 = 1.3;
/// How many times faster the function is at least whose job is done in Python, too.
const LEAST_OF_PYTHON: f64 = 40.0;
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
    program: Program,
    starts: Vec<Measured>,
}

/// A start, and what was asked of AWS in it.
struct Measured {
    start: Start,
    calls: Calls,
}

impl Subject {
    fn median<T: Ord + Copy>(&self, get: impl Fn(&Measured) -> T) -> T {
        median(self.starts.iter().map(get))
    }

    /// The time to the answer without what the database took, which in AWS is another machine's time.
    fn ours(&self) -> f64 {
        self.median(|of| of.start.answered.saturating_sub(of.calls.took)).as_secs_f64()
    }

    /// What it does at the least: as many rounds of calls, and a hash of a password if it makes one.
    fn work(&self) -> Work {
        Work { rounds: self.median(|of| of.calls.rounds).max(1), hashes: self.program.hashes() }
    }

    fn beside(&self, peer: Option<f64>) -> String {
        peer.map_or("-".to_owned(), |peer| format!("{:.2}", self.ours() / peer))
    }

    fn row(&self, all: &Measurements) -> Vec<String> {
        vec![
            self.program.name(),
            self.program.size().map_or("-".to_owned(), |size| format!("{:.1}", size as f64 / 1e6)),
            ms(self.median(|of| of.start.init)),
            ms(self.median(|of| of.start.answered)),
            self.median(|of| of.calls.count).to_string(),
            self.median(|of| of.calls.rounds).to_string(),
            ms(self.median(|of| of.calls.took)),
            ms(self.median(|of| of.start.cpu)),
            format!("{:.1}", self.median(|of| of.start.peak_kib) as f64 / 1024.0),
            self.beside(all.peer(Peer::HelloSdk, self.work())),
            self.beside(all.peer(Peer::Least, self.work())),
            all.python().map_or("-".to_owned(), |python| format!("{:.0}", python / self.ours())),
        ]
    }
}

/// All that is measured, in the order of the table.
struct Measurements(Vec<Subject>);

impl Measurements {
    fn of(args: &Args) -> Self {
        let (functions, peers) = (Folder(args.functions.clone()), Folder(args.peers.clone()));
        let jobs = args.job.iter().map(|job| {
            let (name, command) = job.split_once('=').expect("a name, =, and a command");
            Program::Job(name.to_owned(), command.split(',').map(str::to_owned).collect())
        });
        let ours = stage::functions().into_iter().filter(|function| function.name.contains(&args.only));
        let ours = ours.map(|function| Program::Of(function.clone(), functions.path(function.program())));
        let programs = [Program::Hello(peers.path("hello"))].into_iter().chain(jobs).chain(ours);
        Self(programs.map(|program| Subject { program, starts: vec![] }).collect())
    }

    /// Adds for each what does as much.
    fn add_peers(&mut self, args: &Args) {
        let ours = self.0.iter().filter(|subject| matches!(subject.program, Program::Of(..)));
        let works: BTreeSet<_> = ours.map(Subject::work).collect();
        let peers = Folder(args.peers.clone());
        let (works, peers) = (&works, &peers);
        let of =
            |peer: Peer| works.iter().map(move |work| Program::Peer(peer, peers.path(peer.program()), *work));
        let programs: Vec<_> = [Peer::HelloSdk, Peer::Least].into_iter().flat_map(of).collect();
        self.0.splice(1..1, programs.into_iter().map(|program| Subject { program, starts: vec![] }));
    }

    async fn round(&mut self, stage: &mut Stage) {
        for subject in &mut self.0 {
            let measured = measure(stage, &subject.program).await;
            subject.starts.push(measured);
        }
    }

    /// What a peer takes for as many rounds or, if a function has made another number than in the first round, for fewer.
    fn peer(&self, wanted: Peer, work: Work) -> Option<f64> {
        let fits = |program: &Program| {
            matches!(program, Program::Peer(peer, _, does)
                if *peer == wanted && does.hashes == work.hashes && does.rounds <= work.rounds)
        };
        // They are in order of their rounds.
        self.0.iter().rfind(|subject| fits(&subject.program)).map(Subject::ours)
    }

    fn python(&self) -> Option<f64> {
        self.0.iter().find(|subject| subject.program.name().starts_with("Python")).map(Subject::ours)
    }

    fn job(&self) -> Option<&Subject> {
        self.0.iter().find(|subject| subject.program.name() == JOB)
    }

    /// What does not keep its promise.
    fn broken(&self) -> Vec<String> {
        let ours = self.0.iter().filter(|subject| matches!(subject.program, Program::Of(..)));
        let mut broken: Vec<_> = ours
            .filter_map(|subject| {
                let peer = self.peer(Peer::HelloSdk, subject.work())?;
                Some((subject.program.name(), subject.ours() / peer))
            })
            .filter(|(_, times)| *times > MOST_OF_SDK)
            .map(|(name, times)| format!("{name}: {times:.2} x the hello by the SDK, not {MOST_OF_SDK}"))
            .collect();
        if let (Some(job), Some(python)) = (self.job(), self.python())
            && python < LEAST_OF_PYTHON * job.ours()
        {
            broken.push(format!("{JOB}: less than {LEAST_OF_PYTHON} x as fast as Python"));
        }
        broken
    }
}

/// Prepares a request, starts the program and has it answered while nothing else happens. Just before, the program is
/// started once more, for the same if that changes nothing, else for a request that it refuses: so none has its own code nearer
/// at hand than another, of which some were started a moment ago and some before a hundred others.
async fn measure(stage: &mut Stage, program: &Program) -> Measured {
    let function = program.function();
    let request = stage.request(function.program()).await;
    let before = if function.is_read() { request.clone() } else { request.of_nobody() };
    let [before, event] = [&before, &request].map(|of| of.event(&function.route, stage.number()));
    let service = stage.client.service().clone();
    let _still = service.hold_still().await;
    Running::start(program.command(stage), before).await.0.stop().await;
    stage.cloud.take();
    let (running, start, answer) = Running::start(program.command(stage), event).await;
    request.check(&program.name(), &answer);
    let calls = stage.cloud.take();
    running.stop().await;
    Measured { start, calls }
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let mut stage = Stage::open().await;
    let mut all = Measurements::of(&args);
    // Rounds more, first: they tell who makes how many calls, and fill the file system's cache.
    all.round(&mut stage).await;
    all.add_peers(&args);
    all.round(&mut stage).await;
    all.0.iter_mut().for_each(|subject| subject.starts.clear());
    for _ in 0..args.starts {
        all.round(&mut stage).await;
    }
    let heads = [
        "program",
        "MB",
        "init ms",
        "answer ms",
        "calls",
        "rounds",
        "in the database ms",
        "CPU ms",
        "peak MiB",
        "x SDK",
        "x least",
        "Python / it",
    ];
    let rows: Vec<_> = all.0.iter().map(|subject| subject.row(&all)).collect();
    println!("{}", markdown(&heads, &rows));
    if let Some(job) = all.job() {
        println!("{}", by_memory(&format!("a cold start of {JOB}"), job.median(|of| of.start.cpu)));
    }
    let broken = all.broken();
    broken.iter().for_each(|line| println!("- {line}"));
    if args.assert && !broken.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
