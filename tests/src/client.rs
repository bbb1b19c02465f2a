//! A service and a client of it.

use std::sync::Arc;

use clap::Parser;
use custodian_engine::{Engine, Watch};
use custodian_local::{Args, Service};
use reqwest::Method;
use serde_json::{Value, json};

use crate::PASSWORD;
use crate::described;
use crate::logs::{self, Watched};
use crate::published::Published;
use crate::rules::Rules;

/// An answer, read whole.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The stable key of a refusal.
    pub fn reason(&self) -> String {
        self.json()["error"]["reason"].as_str().unwrap_or_default().to_owned()
    }

    /// Status and reason together, as refusals are compared.
    pub fn refusal(&self) -> (u16, String) {
        (self.status, self.reason())
    }

    /// The rows of a page.
    #[track_caller]
    pub fn rows(&self) -> Vec<Value> {
        self.ok()["result"].as_array().unwrap().clone()
    }

    /// The body of a success; anything else fails the test and says what it was.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()
    }
}

/// Somebody who speaks to a service.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
    /// None if it is deployed.
    service: Option<Service>,
    /// End with the last of the clients.
    _watched: Arc<(Option<Published>, Watched)>,
}

/// Where the rehearsal has deployed the service, and made what stands before it answer `/_local/` as the local one does.
#[expect(clippy::disallowed_methods, reason = "the one thing that a test is told from outside")]
fn deployed() -> Option<String> {
    std::env::var("CUSTODIAN_DEPLOYED").ok()
}

impl Client {
    /// A service in memory, or the deployed one as it was set up; and a client without a credential.
    pub async fn start() -> Self {
        match deployed() {
            Some(base) => Self::reach(base).await,
            None => Self::start_watched(Arc::new(())).await,
        }
    }

    /// The deployed service, once it has forgotten the tests before this one.
    async fn reach(base: String) -> Self {
        let watched = Arc::new((None, Watched::start()));
        let http = reqwest::Client::new();
        let forgotten = http.post(format!("{base}/_rehearsal/reset")).send().await.unwrap();
        assert!(forgotten.status().is_success(), "{}", forgotten.text().await.unwrap());
        Self { http, base, token: None, service: None, _watched: watched }
    }

    /// The same, with a watch over every request to the database.
    pub async fn start_watched(watch: Arc<dyn Watch>) -> Self {
        Self::start_with(&[], watch).await
    }

    /// The same, with more words on its command line.
    pub async fn start_with(more: &[&str], watch: Arc<dyn Watch>) -> Self {
        Self::start_as(&[&["--ephemeral"], more].concat(), watch).await
    }

    /// A service in a folder, as people run it.
    pub async fn start_in(folder: &str) -> Self {
        Self::start_as(&["--data", folder], Arc::new(())).await
    }

    async fn start_as(more: &[&str], watch: Arc<dyn Watch>) -> Self {
        assert!(deployed().is_none(), "this test needs a service of its own");
        let watched = Watched::start();
        let args = ["custodian", "--port", "0", "--admin-password", PASSWORD];
        let args = args.iter().chain(more);
        let watch = Arc::new(Rules::before(watch));
        let service = Service::open_watched(&Args::parse_from(args), watch).await.unwrap();
        let serving = service.clone();
        tokio::spawn(async move { serving.serve().await.unwrap() });
        let base = format!("http://127.0.0.1:{}", service.port());
        let watched = Arc::new((Some(Published::of(&service)), watched));
        Self { http: reqwest::Client::new(), base, token: None, service: Some(service), _watched: watched }
    }

    pub fn service(&self) -> &Service {
        self.service.as_ref().expect("this test needs a service of its own")
    }

    pub fn engine(&self) -> &Engine {
        self.service().engine()
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// The same service, with this credential.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        logs::secret(token);
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// A request that a test has prepared itself. An answer that the API's description does not allow fails the test.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let (http, request) = request.build_split();
        let request = request.unwrap();
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let body = request.body().and_then(reqwest::Body::as_bytes).map(<[u8]>::to_vec);
        if let Some(body) = &body {
            logs::note_request(body);
        }
        let response = http.execute(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let answer = Answer { status, headers, text: response.text().await.unwrap() };
        logs::note(&answer.json());
        let fault = described::fault(method.as_str(), &path, body.as_deref(), &answer);
        assert!(fault.is_none(), "not as docs/openapi.json describes it: {}", fault.unwrap_or_default());
        answer
    }

    /// A request to prepare further; the credential goes into the header.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Reads a list to its end, page by page.
    pub async fn pages(&self, path: &str, size: usize) -> Vec<Answer> {
        let (mut pages, mut token) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}?page_size={size}&page_token={token}")).await;
            token = page.ok()["next_page_token"].as_str().unwrap().to_owned();
            pages.push(page);
            if token.is_empty() {
                return pages;
            }
        }
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    /// Logs in and answers a client with the token.
    pub async fn login(&self, username: &str, password: &str) -> Self {
        let answer =
            self.post("/auth/login", json!({ "username": username, "password": password })).await.ok();
        self.with_token(answer["token"].as_str().unwrap())
    }

    pub async fn operator(&self) -> Self {
        self.login("admin@localhost", PASSWORD).await
    }

    /// Waits until stream, queues and jobs have nothing to do.
    pub async fn idle(&self) {
        self.post("/_local/idle", json!({})).await.ok();
    }

    /// Moves the clock, and with it everything that becomes due.
    pub async fn advance(&self, seconds: u64) {
        self.post("/_local/clock", json!({ "advance_seconds": seconds })).await.ok();
    }

    /// The token of the newest mail to an address.
    pub async fn mailed_token(&self, to: &str) -> String {
        self.idle().await;
        let mails = self.get("/_local/mailbox").await.ok();
        let mail =
            mails["result"].as_array().unwrap().iter().find(|mail| mail["to"] == to).expect("a mail came");
        let text = mail["text"].as_str().unwrap();
        text.split("token=").nth(1).unwrap().chars().take(64).collect()
    }

    /// Opens an account that awaits its verification; answers its id.
    pub async fn open_account(&self, name: &str) -> String {
        let body = json!({ "username": name, "password": PASSWORD, "email": format!("{name}@example.com"), "name": name });
        let created = self.operator().await.post("/v1.0/customers", body).await.ok();
        created["id"].as_str().unwrap().to_owned()
    }

    /// Opens an account, verifies it and logs its admin in.
    pub async fn tenant(&self, name: &str) -> (String, Self) {
        let id = self.open_account(name).await;
        let token = self.mailed_token(&format!("{name}@example.com")).await;
        self.post("/auth/email-verify", json!({ "token": token })).await.ok();
        (id, self.login(name, PASSWORD).await)
    }
}
