//! What the service logs, held against everything secret or personal that went through the tests.

use std::collections::HashSet;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, OnceLock};

use serde_json::Value;

/// The fields whose texts may stand in no log line.
const SECRET: [&str; 10] = [
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
/// Shorter texts stand in innocent words.
const SHORTEST: usize = 8;

static LOG: OnceLock<Mutex<Log>> = OnceLock::new();

/// The lines of this process and the texts that must not be in them; how many of each have been compared.
#[derive(Default)]
struct Log {
    lines: Vec<String>,
    secrets: Vec<String>,
    known: HashSet<String>,
    compared: (usize, usize),
}

/// Compares lines and secrets when the test that holds it ends.
#[derive(Debug)]
pub struct Watched(());

impl Watched {
    /// Starts to listen, as the deployed functions log: JSON, from level info on.
    pub fn start() -> Self {
        LOG.get_or_init(|| {
            // The service of a suite is the only one in its process; who listens already also hears this.
            let _ = custodian_runtime::lines().with_writer(|| Lines).try_init();
            Mutex::default()
        });
        Self(())
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut log = log();
        let leaks = log.leaks();
        assert!(leaks.is_empty() || std::thread::panicking(), "secrets in the log: {leaks:#?}");
    }
}

/// Notes every secret text of a request's or an answer's body.
pub fn note(body: &Value) {
    match body {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if SECRET.contains(&name.as_str()) => secret(text),
                    // The links of mails.
                    Value::String(text) if name == "text" => {
                        text.split("token=").skip(1).for_each(|rest| secret(rest.get(..64).unwrap_or(rest)));
                    }
                    other => note(other),
                }
            }
        }
        Value::Array(parts) => parts.iter().for_each(note),
        _ => {}
    }
}

/// Notes every secret text of a request's body, be it JSON or a page's form.
pub fn note_request(body: &[u8]) {
    match serde_json::from_slice(body) {
        Ok(json) => note(&json),
        Err(_) => {
            let fields = url::form_urlencoded::parse(body).into_owned();
            note(&Value::Object(fields.map(|(name, value)| (name, Value::String(value))).collect()));
        }
    }
}

/// Notes a text that no log line may have.
pub fn secret(text: &str) {
    let mut log = log();
    if text.len() >= SHORTEST && log.known.insert(text.to_owned()) {
        log.secrets.push(text.to_owned());
    }
}

/// Every line so far, of all tests of this process.
pub fn lines() -> Vec<Value> {
    log().lines.iter().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

fn log() -> MutexGuard<'static, Log> {
    let log = LOG.get_or_init(Mutex::default);
    // A test that failed while it held the log has not harmed it.
    log.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl Log {
    /// What was not yet compared and should not be there.
    fn leaks(&mut self) -> Vec<(&str, &str)> {
        let (old_lines, old_secrets) = self.compared;
        self.compared = (self.lines.len(), self.secrets.len());
        let mut leaks = Vec::new();
        for (number, line) in self.lines.iter().enumerate() {
            let unseen = if number < old_lines { &self.secrets[old_secrets..] } else { &self.secrets[..] };
            let leaked = unseen.iter().filter(|secret| line.contains(secret.as_str()));
            leaks.extend(leaked.map(|secret| (secret.as_str(), line.as_str())));
        }
        leaks
    }
}

/// Where the log is written to.
struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        log().lines.push(String::from_utf8_lossy(bytes).into_owned());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Watched, log, note, note_request};

    #[test]
    fn a_secret_in_a_line_is_found_whichever_came_first() {
        let watched = Watched::start();
        tracing::info!(who = "leak-before@example.com", "answered");
        note(
            &json!({ "result": [{ "email": "leak-before@example.com" }, { "phone_number": "+49 30 1234567" }] }),
        );
        tracing::warn!("called +49 30 1234567");
        note(&json!({ "text": format!("Follow https://x/?token={} now", "a1".repeat(32)) }));
        tracing::info!(query = format!("token={}", "a1".repeat(32)), "answered");
        tracing::debug!("leak-before@example.com below the level that is logged");
        note_request(b"token=x&password=a+fine%2Bpassword");
        tracing::info!("a fine+password");
        note_request(br#"{"current_password":"the one before","addresses":[{"target":"+49 30 7654321"}]}"#);
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
        drop(watched);
    }
}
