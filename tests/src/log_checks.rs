//! Checks that no log line contains an unlisted field, or a text of a secret field that a test sent or received.

use std::collections::HashSet;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, OnceLock};

use custodian_domain::kinds::ALL;
use serde_json::Value;

use crate::log_fields::is_listed;

/// The fields whose texts must not appear in a log line, besides the secret fields of kinds.
const SECRET_FIELDS: [&str; 10] = [
    "password",
    "current_password",
    "token",
    "secret",
    "email",
    "phone_number",
    "number",
    "address",
    "target",
    "username",
];
/// The minimum length of a secret, because shorter texts also appear in harmless words.
const MIN_LENGTH: usize = 8;

static LOG: OnceLock<Mutex<Log>> = OnceLock::new();

/// The log lines of this process, the secrets that they must not contain, and the number of lines and secrets compared so far.
#[derive(Default)]
struct Log {
    lines: Vec<String>,
    secrets: Vec<String>,
    known: HashSet<String>,
    compared: (usize, usize),
    /// The lines that contain an unlisted field.
    unlisted: Vec<String>,
}

/// Compares log lines and secrets when it is dropped at the end of a test.
#[derive(Debug)]
pub struct LogLeakCheck(());

impl LogLeakCheck {
    /// Starts to capture the log in the deployed form: JSON, from level INFO. Must run before any other function of this module.
    pub fn start() -> Self {
        LOG.get_or_init(|| {
            let installed = custodian_runtime::subscriber().with_writer(|| LogWriter).try_init();
            installed.expect("no other subscriber is installed");
            Mutex::default()
        });
        Self(())
    }
}

impl Drop for LogLeakCheck {
    fn drop(&mut self) {
        let mut log = log();
        let leaks = log.leaks();
        assert!(leaks.is_empty() || std::thread::panicking(), "secrets in the log: {leaks:#?}");
        assert!(
            log.unlisted.is_empty() || std::thread::panicking(),
            "log lines with unlisted fields: {:#?}",
            log.unlisted
        );
    }
}

fn is_secret(field: &str) -> bool {
    let mut of_kinds = ALL.iter().flat_map(|kind| kind.fields).filter(|it| it.secret);
    SECRET_FIELDS.contains(&field) || of_kinds.any(|it| it.name == field)
}

/// Records the secrets in the body of a request or response.
pub fn record_secrets(body: &Value) {
    match body {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if is_secret(name) => record_secret(text),
                    Value::Array(texts) if is_secret(name) => {
                        texts.iter().filter_map(Value::as_str).for_each(record_secret);
                        texts.iter().for_each(record_secrets);
                    }
                    // The links in mails.
                    Value::String(text) if name == "text" => {
                        text.split("token=")
                            .skip(1)
                            .for_each(|rest| record_secret(rest.get(..64).unwrap_or(rest)));
                    }
                    other => record_secrets(other),
                }
            }
        }
        Value::Array(parts) => parts.iter().for_each(record_secrets),
        _ => {}
    }
}

/// Records the secrets in a request's body, either JSON or a form.
pub fn record_request_secrets(body: &[u8]) {
    match serde_json::from_slice(body) {
        Ok(json) => record_secrets(&json),
        Err(_) => {
            let fields = url::form_urlencoded::parse(body).into_owned();
            record_secrets(&Value::Object(
                fields.map(|(name, value)| (name, Value::String(value))).collect(),
            ));
        }
    }
}

/// Records a text that no log line may contain.
pub fn record_secret(text: &str) {
    let mut log = log();
    if text.len() >= MIN_LENGTH && log.known.insert(text.to_owned()) {
        log.secrets.push(text.to_owned());
    }
}

/// All log lines so far, of all tests of this process.
pub fn lines() -> Vec<Value> {
    log().lines.iter().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect()
}

/// All log lines so far that contain an unlisted field, of all tests of this process.
pub fn unlisted_fields() -> Vec<String> {
    log().unlisted.clone()
}

fn log() -> MutexGuard<'static, Log> {
    let log = LOG.get_or_init(Mutex::default);
    // A test that panicked while it held the lock left the log intact.
    log.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Log {
    /// The secrets found in log lines. Compares only pairs of line and secret that an earlier call did not compare.
    fn leaks(&mut self) -> Vec<(&str, &str)> {
        let (old_lines, old_secrets) = self.compared;
        self.compared = (self.lines.len(), self.secrets.len());
        let mut leaks = Vec::new();
        for (number, line) in self.lines.iter().enumerate() {
            let unseen = if number < old_lines { &self.secrets[old_secrets..] } else { &self.secrets[..] };
            let leaked = unseen.iter().filter(|secret| contains(line, secret));
            leaks.extend(leaked.map(|secret| (secret.as_str(), line.as_str())));
        }
        leaks
    }
}

/// Whether a line of JSON contains a text. In JSON, characters such as quotation marks have another form.
fn contains(line: &str, text: &str) -> bool {
    let quoted = serde_json::to_string(text).expect("a text is JSON");
    line.contains(quoted.trim_matches('"')) || line.contains(text)
}

/// Captures the log.
struct LogWriter;

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let line = String::from_utf8_lossy(bytes).into_owned();
        let mut log = log();
        if !is_listed(&line) {
            log.unlisted.push(line.clone());
        }
        log.lines.push(line);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{LogLeakCheck, log, record_request_secrets, record_secrets};

    /// Invariant I6: no personal data is left.
    #[test]
    fn a_secret_in_a_log_line_is_found_in_either_order() {
        let check = LogLeakCheck::start();
        tracing::info!(cause = "leak-before@example.com", "request completed");
        record_secrets(
            &json!({ "result": [{ "email": "leak-before@example.com" }, { "phone_number": "+49 30 1234567" }] }),
        );
        tracing::warn!("called +49 30 1234567");
        record_secrets(&json!({ "text": format!("Follow https://x/?token={} now", "a1".repeat(32)) }));
        tracing::info!(cause = format!("token={}", "a1".repeat(32)), "request completed");
        tracing::debug!("leak-before@example.com below the level that is logged");
        record_request_secrets(b"token=x&password=a+fine%2Bpassword");
        tracing::info!("a fine+password");
        record_request_secrets(
            br#"{"current_password":"the one before","addresses":[{"target":"+49 30 7654321"}]}"#,
        );
        tracing::info!("the one before, +49 30 7654321");
        let found: Vec<_> = log().leaks().into_iter().map(|(secret, _)| secret.to_owned()).collect();
        let expected = [
            "leak-before@example.com",
            "+49 30 1234567",
            &"a1".repeat(32),
            "a fine+password",
            "the one before",
            "+49 30 7654321",
        ];
        assert_eq!(found, expected);
        drop(check);
    }
}
