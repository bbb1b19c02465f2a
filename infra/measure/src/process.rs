//! A function that runs: started, invoked, and asked what it has used.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::cloud::now;
use crate::runtime::{Runtime, Seen};

/// Longer than anything takes that works.
const PATIENCE: Duration = Duration::from_secs(20);

/// A process and its runtime.
pub struct Running {
    child: Child,
    runtime: Runtime,
}

/// How a function came to its first answer.
#[derive(Clone, Debug)]
pub struct Start {
    /// From the start of the process until it asks for an invocation.
    pub init: Duration,
    /// From the start of the process to the answer.
    pub answered: Duration,
    pub cpu: Duration,
    pub peak_kib: u64,
}

impl Running {
    /// Starts a process with `event` waiting for it, and waits for the answer.
    pub async fn start(mut command: Command, event: Value) -> (Self, Start, Value) {
        let runtime = Runtime::start().await;
        command.env("AWS_LAMBDA_RUNTIME_API", &runtime.address);
        command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        runtime.invoke(event);
        let started = now();
        let child = command.spawn().unwrap_or_else(|cause| panic!("{command:?}: {cause}"));
        let mut running = Self { child, runtime };
        let Seen::Asks(init) = running.seen().await else { panic!("it answered before it was asked") };
        let (at, answer) = running.answer().await;
        let start = Start {
            init: init - started,
            answered: at - started,
            cpu: running.cpu(),
            peak_kib: running.peak_kib(),
        };
        (running, start, answer)
    }

    /// Invokes it once it waits for that; how long it took from the invocation to the answer, and the answer.
    pub async fn invoke(&mut self, event: Value) -> (Duration, Value) {
        let Seen::Asks(_) = self.seen().await else { panic!("an answer without an invocation") };
        let begun = now();
        self.runtime.invoke(event);
        let (at, answer) = self.answer().await;
        (at - begun, answer)
    }

    async fn answer(&mut self) -> (Instant, Value) {
        match self.seen().await {
            Seen::Answers(at, answer) => (at, answer),
            Seen::Asks(_) => panic!("it asked for another invocation before it answered"),
            Seen::Fails(cause) => panic!("the function failed: {cause}"),
        }
    }

    async fn seen(&mut self) -> Seen {
        match timeout(PATIENCE, self.runtime.seen()).await {
            Ok(seen) => seen,
            Err(_) => panic!("no sign of life; the process: {:?}", self.child.try_wait()),
        }
    }

    /// The time that its threads have spent on a processor.
    pub fn cpu(&self) -> Duration {
        let tasks = std::fs::read_dir(format!("{}/task", self.folder())).into_iter().flatten().flatten();
        let spent = tasks.filter_map(|task| {
            let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(spent.sum())
    }

    /// The most memory that it has had at one time.
    pub fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("{}/status", self.folder())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    fn folder(&self) -> String {
        format!("/proc/{}", self.child.id().expect("it still runs"))
    }

    /// Ends it.
    pub async fn stop(mut self) {
        self.child.kill().await.unwrap();
    }
}
