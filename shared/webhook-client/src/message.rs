//! One webhook, and the HTTP request of one attempt.

use bytes::Bytes;
use custodian_domain::Timestamp;
use custodian_domain::webhook;
use http::header::{ACCEPT, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderValue, Request};
use http_body_util::Full;

use crate::destination::Destination;
use crate::message_id::MessageId;
use crate::secret::SecretSet;
use crate::signature::{self, VOIPBIN_SIGNATURE, WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP};

/// The methods that a customer may choose as `webhook_method`. As in VoIPBIN's API, every method has the body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    #[default]
    Post,
    Get,
    Put,
    Delete,
}

impl Method {
    /// Parses a `webhook_method`. An empty method means POST. `None` for an unknown method.
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

/// One attempt to deliver one webhook. It has no `Debug`, because its values may be personal data.
pub struct Message<'a> {
    /// The id, which is the same at every attempt.
    pub id: MessageId,
    pub method: Method,
    /// The endpoint's `webhook_uri`.
    pub uri: &'a str,
    /// JSON. Exactly these bytes are signed and sent.
    pub body: Bytes,
    pub secrets: &'a SecretSet,
    /// The instant of this attempt, from the context's clock.
    pub now: Timestamp,
}

impl Message<'_> {
    /// The request of this attempt. It cannot fail, because the types permit only valid headers and paths.
    pub(crate) fn request(&self, to: &Destination) -> http::Result<Request<Full<Bytes>>> {
        let standard_webhooks = signature::standard_webhooks(self.secrets, &self.id, self.now, &self.body);
        Request::builder()
            .method(self.method.to_http())
            .uri(to.path.as_str())
            .header(HOST, &to.authority)
            .header(USER_AGENT, webhook::USER_AGENT)
            .header(ACCEPT, "*/*")
            .header(CONNECTION, "close")
            .header(CONTENT_TYPE, "application/json")
            .header(CONTENT_LENGTH, self.body.len())
            .header(WEBHOOK_ID, self.id.as_str())
            .header(WEBHOOK_TIMESTAMP, self.now.seconds())
            .header(WEBHOOK_SIGNATURE, HeaderValue::try_from(standard_webhooks)?)
            .header(VOIPBIN_SIGNATURE, signature::voipbin(self.secrets, self.now, &self.body))
            .body(Full::new(self.body.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_id_has_only_letters_digits_dashes_and_underscores() {
        for good in ["msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", "a", &"x".repeat(128)] {
            assert!(MessageId::new(good).is_some(), "{good}");
        }
        for bad in ["", "a.b", "a b", "a\r\nb: c", "é", &"x".repeat(129)] {
            assert!(MessageId::new(bad).is_none(), "{bad}");
        }
        let of_event = MessageId::from(uuid::Uuid::nil());
        assert_eq!(MessageId::new(&of_event.to_string()), Some(of_event));
    }

    #[test]
    fn four_methods_are_accepted_and_an_empty_method_is_post() {
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
