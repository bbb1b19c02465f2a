//! The file that keeps the sign-in, and the environment variables.

use std::ffi::OsString;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use custodian_domain::Secret;
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::service_url::ServiceUrl;

/// A variable of the environment. An empty one counts as missing.
#[expect(clippy::disallowed_methods, reason = "the settings of a command-line program")]
fn raw_variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// A variable of the environment whose value is a text. Ignoring one that is no text would use another sign-in than the user meant.
pub(crate) fn variable(name: &str) -> Result<Option<String>, Failure> {
    let text = |value: OsString| {
        value.into_string().map_err(|_| Failure::usage(format!("The variable {name} is not valid UTF-8.")))
    };
    raw_variable(name).map(text).transpose()
}

/// A sign-in.
pub(crate) struct Session {
    pub(crate) url: ServiceUrl,
    pub(crate) username: String,
    pub(crate) token: Secret,
}

/// Where the sign-in is kept. Only its owner can read the file, since the token is as good as the password while it lasts.
pub(crate) struct SessionFile(PathBuf);

impl SessionFile {
    /// The file of `--config`, or the one in the config folder of the XDG base directory specification.
    pub(crate) fn locate(option: Option<&Path>) -> Result<Self, Failure> {
        if let Some(path) = option {
            return Ok(Self(path.to_owned()));
        }
        let xdg = raw_variable("XDG_CONFIG_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
        let home = || {
            raw_variable("HOME")
                .or_else(|| raw_variable("USERPROFILE"))
                .map(|home| Path::new(&home).join(".config"))
        };
        let folder = xdg.or_else(home).ok_or_else(|| {
            Failure::usage("Your home folder is not known. Name the file with --config FILE.")
        })?;
        Ok(Self(folder.join("custodianctl").join("config.json")))
    }

    /// `None` if nobody is signed in.
    pub(crate) fn load(&self) -> Result<Option<Session>, Failure> {
        let bytes = match fs::read(&self.0) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failure("cannot be read", &error)),
        };
        self.require_private()?;
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let session = (|| {
            let url = ServiceUrl::parse(text("url")?).ok()?;
            Some(Session { url, username: text("username")?.to_owned(), token: Secret::new(text("token")?) })
        })();
        session.map(Some).ok_or_else(|| {
            let path = self.0.display();
            Failure::usage(format!("{path} is not a file of custodianctl. Remove it, and sign in again with `custodianctl login`."))
        })
    }

    /// Replaces the file in one step, so that an interruption never leaves half of it.
    pub(crate) fn save(&self, session: &Session) -> Result<(), Failure> {
        let json = json!({ "url": session.url.as_str(), "username": session.username, "token": session.token.expose() });
        let folder = self.0.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder
            .map_or(Ok(()), create_private_folder)
            .map_err(|error| self.failure("cannot be written", &error))?;
        let temporary = self.0.with_extension(format!("{}.tmp", std::process::id()));
        let written = write_private(&temporary, json.to_string().as_bytes())
            .and_then(|()| fs::rename(&temporary, &self.0));
        written.map_err(|error| {
            let _ = fs::remove_file(&temporary);
            self.failure("cannot be written", &error)
        })
    }

    pub(crate) fn remove(&self) -> Result<(), Failure> {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(self.failure("cannot be removed", &error))
            }
            _ => Ok(()),
        }
    }

    fn failure(&self, what: &str, error: &std::io::Error) -> Failure {
        Failure::usage(format!("{} {what}: {error}.", self.0.display()))
    }

    #[cfg(unix)]
    fn require_private(&self) -> Result<(), Failure> {
        use std::os::unix::fs::PermissionsExt;
        let path = self.0.display();
        let mode = fs::metadata(&self.0).map(|file| file.permissions().mode()).unwrap_or_default();
        if mode & 0o077 == 0 {
            return Ok(());
        }
        Err(Failure::usage(format!("Other users can read {path}. Run `chmod 600 {path}`, or sign in again.")))
    }

    #[cfg(not(unix))]
    #[expect(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "other systems protect the home folder"
    )]
    const fn require_private(&self) -> Result<(), Failure> {
        Ok(())
    }
}

fn create_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
