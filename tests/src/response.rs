//! HTTP responses, with helpers for tests.

use serde_json::Value;

/// A response with its complete body.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Response {
    /// The path in the header `Link` of the response to an unregistration.
    #[track_caller]
    pub fn status_link(&self) -> String {
        let link = self.headers["link"].to_str().unwrap();
        link.split_once('<').and_then(|(_, rest)| rest.split_once(">; rel=\"status\"")).unwrap().0.to_owned()
    }

    /// The body as JSON, or null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// The stable reason of an error.
    pub fn reason(&self) -> String {
        self.json()["error"]["reason"].as_str().unwrap_or_default().to_owned()
    }

    /// The status and the reason of an error.
    pub fn refusal(&self) -> (u16, String) {
        (self.status, self.reason())
    }

    /// The rows of a page.
    #[track_caller]
    pub fn rows(&self) -> Vec<Value> {
        self.ok()["result"].as_array().unwrap().clone()
    }

    /// The body of a response with status 200. Any other status, even 201, fails the test.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()
    }
}
