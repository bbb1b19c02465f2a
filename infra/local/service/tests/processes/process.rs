//! A process of the local service and a client of its API.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

/// The password that tests give to the platform admin and to the admins of the accounts that they create.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Returns the path of a data folder that does not exist yet.
pub(crate) fn new_folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    folder
}

/// Searches the files of a data folder for words. Returns where it found each.
pub(crate) fn find_in_files(folder: &Path, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let is_in_file = |word: &&&str| bytes.windows(word.len()).any(|window| window == word.as_bytes());
        found.extend(words.iter().filter(is_in_file).map(|word| format!("{word} in {}", path.display())));
    }
    found
}

pub(crate) struct Process {
    pub(crate) child: Child,
    stdout: BufReader<ChildStdout>,
    log_file: PathBuf,
    /// Secrets and personal values that must not appear in the log.
    secrets: Mutex<HashSet<String>>,
    first_line: String,
    http: reqwest::Client,
    pub(crate) base_url: String,
}

impl Process {
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::spawn(Command::new(env!("CARGO_BIN_EXE_custodian")), folder, arguments)
    }

    pub(crate) fn start_with_environment(folder: &Path, arguments: &[&str], name: &str, value: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_custodian"));
        command.env(name, value);
        Self::spawn(command, folder, arguments)
    }

    /// Starts a process with a data folder that it does not use, because the data is in memory.
    pub(crate) fn start_ephemeral(name: &str) -> Self {
        Self::start(&new_folder(name), &["--ephemeral", "--admin-password", PASSWORD])
    }

    /// Starts a process that withholds no rights from the files that it creates.
    #[cfg(unix)]
    pub(crate) fn start_without_umask(folder: &Path) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", "umask 000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_custodian")]);
        Self::spawn(command, folder, &["--admin-password", PASSWORD])
    }

    fn spawn(mut command: Command, folder: &Path, arguments: &[&str]) -> Self {
        command.args(["--port", "0", "--data"]).arg(folder).args(arguments);
        // A developer's own setting of the log would change what the tests read.
        if !command.get_envs().any(|(name, _)| name == "RUST_LOG") {
            command.env_remove("RUST_LOG");
        }
        let log_file = folder.with_extension("log");
        let stderr = File::create(&log_file).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut first_line = String::new();
        stdout.read_line(&mut first_line).unwrap();
        let base_url = first_line.split_whitespace().last().unwrap().to_owned();
        let secrets = Mutex::new(HashSet::from([PASSWORD.to_owned()]));
        Self { child, stdout, log_file, secrets, first_line, http: reqwest::Client::new(), base_url }
    }

    pub(crate) fn start_with_password(folder: &Path) -> Self {
        Self::start(folder, &["--admin-password", PASSWORD])
    }

    /// Kills the process with SIGKILL and returns its standard output. Fails the test if the log contains a secret.
    pub(crate) fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let log = self.log();
        let leaked: Vec<_> = self.secrets().iter().filter(|secret| log.contains(*secret)).cloned().collect();
        assert!(leaked.is_empty(), "the log contains {leaked:?}");
        let mut printed = std::mem::take(&mut self.first_line);
        self.stdout.read_to_string(&mut printed).unwrap();
        printed
    }

    /// What the process has written to its log until now.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log_file).unwrap()
    }

    pub(crate) fn port(&self) -> u16 {
        self.base_url.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// A request that the caller completes.
    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method.parse().unwrap(), format!("{}{path}", self.base_url))
    }

    fn secrets(&self) -> MutexGuard<'_, HashSet<String>> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record_secrets(&self, body: &Value) {
        body.as_array().into_iter().flatten().for_each(|part| self.record_secrets(part));
        for (name, value) in body.as_object().into_iter().flatten() {
            match value.as_str() {
                Some(text) if !text.is_empty() && ["token", "email"].contains(&&**name) => {
                    self.secrets().insert(text.to_owned());
                }
                _ => self.record_secrets(value),
            }
        }
    }

    pub(crate) async fn send(&self, method: &str, path: &str, token: &str, body: Value) -> (u16, Value) {
        let response = self.try_send(method, path, token, body).await;
        response.unwrap_or_else(|| panic!("no response to {method} {path}"))
    }

    /// Returns `None` if the process was killed before it responded.
    pub(crate) async fn try_send(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: Value,
    ) -> Option<(u16, Value)> {
        self.record_secrets(&body);
        let request = self.request(method, path).bearer_auth(token).json(&body);
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        let body = response.json().await.ok()?;
        self.record_secrets(&body);
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

    /// Returns the token of the platform admin.
    pub(crate) async fn login_as_platform_admin(&self) -> String {
        self.login("admin@localhost").await
    }

    /// Creates and verifies an account. Returns its id and the token of its admin.
    pub(crate) async fn create_account(&self, name: &str) -> (String, String) {
        let email = format!("{name}@example.com");
        let body = json!({ "username": name, "password": PASSWORD, "email": email, "name": name });
        let created = self.post("/v1.0/customers", &self.login_as_platform_admin().await, body).await;
        self.post("/_local/idle", "", json!({})).await;
        let mails = self.get("/_local/mailbox", "").await;
        let own = mails["result"].as_array().unwrap().iter().filter(|mail| mail["to"] == email.as_str());
        let link = own.filter_map(|mail| mail["text"].as_str()?.split("token=").nth(1)).next().unwrap();
        self.post("/auth/email-verify", "", json!({ "token": &link[..64] })).await;
        (created["id"].as_str().unwrap().to_owned(), self.login(name).await)
    }

    /// Creates tags until the process is killed. Returns the ids of the acknowledged ones.
    pub(crate) async fn create_tags_until_killed(&self, token: &str) -> Vec<String> {
        let mut created = Vec::new();
        while let Some((status, body)) =
            self.try_send("POST", "/v1.0/tags", token, json!({ "name": "a" })).await
        {
            assert_eq!(status, 200, "{body}");
            created.push(body["id"].as_str().unwrap().to_owned());
        }
        created
    }

    /// Returns the ids of all rows of a kind.
    pub(crate) async fn list_ids(&self, kind: &str, token: &str) -> Vec<String> {
        let (mut ids, mut page_token) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("/v1.0/{kind}?page_token={page_token}"), token).await;
            let rows = page["result"].as_array().unwrap().iter();
            ids.extend(rows.map(|row| row["id"].as_str().unwrap().to_owned()));
            page_token = page["next_page_token"].as_str().unwrap().to_owned();
            if page_token.is_empty() {
                return ids;
            }
        }
    }
}
