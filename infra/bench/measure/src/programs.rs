//! The programs that are measured: the functions, the baselines in Rust, and ports of one function to other languages.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use custodian_local::DeployedRoute;

use crate::fixture::{Fixture, function};

/// The functions whose measured request hashes a password. Each request hashes once.
const HASHING_FUNCTIONS: [&str; 6] = [
    "auth-login",
    "auth-password-reset",
    "auth-unregister",
    "agents-create",
    "agents-password",
    "customers-create",
];

/// The function that was ported to other languages.
pub const PORTED_FUNCTION: &str = "customer-get";

/// A folder of binaries in the layout of cargo-lambda (`<name>/bootstrap`) or cargo (`<name>`).
#[derive(Clone, Debug)]
pub struct BinaryFolder(pub PathBuf);

impl BinaryFolder {
    pub fn path(&self, name: &str) -> PathBuf {
        let path = self.0.join(name);
        if path.is_dir() { path.join("bootstrap") } else { path }
    }
}

/// The minimal work of a function: some round trips to DynamoDB, and possibly a password hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Workload {
    pub hashes: bool,
    pub rounds: usize,
}

impl Workload {
    fn label(self) -> String {
        let rounds = if self.rounds == 1 { "1 round".to_owned() } else { format!("{} rounds", self.rounds) };
        if self.hashes { format!("{rounds}, a hash") } else { rounds }
    }
}

/// A baseline with the AWS SDK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Baseline {
    /// With the SDK's default configuration.
    HelloSdk,
    /// With the same configuration of the SDK as the functions, except the timeout of an attempt.
    Least,
}

impl Baseline {
    pub fn binary(self) -> &'static str {
        match self {
            Self::HelloSdk => "hello-sdk",
            Self::Least => "least",
        }
    }
}

/// A program that is measured.
#[derive(Clone, Debug)]
pub enum Program {
    Function(DeployedRoute, PathBuf),
    /// `lambda_http` alone.
    Hello(PathBuf),
    /// `lambda_http` and the SDK with the workload of a function.
    Baseline(Baseline, PathBuf, Workload),
    /// A port to another language: its name, and its command with arguments.
    Port(String, Vec<String>),
}

impl Program {
    /// The name in the tables.
    pub fn name(&self) -> String {
        match self {
            Self::Function(function, _) => function.name(),
            Self::Hello(_) => "hello".to_owned(),
            Self::Baseline(baseline, _, workload) => format!("{}, {}", baseline.binary(), workload.label()),
            Self::Port(name, _) => format!("{name}, {PORTED_FUNCTION}"),
        }
    }

    /// The function whose request the program gets.
    pub fn function(&self) -> DeployedRoute {
        match self {
            Self::Function(function, _) => function.clone(),
            Self::Port(..) => function(PORTED_FUNCTION),
            Self::Hello(_) | Self::Baseline(..) => function("ping"),
        }
    }

    /// The command that starts the program with the environment of a function.
    pub fn command(&self, fixture: &Fixture) -> Command {
        let command_of = |path: &Path| fixture.with_environment(Command::new(path));
        match self {
            Self::Function(function, path) => {
                let mut command = command_of(path);
                command.envs(function.kind.map(|kind| ("RESOURCE_KIND", kind.route)));
                command
            }
            Self::Hello(path) => command_of(path),
            Self::Baseline(_, path, workload) => {
                let mut command = command_of(path);
                command
                    .env("ROUNDS", workload.rounds.to_string())
                    .envs(workload.hashes.then_some(("HASH", "1")));
                command
            }
            Self::Port(_, arguments) => {
                let mut command = Command::new(&arguments[0]);
                command.args(&arguments[1..]);
                fixture.with_environment(command)
            }
        }
    }

    /// Whether the program hashes a password.
    pub fn hashes(&self) -> bool {
        match self {
            Self::Function(function, _) => HASHING_FUNCTIONS.contains(&function.function.as_str()),
            Self::Baseline(_, _, workload) => workload.hashes,
            Self::Hello(_) | Self::Port(..) => false,
        }
    }

    /// The size of the binary in bytes; `None` for a port, which has no binary.
    pub fn size(&self) -> Option<u64> {
        match self {
            Self::Port(..) => None,
            Self::Function(_, path) | Self::Hello(path) | Self::Baseline(_, path, _) => {
                std::fs::metadata(path).ok().map(|metadata| metadata.len())
            }
        }
    }
}
