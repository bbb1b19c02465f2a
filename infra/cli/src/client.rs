//! The client of the HTTP API.

use std::io::Read;
use std::thread::sleep;
use std::time::Duration;

use custodian_domain::Secret;
use serde_json::Value;
use ureq::http::{HeaderMap, Method, Request, Response, header};
use ureq::{Agent, Body};

use crate::exit::Failure;
use crate::refusal;
use crate::service_url::ServiceUrl;
use crate::tls::{CALL_TIMEOUT, new_agent};

/// How often a request is sent, if the service asks to send it again.
const MAX_ATTEMPTS: u32 = 4;
/// A longer wait is up to the user.
const MAX_WAIT: Duration = Duration::from_secs(30);
const MIN_WAIT: Duration = Duration::from_secs(1);

/// A request of the API.
pub(crate) struct ApiRequest<'a> {
    method: Method,
    path: &'a str,
    body: Option<Value>,
    if_match: Option<&'a str>,
    idempotency_key: Option<String>,
}

impl<'a> ApiRequest<'a> {
    const fn new(method: Method, path: &'a str, body: Option<Value>) -> Self {
        Self { method, path, body, if_match: None, idempotency_key: None }
    }

    pub(crate) const fn get(path: &'a str) -> Self {
        Self::new(Method::GET, path, None)
    }

    pub(crate) const fn put(path: &'a str, body: Value) -> Self {
        Self::new(Method::PUT, path, Some(body))
    }

    pub(crate) const fn delete(path: &'a str) -> Self {
        Self::new(Method::DELETE, path, None)
    }

    /// The key makes it safe to send the request again.
    pub(crate) fn post(path: &'a str, body: Value) -> Result<Self, Failure> {
        let mut request = Self::new(Method::POST, path, Some(body));
        request.idempotency_key = Some(random_key()?);
        Ok(request)
    }

    /// A sign-in. It has no key, since the service does not store its response.
    pub(crate) const fn sign_in(body: Value) -> Self {
        Self::new(Method::POST, "/auth/login", Some(body))
    }

    /// Makes the service refuse the request unless the row still has the version that was read.
    pub(crate) const fn if_match(mut self, etag: Option<&'a str>) -> Self {
        self.if_match = etag;
        self
    }
}

#[expect(clippy::disallowed_methods, reason = "this program has no context to inject randomness into")]
pub(crate) fn random_key() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Failure::unavailable("This computer has no random numbers."))?;
    Ok(hex::encode(bytes))
}

/// A successful response.
pub(crate) struct Reply {
    pub(crate) body: Value,
    pub(crate) etag: Option<String>,
    pub(crate) retry_after: Option<Duration>,
}

pub(crate) struct Client {
    agent: Agent,
    url: ServiceUrl,
    token: Option<Secret>,
}

impl Client {
    pub(crate) fn new(url: ServiceUrl, token: Option<Secret>) -> Result<Self, Failure> {
        Ok(Self { agent: new_agent(&url, Some(CALL_TIMEOUT))?, url, token })
    }

    pub(crate) const fn url(&self) -> &ServiceUrl {
        &self.url
    }

    pub(crate) const fn token(&self) -> Option<&Secret> {
        self.token.as_ref()
    }

    pub(crate) fn get(&self, path: &str) -> Result<Reply, Failure> {
        self.send(&ApiRequest::get(path))
    }

    /// Sends a request. If the service is busy (429 or 503), sends it again after the wait that the service asks for, unless that
    /// is too long.
    pub(crate) fn send(&self, request: &ApiRequest<'_>) -> Result<Reply, Failure> {
        let mut response = self.exchange(request)?;
        let headers = response.headers();
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (etag, retry_after) = (text(header::ETAG), retry_after(headers));
        let body: Option<Value> =
            response.body_mut().read_to_vec().ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let status = response.status();
        match body {
            Some(body) if status.is_success() => Ok(Reply { body, etag, retry_after }),
            body => Err(refusal::failure(status, body.as_ref(), retry_after, &self.url)),
        }
    }

    /// The content of the file that a path redirects to. The token is not sent to the file's server.
    pub(crate) fn open_file(&self, path: &str) -> Result<impl Read + use<>, Failure> {
        let mut response = self.exchange(&ApiRequest::get(path))?;
        let status = response.status();
        let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        let Some(location) = location.filter(|_| status.is_redirection()) else {
            let retry = retry_after(response.headers());
            let body =
                response.body_mut().read_to_vec().ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
            return Err(refusal::failure(status, body.as_ref(), retry, &self.url));
        };
        let target = self.url.redirect(location)?;
        let file = new_agent(&self.url, None)?
            .get(&target)
            .call()
            .map_err(|error| refusal::no_response(&error, &self.url))?;
        if !file.status().is_success() {
            return Err(Failure::unavailable(format!(
                "The file cannot be downloaded (status {}).",
                file.status().as_u16()
            ))
            .hint("Try again in a minute."));
        }
        Ok(file.into_body().into_reader())
    }

    fn exchange(&self, request: &ApiRequest<'_>) -> Result<Response<Body>, Failure> {
        let mut attempt = 1;
        loop {
            let response = self.attempt(request)?;
            match wait_before_retry(&response) {
                Some(wait) if attempt < MAX_ATTEMPTS => sleep(wait),
                _ => return Ok(response),
            }
            attempt += 1;
        }
    }

    fn attempt(&self, request: &ApiRequest<'_>) -> Result<Response<Body>, Failure> {
        let mut http_request = Request::builder()
            .method(request.method.clone())
            .uri(self.url.join(request.path))
            .header(header::ACCEPT, "application/json");
        if let Some(token) = &self.token {
            http_request = http_request.header(header::AUTHORIZATION, format!("Bearer {}", token.expose()));
        }
        if let Some(etag) = request.if_match {
            http_request = http_request.header(header::IF_MATCH, etag);
        }
        if let Some(key) = &request.idempotency_key {
            http_request = http_request.header("Idempotency-Key", key);
        }
        let unsendable = |_| Failure::usage("The token or an argument has a character that cannot be sent.");
        let response = match &request.body {
            Some(body) => {
                let http_request =
                    http_request.header(header::CONTENT_TYPE, "application/json").body(body.to_string());
                self.agent.run(http_request.map_err(unsendable)?)
            }
            None => self.agent.run(http_request.body(()).map_err(unsendable)?),
        };
        response.map_err(|error| refusal::no_response(&error, &self.url))
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds).max(MIN_WAIT))
}

/// How long to wait before the request is sent again. `None` if it is not worth it.
fn wait_before_retry(response: &Response<Body>) -> Option<Duration> {
    let wait = retry_after(response.headers());
    let wait = match response.status().as_u16() {
        429 => wait?,
        503 => wait.unwrap_or(MIN_WAIT),
        _ => return None,
    };
    (wait <= MAX_WAIT).then_some(wait)
}
