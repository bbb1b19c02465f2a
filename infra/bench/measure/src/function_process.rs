//! The process of a function: starting it, invoking it, and reading its CPU time and memory.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::aws_stub::now;
use crate::runtime_api::{RuntimeApi, RuntimeEvent};

/// Longer than any successful step takes.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A function's process and its Runtime API.
pub struct FunctionProcess {
    child: Child,
    runtime: RuntimeApi,
}

/// The measurements of a cold start.
#[derive(Clone, Debug)]
pub struct ColdStart {
    /// From the start of the process to its first poll for an invocation.
    pub init: Duration,
    /// From the start of the process to its first response.
    pub response: Duration,
    pub cpu: Duration,
    pub peak_kib: u64,
}

impl FunctionProcess {
    /// Starts a process with `event` as its first invocation and waits for the response.
    pub async fn start(mut command: Command, event: Value) -> (Self, ColdStart, Value) {
        let runtime = RuntimeApi::start().await;
        command.env("AWS_LAMBDA_RUNTIME_API", &runtime.address);
        command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
        runtime.invoke(event);
        let started = now();
        let child = command.spawn().unwrap_or_else(|cause| panic!("{command:?}: {cause}"));
        let mut process = Self { child, runtime };
        let RuntimeEvent::Poll(polled) = process.next_event().await else {
            panic!("the function responded before it polled for an invocation")
        };
        let (responded, response) = process.response().await;
        let cold_start = ColdStart {
            init: polled - started,
            response: responded - started,
            cpu: process.cpu(),
            peak_kib: process.peak_kib(),
        };
        (process, cold_start, response)
    }

    /// Invokes the function once it polls. Returns the time from the invocation to the response, and the response.
    pub async fn invoke(&mut self, event: Value) -> (Duration, Value) {
        let RuntimeEvent::Poll(_) = self.next_event().await else {
            panic!("the function responded without an invocation")
        };
        let started = now();
        self.runtime.invoke(event);
        let (responded, response) = self.response().await;
        (responded - started, response)
    }

    async fn response(&mut self) -> (Instant, Value) {
        match self.next_event().await {
            RuntimeEvent::Response(at, response) => (at, response),
            RuntimeEvent::Poll(_) => panic!("the function polled for another invocation before it responded"),
            RuntimeEvent::Error(cause) => panic!("the function failed: {cause}"),
        }
    }

    async fn next_event(&mut self) -> RuntimeEvent {
        match timeout(TIMEOUT, self.runtime.next_event()).await {
            Ok(event) => event,
            Err(_) => {
                panic!("the function does not call the Runtime API; its process: {:?}", self.child.try_wait())
            }
        }
    }

    /// The CPU time of all threads of the process.
    pub fn cpu(&self) -> Duration {
        let tasks = std::fs::read_dir(format!("{}/task", self.proc_folder())).into_iter().flatten().flatten();
        let times = tasks.filter_map(|task| {
            let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(times.sum())
    }

    /// The peak resident memory of the process.
    pub fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("{}/status", self.proc_folder())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    fn proc_folder(&self) -> String {
        format!("/proc/{}", self.child.id().expect("the process runs"))
    }

    /// Kills the process.
    pub async fn stop(mut self) {
        self.child.kill().await.unwrap();
    }
}
