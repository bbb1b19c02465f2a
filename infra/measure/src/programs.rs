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

/// What a function does at the least: some rounds of calls of DynamoDB, and perhaps a bare hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Work {
    pub hashes: bool,
    pub rounds: usize,
}

impl Work {
    fn told(self) -> String {
        let rounds = if self.rounds == 1 { "1 round".to_owned() } else { format!("{} rounds", self.rounds) };
        if self.hashes { format!("{rounds}, a hash") } else { rounds }
    }
}

/// How the SDK is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// As anybody does.
    HelloSdk,
    /// As ours is.
    Least,
}

impl Peer {
    pub fn program(self) -> &'static str {
        match self {
            Self::HelloSdk => "hello-sdk",
            Self::Least => "least",
        }
    }
}

/// A program that answers a request.
#[derive(Clone, Debug)]
pub enum Program {
    Of(Function, PathBuf),
    /// `lambda_http` alone.
    Hello(PathBuf),
    /// The same with the SDK, doing as much as a function.
    Peer(Peer, PathBuf, Work),
    /// The job in another language: what it is called, and the words of its command.
    Job(String, Vec<String>),
}

impl Program {
    /// What is told of it in tables.
    pub fn name(&self) -> String {
        match self {
            Self::Of(function, _) => function.name.clone(),
            Self::Hello(_) => "hello".to_owned(),
            Self::Peer(peer, _, work) => format!("{}, {}", peer.program(), work.told()),
            Self::Job(name, _) => format!("{name}, {JOB}"),
        }
    }

    /// The function whose request it is given.
    pub fn function(&self) -> Function {
        match self {
            Self::Of(function, _) => function.clone(),
            Self::Job(..) => function(JOB),
            Self::Hello(_) | Self::Peer(..) => function("ping"),
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
            Self::Peer(_, path, work) => {
                let mut command = of(path);
                command.env("ROUNDS", work.rounds.to_string()).envs(work.hashes.then_some(("HASH", "1")));
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
            Self::Peer(_, _, work) => work.hashes,
            Self::Hello(_) | Self::Job(..) => false,
        }
    }

    /// The size of the program in bytes, if it is one.
    pub fn size(&self) -> Option<u64> {
        match self {
            Self::Job(..) => None,
            Self::Of(_, path) | Self::Hello(path) | Self::Peer(_, path, _) => {
                std::fs::metadata(path).ok().map(|data| data.len())
            }
        }
    }
}
