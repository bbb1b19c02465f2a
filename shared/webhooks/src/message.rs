//! One webhook, as it is handed over for one attempt.

use bytes::Bytes;
use custodian_domain::Timestamp;
use http::header::{ACCEPT, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderValue, Request};
use http_body_util::Full;
use uuid::Uuid;

use crate::destination::Destination;
use crate::secret::SecretSet;
use crate::signature::{self, VOIPBIN_SIGNATURE, WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP};

/// How this service calls itself.
const AGENT: &str = "Custodian-Webhooks/1";

/// The id of a message: 1 to 128 letters, digits, `-` and `_`. A full stop would let two messages have one signature
/// (Standard Webhooks 1.0.0, "Signature scheme").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageId(String);

impl MessageId {
    /// `None` if this is no id.
    pub fn new(text: &str) -> Option<Self> {
        let fits = (1..=128).contains(&text.len());
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        (fits && plain).then(|| Self(text.to_owned()))
    }
}

/// `msg_` and the event's id.
impl From<Uuid> for MessageId {
    fn from(id: Uuid) -> Self {
        Self(format!("msg_{id}"))
    }
}

impl std::fmt::Display for MessageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a customer may choose as its `webhook_method`. The body goes with every one of them, as in production, so that
/// the URL needs nothing added to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    #[default]
    Post,
    Get,
    Put,
    Delete,
}

impl Method {
    /// Reads a `webhook_method`. Blank is POST: a customer with a destination and no method wants its webhooks. `None` if
    /// it is no method that a customer may choose.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "" | "POST" => Some(Self::Post),
            "GET" => Some(Self::Get),
            "PUT" => Some(Self::Put),
            "DELETE" => Some(Self::Delete),
            _ => None,
        }
    }

    const fn to_http(self) -> http::Method {
        match self {
            Self::Post => http::Method::POST,
            Self::Get => http::Method::GET,
            Self::Put => http::Method::PUT,
            Self::Delete => http::Method::DELETE,
        }
    }
}

/// One attempt to deliver one webhook. It has no `Debug`, since all of it may be personal.
pub struct Message<'a> {
    /// The same at every attempt.
    pub id: MessageId,
    pub method: Method,
    /// The customer's `webhook_uri`.
    pub uri: &'a str,
    /// JSON, sent and signed byte by byte as it is here.
    pub body: Bytes,
    /// `None` leaves the signatures out, as production does for a customer without a secret.
    pub secrets: Option<&'a SecretSet>,
    /// The instant of this attempt, from the context's clock.
    pub now: Timestamp,
}

impl Message<'_> {
    /// The request of this attempt. It fails on nothing that the types let in.
    pub(crate) fn request(&self, to: &Destination) -> http::Result<Request<Full<Bytes>>> {
        let mut request = Request::builder()
            .method(self.method.to_http())
            .uri(to.path.as_str())
            .header(HOST, &to.authority)
            .header(USER_AGENT, AGENT)
            .header(ACCEPT, "*/*")
            .header(CONNECTION, "close")
            .header(CONTENT_TYPE, "application/json")
            .header(CONTENT_LENGTH, self.body.len())
            .header(WEBHOOK_ID, &self.id.0)
            .header(WEBHOOK_TIMESTAMP, self.now.seconds());
        if let Some(secrets) = self.secrets {
            let standard = signature::standard(secrets, &self.id, self.now, &self.body);
            request = request
                .header(WEBHOOK_SIGNATURE, HeaderValue::try_from(standard)?)
                .header(VOIPBIN_SIGNATURE, signature::voipbin(secrets.current(), &self.body));
        }
        request.body(Full::new(self.body.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_plain_text_without_a_full_stop() {
        for good in ["msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", "a", &"x".repeat(128)] {
            assert!(MessageId::new(good).is_some(), "{good}");
        }
        for bad in ["", "a.b", "a b", "a\r\nb: c", "é", &"x".repeat(129)] {
            assert!(MessageId::new(bad).is_none(), "{bad}");
        }
        let of_event = MessageId::from(Uuid::nil());
        assert_eq!(MessageId::new(&of_event.to_string()), Some(of_event));
    }

    #[test]
    fn a_method_is_one_of_four_and_blank_is_post() {
        assert_eq!(Method::parse(""), Some(Method::Post));
        for (text, method) in
            [("POST", Method::Post), ("GET", Method::Get), ("PUT", Method::Put), ("DELETE", Method::Delete)]
        {
            assert_eq!(Method::parse(text), Some(method));
            assert_eq!(method.to_http().as_str(), text);
        }
        for bad in ["post", "PATCH", "CONNECT", "GET / HTTP/1.1\r\n"] {
            assert_eq!(Method::parse(bad), None, "{bad}");
        }
    }
}
