//! Requests as API Gateway passes them to a function: events in payload format 2.0.

use std::collections::BTreeMap;

use custodian_tests::Client;
use serde_json::{Value, json};

/// A request to a function.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: &'static str,
    /// The path and the query.
    pub target: String,
    pub token: String,
    pub body: Option<Value>,
    /// The expected status.
    pub status: u16,
}

impl Request {
    /// A request with the client's credential.
    pub fn new(client: &Client, method: &'static str, target: impl Into<String>) -> Self {
        Self { method, target: target.into(), token: client.token().to_owned(), body: None, status: 200 }
    }

    #[must_use]
    pub fn body(self, body: Value) -> Self {
        Self { body: Some(body), ..self }
    }

    /// The same request without a credential and a body.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self { token: String::new(), body: None, ..self.clone() }
    }

    /// The event for the function of a route (`/v1.0/tags/{id}`). `number` makes the request's id and address unique.
    pub fn to_event(&self, route: &str, number: usize) -> Value {
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
        // Requests with different numbers have different client IP addresses, so no limit of an address counts them all.
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

    /// Panics if the response does not have the expected status.
    pub fn assert_success(&self, function: &str, response: &Value) {
        assert_eq!(
            response["statusCode"], self.status,
            "{function}: {} {}: {response}",
            self.method, self.target
        );
    }
}
