//! A neighbour: an account whose requests are measured while another account is being deleted.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::aws_stub::now;

/// The interval between two requests. A request starts on time, however long the previous ones take.
const INTERVAL: Duration = Duration::from_millis(10);

/// A client with the credential of an account.
#[derive(Clone)]
pub struct HttpClient {
    pub http: reqwest::Client,
    pub base: String,
    pub token: String,
}

impl HttpClient {
    /// Sends a request, which must succeed.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Signs in.
    #[must_use]
    pub async fn login(&self, username: &str, password: &str) -> Self {
        let body = json!({ "username": username, "password": password });
        let answer = self.send(Method::POST, "/auth/login", Some(&body)).await;
        Self { token: answer["token"].as_str().unwrap().to_owned(), ..self.clone() }
    }
}

/// Reads and updates tags in turn until `stop` is set. Returns the time of each request, ascending.
pub async fn request_until(client: &HttpClient, tags: &[String], stop: &AtomicBool) -> Vec<Duration> {
    let (mut requests, mut ticks) = (Vec::new(), tokio::time::interval(INTERVAL));
    while !stop.load(Ordering::Relaxed) {
        let due = ticks.tick().await.into_std();
        let number = requests.len();
        let (client, path) = (client.clone(), format!("/v1.0/tags/{}", tags[number / 2 % tags.len()]));
        requests.push(tokio::spawn(async move {
            if number.is_multiple_of(2) {
                client.send(Method::GET, &path, None).await;
            } else {
                client.send(Method::PUT, &path, Some(&json!({ "name": format!("tag {number}") }))).await;
            }
            now() - due
        }));
    }
    let mut times = Vec::with_capacity(requests.len());
    for request in requests {
        times.push(request.await.unwrap());
    }
    times.sort_unstable();
    times
}

/// The value below which `percent` percent of the sorted values are.
pub fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}
