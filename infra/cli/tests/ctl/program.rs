//! Runs `custodianctl` in tests.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use custodian_tests::{Client, PASSWORD};
use serde_json::Value;

/// The program with its own config folder.
pub(crate) struct Program {
    pub(crate) folder: PathBuf,
    url: Option<String>,
}

/// What a process printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Program {
    /// The name of its folder begins with `name`, and no other program has the same one.
    pub(crate) fn new(name: &str, url: Option<&str>) -> Self {
        static PROGRAMS: AtomicUsize = AtomicUsize::new(0);
        let number = PROGRAMS.fetch_add(1, Ordering::Relaxed);
        let folder = format!("{name}-{}-{number}", std::process::id());
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(folder);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder, url: url.map(str::to_owned) }
    }

    /// A program that is signed in as the platform admin of a service.
    pub(crate) fn signed_in(name: &str, service: &Client) -> Self {
        let program = Self::new(name, None);
        let arguments =
            ["login", "--url", service.base(), "--username", "admin@localhost", "--password-stdin"];
        program.run_with(&arguments, PASSWORD, &[]).ok();
        program
    }

    /// A program that gets its token from `CUSTODIAN_TOKEN`.
    pub(crate) fn with_token(name: &str, url: &str, token: &str) -> Self {
        let program = Self::new(name, Some(url));
        std::fs::write(program.file("token"), token).unwrap();
        program
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The file that keeps the sign-in.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder.join("custodianctl/config.json")
    }

    fn token(&self) -> Option<String> {
        let config = std::fs::read(self.config()).ok();
        let stored: Option<Value> = config.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let stored = stored.and_then(|stored| Some(stored["token"].as_str()?.to_owned()));
        stored.or_else(|| std::fs::read_to_string(self.file("token")).ok())
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(arguments, "", &[])
    }

    pub(crate) fn run_with(&self, arguments: &[&str], input: &str, variables: &[(&str, &str)]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_custodianctl"));
        command.args(arguments).env_clear().env("XDG_CONFIG_HOME", &self.folder).current_dir(&self.folder);
        command.envs(self.url.as_ref().map(|url| ("CUSTODIAN_URL", url)));
        command
            .envs(std::fs::read_to_string(self.file("token")).ok().map(|token| ("CUSTODIAN_TOKEN", token)));
        command.envs(variables.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A program that does not read its input may have ended already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let ended = child.wait_with_output().unwrap();
        let run = Run {
            code: ended.status.code(),
            stdout: String::from_utf8(ended.stdout).unwrap(),
            stderr: String::from_utf8(ended.stderr).unwrap(),
        };
        let secrets = self.token().into_iter().chain([PASSWORD.to_owned()]);
        for secret in secrets {
            assert!(!format!("{run:?}").contains(&secret), "{arguments:?} prints a secret: {run:?}");
        }
        run
    }
}

impl Drop for Program {
    /// The folder of a failed test stays.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

impl Run {
    /// The standard output of a program that succeeded.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// The standard error of a program that succeeded.
    #[track_caller]
    pub(crate) fn notes(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stderr
    }

    /// The JSON of a program that succeeded, with nothing else on the standard output.
    #[track_caller]
    pub(crate) fn json(self) -> Value {
        serde_json::from_str(&self.ok()).expect("the output is JSON")
    }

    /// The message of a program that failed: the text after the last `error: `. Asserts that it contains no Rust debug output.
    #[track_caller]
    pub(crate) fn fails(self, code: i32) -> String {
        self.fails_with_output(code).1
    }

    /// The command line is wrong, and the standard error says how it should be.
    #[track_caller]
    pub(crate) fn refuses_usage(self) {
        assert_eq!(self.code, Some(2), "{self:?}");
        assert!(self.stderr.contains("--help") && self.stdout.is_empty(), "{self:?}");
    }

    /// The standard output and the message of a program that failed.
    #[track_caller]
    pub(crate) fn fails_with_output(self, code: i32) -> (String, String) {
        assert_eq!(self.code, Some(code), "{self:?}");
        let message = self.stderr.rsplit("error: ").next().unwrap().trim_end();
        assert!(self.stderr.contains("error: "), "{self:?}");
        for debug in ["{ ", "Err(", "panicked", "Some("] {
            assert!(!message.contains(debug), "{message}");
        }
        (self.stdout, message.to_owned())
    }
}
