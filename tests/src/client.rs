//! A running service, and HTTP clients of it.

use std::net::IpAddr;
use std::sync::Arc;

use clap::Parser;
use custodian_domain::Timestamp;
use custodian_engine::{Engine, RequestObserver};
use custodian_local::{Args, Service};
use reqwest::Method;
use serde_json::{Value, json};

use crate::accounts::PASSWORD;
use crate::api_description;
use crate::log_checks::{self, LogLeakCheck};
use crate::request_rules::RequestRules;
use crate::response::Response;
use crate::service_checks::ServiceCheck;

/// An HTTP client of a service, with or without a credential.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: Option<String>,
    /// None if the service is deployed.
    service: Option<Service>,
    /// These checks run when the last client is dropped.
    _checks: Arc<(Option<ServiceCheck>, LogLeakCheck)>,
}

/// The URL of the deployed service. The emulator of the end-to-end test also serves the routes under `/_local/` there.
#[expect(clippy::disallowed_methods, reason = "the only setting of the tests")]
fn deployed() -> Option<String> {
    std::env::var("CUSTODIAN_DEPLOYED").ok()
}

/// A client that returns redirects, so that tests see them.
fn http_client() -> reqwest::ClientBuilder {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none())
}

impl Client {
    /// Starts a service in memory, or resets the deployed one. Returns a client without a credential.
    pub async fn start() -> Self {
        match deployed() {
            Some(base) => Self::connect_deployed(base).await,
            None => Self::start_observed(Arc::new(())).await,
        }
    }

    /// Deletes the data of earlier tests from the deployed service.
    async fn connect_deployed(base: String) -> Self {
        let checks = Arc::new((None, LogLeakCheck::start()));
        let http = http_client().build().unwrap();
        let reset = http.post(format!("{base}/_e2e/reset")).send().await.unwrap();
        assert!(reset.status().is_success(), "{}", reset.text().await.unwrap());
        Self { http, base, token: None, service: None, _checks: checks }
    }

    /// Starts a service whose database requests are observed.
    pub async fn start_observed(observer: Arc<dyn RequestObserver>) -> Self {
        Self::start_with(&[], observer).await
    }

    /// Starts a service with additional command-line arguments.
    pub async fn start_with(arguments: &[&str], observer: Arc<dyn RequestObserver>) -> Self {
        Self::start_as(&[&["--ephemeral"], arguments].concat(), observer).await
    }

    /// Starts a service that stores its data in a folder.
    pub async fn start_in(folder: &str) -> Self {
        Self::start_as(&["--data", folder], Arc::new(())).await
    }

    async fn start_as(arguments: &[&str], observer: Arc<dyn RequestObserver>) -> Self {
        assert!(deployed().is_none(), "this test needs a service of its own");
        let log_check = LogLeakCheck::start();
        // The emulator of the deployed service keeps the mails of deleted accounts, too. Tests count mails across a deletion.
        let args = ["custodian", "--port", "0", "--admin-password", PASSWORD, "--keep-mail"];
        let args = args.iter().chain(arguments);
        let rules = Arc::new(RequestRules::before(observer));
        let observer = Arc::clone(&rules) as _;
        let service = Service::open_with_observer(&Args::parse_from(args), observer).await.unwrap();
        let serving = service.clone();
        tokio::spawn(async move { serving.serve().await.unwrap() });
        let base = format!("http://127.0.0.1:{}", service.port());
        let checks = Arc::new((Some(ServiceCheck::new(&service, rules)), log_check));
        let http = http_client().build().unwrap();
        Self { http, base, token: None, service: Some(service), _checks: checks }
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

    /// A client of the same service that connects from this address of the loopback network 127.0.0.0/8.
    pub fn from_address(&self, address: [u8; 4]) -> Self {
        let http = http_client().local_address(IpAddr::from(address)).build().unwrap();
        Self { http, ..self.clone() }
    }

    /// A client of the same service with this credential.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        log_checks::record_secret(token);
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// Sends a prepared request. A response that does not match the API description fails the test.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Response {
        let (http, request) = request.build_split();
        let request = request.unwrap();
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let body = request.body().and_then(reqwest::Body::as_bytes).map(<[u8]>::to_vec);
        if let Some(body) = &body {
            log_checks::record_request_secrets(body);
        }
        let received = http.execute(request).await.unwrap();
        let (status, headers) = (received.status().as_u16(), received.headers().clone());
        let response = Response { status, headers, text: received.text().await.unwrap() };
        log_checks::record_secrets(&response.json());
        let mismatch = api_description::mismatch(method.as_str(), &path, body.as_deref(), &response);
        assert!(
            mismatch.is_none(),
            "the response does not match docs/openapi.json: {}",
            mismatch.unwrap_or_default()
        );
        response
    }

    /// A request that the caller completes. The credential is in its `Authorization` header.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Response {
        self.send(self.request(Method::GET, path)).await
    }

    /// Reads a list to its end, page by page.
    pub async fn pages(&self, path: &str, size: usize) -> Vec<Response> {
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

    pub async fn delete(&self, path: &str) -> Response {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Response {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Response {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    /// Waits until all stream records, messages and due jobs are processed.
    pub async fn idle(&self) {
        self.post("/_local/idle", json!({})).await.ok();
    }

    /// Moves the clock and runs everything that becomes due.
    pub async fn advance(&self, seconds: u64) {
        self.post("/_local/clock", json!({ "advance_seconds": seconds })).await.ok();
    }
}

pub fn event_types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

/// The microseconds of a time in a response.
#[track_caller]
pub fn micros(time: &Value) -> i64 {
    Timestamp::parse(time.as_str().expect("the time is a string")).expect("the time is RFC 3339").micros()
}
