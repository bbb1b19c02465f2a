//! A process of the local service, and what a test does with it.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

/// The password of every person in the tests.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// A folder of its own for a test, empty.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    folder
}

/// A running process.
pub(crate) struct Process {
    pub(crate) child: Child,
    out: BufReader<ChildStdout>,
    log: PathBuf,
    /// What may stand in no line of it.
    secrets: Mutex<HashSet<String>>,
    /// The first line that it printed.
    line: String,
    http: reqwest::Client,
    pub(crate) base: String,
}

impl Process {
    pub(crate) fn start(folder: &Path, more: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_custodian"));
        command.args(["--port", "0", "--data"]).arg(folder).args(more);
        let log = folder.with_extension("log");
        let lines = File::create(&log).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(lines).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let base = line.split_whitespace().last().unwrap().to_owned();
        let secrets = Mutex::new(HashSet::from([PASSWORD.to_owned()]));
        Self { child, out, log, secrets, line, http: reqwest::Client::new(), base }
    }

    pub(crate) fn with_password(folder: &Path) -> Self {
        Self::start(folder, &["--admin-password", PASSWORD])
    }

    /// Kills it as hard as can be, and answers everything that it has printed. Nothing secret or personal that went through
    /// the test may stand in its log.
    pub(crate) fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let log = std::fs::read_to_string(&self.log).unwrap();
        let leaked: Vec<_> = self.secrets().iter().filter(|secret| log.contains(*secret)).cloned().collect();
        assert!(leaked.is_empty(), "in the log: {leaked:?}");
        let mut printed = std::mem::take(&mut self.line);
        self.out.read_to_string(&mut printed).unwrap();
        printed
    }

    fn secrets(&self) -> MutexGuard<'_, HashSet<String>> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, body: &Value) {
        for (name, value) in body.as_object().into_iter().flatten() {
            match value.as_str() {
                Some(text) if !text.is_empty() && ["token", "email"].contains(&&**name) => {
                    self.secrets().insert(text.to_owned());
                }
                _ => self.note(value),
            }
        }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, token: &str, body: Value) -> (u16, Value) {
        let answer = self.try_send(method, path, token, body).await;
        answer.unwrap_or_else(|| panic!("no answer to {method} {path}"))
    }

    /// None if the process was killed before it answered.
    pub(crate) async fn try_send(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: Value,
    ) -> Option<(u16, Value)> {
        let request = self.http.request(method.parse().unwrap(), format!("{}{path}", self.base));
        self.note(&body);
        let request = request.bearer_auth(token).json(&body);
        let answer = request.send().await.ok()?;
        let status = answer.status().as_u16();
        let body = answer.json().await.ok()?;
        self.note(&body);
        Some((status, body))
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Value {
        let (status, body) = self.send("GET", path, token, json!({})).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: Value) -> Value {
        let (status, body) = self.send("POST", path, token, body).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub(crate) async fn login(&self, username: &str) -> String {
        let body = json!({ "username": username, "password": PASSWORD });
        self.post("/auth/login", "", body).await["token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn operator(&self) -> String {
        self.login("admin@localhost").await
    }

    /// Opens and verifies an account; answers its id and its admin's token.
    pub(crate) async fn tenant(&self, name: &str) -> (String, String) {
        let email = format!("{name}@example.com");
        let body = json!({ "username": name, "password": PASSWORD, "email": email, "name": name });
        let created = self.post("/v1.0/customers", &self.operator().await, body).await;
        self.post("/_local/idle", "", json!({})).await;
        let mails = self.get("/_local/mailbox", "").await;
        let mail =
            mails["result"].as_array().unwrap().iter().find(|mail| mail["to"] == email.as_str()).unwrap();
        let link = mail["text"].as_str().unwrap().split("token=").nth(1).unwrap();
        self.post("/auth/email-verify", "", json!({ "token": &link[..64] })).await;
        (created["id"].as_str().unwrap().to_owned(), self.login(name).await)
    }

    /// Creates rows until the process is gone; answers the ids of those that were acknowledged.
    pub(crate) async fn create_until_killed(&self, token: &str) -> Vec<String> {
        let mut created = Vec::new();
        while let Some((status, body)) =
            self.try_send("POST", "/v1.0/tags", token, json!({ "name": "a" })).await
        {
            assert_eq!(status, 200, "{body}");
            created.push(body["id"].as_str().unwrap().to_owned());
        }
        created
    }

    /// The ids of all rows of a kind.
    pub(crate) async fn all(&self, kind: &str, token: &str) -> Vec<String> {
        let (mut ids, mut page) = (Vec::new(), String::new());
        loop {
            let answer = self.get(&format!("/v1.0/{kind}?page_token={page}"), token).await;
            let rows = answer["result"].as_array().unwrap().iter();
            ids.extend(rows.map(|row| row["id"].as_str().unwrap().to_owned()));
            page = answer["next_page_token"].as_str().unwrap().to_owned();
            if page.is_empty() {
                return ids;
            }
        }
    }
}
