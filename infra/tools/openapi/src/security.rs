//! How requests authenticate.

use custodian_http::{FORMER_SESSION_COOKIE, SESSION_COOKIE};
use serde_json::{Value, json};

/// The schemes, the preferred one first.
const SCHEMES: [&str; 6] =
    ["bearer", "token", "accesskey", "session_cookie", "token_cookie", "accesskey_cookie"];

/// Any one of the schemes.
pub(crate) fn any_scheme() -> Value {
    SCHEMES.iter().map(|name| json!({ *name: [] })).collect()
}

/// The section `securitySchemes`.
pub(crate) fn schemes() -> Value {
    const ORDER: &str = "If a request has several credentials, the header takes precedence over the query, and the query over the cookie.";
    const IN_QUERY: &str = "For clients of VoIPBIN's API. Avoid it: proxies and browsers keep addresses. A token or an access key.";
    let api_key = |place: &str, name: &str, description: &str| json!({ "type": "apiKey", "in": place, "name": name, "description": format!("{description} {ORDER}") });
    json!({
        "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT or vb_…",
            "description": format!(
                "A session token from `POST /auth/login` (a JWT, valid for seven days), a delegation token from `POST /auth/delegate` \
                 (valid for eight hours), or an access key (`vb_…`) from `POST /v1.0/accesskeys`. A token ends when its agent signs out \
                 or gets another password or permission, and when the account is frozen. {ORDER}"
            ) },
        "token": api_key("query", "token", IN_QUERY),
        "accesskey": api_key("query", "accesskey", IN_QUERY),
        "session_cookie": api_key("cookie", SESSION_COOKIE, "The session token. `POST /auth/login` sets this cookie for browsers."),
        "token_cookie": api_key("cookie", FORMER_SESSION_COOKIE, "The cookie of earlier releases: a token or an access key."),
        "accesskey_cookie": api_key("cookie", "accesskey", "For clients of VoIPBIN's API: a token or an access key."),
    })
}
