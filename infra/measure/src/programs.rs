//! What is measured: the functions, the least that a function can be, and programs of the same job in other languages.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::stage::{Function, Stage, function};

/// The functions that hash a password, once.
const HASHING: [&str; 6] = [
    "auth-login",
    "auth-password-reset",
    "auth-unregister",
    "agents-create",
    "agents-password",
    "customers-create",
];

/// The function whose job other programs do.
pub const JOB: &str = "customer-get";

/// A folder of built programs, as cargo-lambda leaves them (`<name>/bootstrap`) or as cargo does (`<name>`).
#[derive(Clone, Debug)]
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn path(&self, name: &str) -> PathBuf {
        let itself = self.0.join(name);
        if itself.is_dir() { itself.join("bootstrap") } else { itself }
    }
}

/// What the least function with the SDK does: some calls of DynamoDB one after the other, and perhaps a bare hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Least {
    pub hashes: bool,
    pub calls: usize,
}

impl Default for Least {
    fn default() -> Self {
        Self { hashes: false, calls: 1 }
    }
}

/// A program that answers a request.
#[derive(Clone, Debug)]
pub enum Program {
    Of(Function, PathBuf),
    /// `lambda_http` alone.
    Hello(PathBuf),
    /// The same with the SDK.
    HelloSdk(PathBuf, Least),
    /// The job in another language: what it is called, and the words of its command.
    Job(String, Vec<String>),
}

impl Program {
    /// What is told of it in tables.
    pub fn name(&self) -> String {
        match self {
            Self::Of(function, _) => function.name.clone(),
            Self::Hello(_) => "hello".to_owned(),
            Self::HelloSdk(_, Least { hashes, calls }) => {
                let calls = if *calls == 1 { String::new() } else { format!(", {calls} calls") };
                format!("hello-sdk{calls}{}", if *hashes { ", a hash" } else { "" })
            }
            Self::Job(name, _) => format!("{name}, {JOB}"),
        }
    }

    /// The function whose request it is given.
    pub fn function(&self) -> Function {
        match self {
            Self::Of(function, _) => function.clone(),
            Self::Job(..) => function(JOB),
            Self::Hello(_) | Self::HelloSdk(..) => function("ping"),
        }
    }

    /// The command that starts it, with the environment of a function.
    pub fn command(&self, stage: &Stage) -> Command {
        let of = |path: &Path| stage.with_environment(Command::new(path));
        match self {
            Self::Of(function, path) => {
                let mut command = of(path);
                command.envs(function.kind().map(|kind| ("RESOURCE_KIND", kind)));
                command
            }
            Self::Hello(path) => of(path),
            Self::HelloSdk(path, least) => {
                let mut command = of(path);
                command.env("CALLS", least.calls.to_string()).envs(least.hashes.then_some(("HASH", "1")));
                command
            }
            Self::Job(_, words) => {
                let mut command = Command::new(&words[0]);
                command.args(&words[1..]);
                stage.with_environment(command)
            }
        }
    }

    /// Whether it hashes a password.
    pub fn hashes(&self) -> bool {
        match self {
            Self::Of(function, _) => HASHING.contains(&function.program()),
            Self::HelloSdk(_, least) => least.hashes,
            Self::Hello(_) | Self::Job(..) => false,
        }
    }

    /// The size of the program in bytes, if it is one.
    pub fn size(&self) -> Option<u64> {
        match self {
            Self::Of(_, path) | Self::Hello(path) | Self::HelloSdk(path, _) => {
                std::fs::metadata(path).ok().map(|data| data.len())
            }
            Self::Job(..) => None,
        }
    }
}
