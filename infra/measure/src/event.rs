//! What API Gateway makes of a request: an event in payload format 2.0.

use std::collections::BTreeMap;

use custodian_tests::Client;
use serde_json::{Value, json};

/// A request to a function.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: &'static str,
    /// With its query.
    pub target: String,
    pub token: String,
    pub body: Option<Value>,
    /// The status of a success.
    pub status: u16,
}

impl Request {
    /// A request of somebody.
    pub fn by(client: &Client, method: &'static str, target: impl Into<String>) -> Self {
        Self { method, target: target.into(), token: client.token().to_owned(), body: None, status: 200 }
    }

    #[must_use]
    pub fn body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// The same by nobody, who says nothing.
    #[must_use]
    pub fn of_nobody(&self) -> Self {
        Self { token: String::new(), body: None, ..self.clone() }
    }

    /// The event for the function of a route (`/v1.0/tags/{id}`). `number` tells one request from another.
    pub fn event(&self, route: &str, number: usize) -> Value {
        let (path, query) = self.target.split_once('?').unwrap_or((&self.target, ""));
        let pairs = route.split('/').zip(path.split('/'));
        let parameters: BTreeMap<_, _> = pairs
            .filter_map(|(name, value)| Some((name.strip_prefix('{')?.strip_suffix('}')?, value)))
            .collect();
        let mut headers = json!({
            "accept": "application/json", "host": "api.example.com", "user-agent": "measurement/1.0",
            "x-amzn-trace-id": "Root=1-5f84c7a9-0e5b1e1e1e1e1e1e1e1e1e1e", "x-forwarded-for": "192.0.2.1",
            "x-forwarded-port": "443", "x-forwarded-proto": "https",
        });
        if !self.token.is_empty() {
            headers["authorization"] = json!(format!("Bearer {}", self.token));
        }
        if self.body.is_some() {
            headers["content-type"] = json!("application/json");
        }
        // Each from an address of its own, so that no throttle counts them together.
        let address = format!("10.{}.{}.{}", number >> 16 & 255, number >> 8 & 255, number & 255);
        json!({
            "version": "2.0", "routeKey": format!("{} {route}", self.method), "rawPath": path,
            "rawQueryString": query, "headers": headers, "pathParameters": parameters,
            "requestContext": {
                "accountId": "000000000000", "apiId": "measured", "domainName": "api.example.com",
                "domainPrefix": "api",
                "http": {
                    "method": self.method, "path": path, "protocol": "HTTP/1.1", "sourceIp": address,
                    "userAgent": "measurement/1.0",
                },
                "requestId": format!("JKJaXmPLvHcESHA{number}="), "routeKey": format!("{} {route}", self.method),
                "stage": "$default", "time": "12/Mar/2026:19:03:58 +0000", "timeEpoch": 1_773_342_238_000_u64,
            },
            "body": self.body.as_ref().map(ToString::to_string), "isBase64Encoded": false,
        })
    }

    /// Fails the measurement if this is no success.
    pub fn check(&self, function: &str, answer: &Value) {
        assert_eq!(
            answer["statusCode"], self.status,
            "{function}: {} {}: {answer}",
            self.method, self.target
        );
    }
}
