//! The credential of a request. The header takes precedence over the query, and the query over the cookie. Each of them accepts
//! a token or an access key. Query strings are never logged, because they may contain credentials.

use custodian_app::ports::{PrincipalId, PrincipalRows, VerifyingKeys};
use custodian_app::{Context, Failure};
use custodian_auth::Claims;
use custodian_auth::access_key::{self, PresentedKey};
use custodian_domain::{
    Agent, Customer, CustomerId, OperatorSession, Permission, Principal, Reason, Timestamp,
};

use crate::Request;

/// The cookie that a sign-in sets. Browsers accept the prefix only with `Secure`, `Path=/` and no `Domain`, so no other host and
/// no unencrypted page can set it.
pub const SESSION_COOKIE: &str = "__Host-token";

/// The cookie of earlier releases, which clients still send.
pub const FORMER_SESSION_COOKIE: &str = "token";
/// The cookies that may hold a credential.
pub const COOKIES: [&str; 3] = [SESSION_COOKIE, FORMER_SESSION_COOKIE, "accesskey"];

/// The query parameters that may hold a credential.
pub(crate) const QUERY_PARAMETERS: [&str; 2] = ["token", "accesskey"];

/// The text of a credential.
#[derive(Clone, Copy)]
pub(crate) struct Presented<'a> {
    pub(crate) text: &'a str,
    /// Whether it came in a cookie. A browser also adds cookies to requests that a page of another origin makes, such as another subdomain.
    pub(crate) is_cookie: bool,
}

/// The text of the credential, if the request has one.
pub(crate) fn find(request: &Request) -> Option<Presented<'_>> {
    let not_empty = |text: &&str| !text.is_empty();
    let query = |name| request.query(name).filter(not_empty);
    let cookie = |name| request.cookie(name).filter(not_empty);
    let header = request.header(http::header::AUTHORIZATION).and_then(bearer).filter(not_empty);
    let explicit = header.or_else(|| QUERY_PARAMETERS.into_iter().find_map(query));
    let by_cookie = || COOKIES.into_iter().find_map(cookie);
    match explicit {
        Some(text) => Some(Presented { text, is_cookie: false }),
        None => by_cookie().map(|text| Presented { text, is_cookie: true }),
    }
}

/// The text after the scheme `Bearer`, which is case-insensitive.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| rest.trim())
}

/// A token with a valid signature, or an access key with a valid format. Their rows are not read yet.
pub(crate) enum Credential {
    Token(Claims),
    Key(PresentedKey),
}

impl Credential {
    pub(crate) async fn read<S: VerifyingKeys, E>(
        cx: &Context<S, E>,
        credential: &str,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        if access_key::is_access_key(credential) {
            return Ok(Self::Key(access_key::parse(credential).ok_or(Reason::InvalidCredentials)?));
        }
        Ok(Self::Token(cx.keys.verify(&cx.store, credential, &cx.settings.token_issuer, now).await?))
    }

    pub(crate) const fn customer_id(&self) -> CustomerId {
        match self {
            Self::Token(claims) => claims.customer_id,
            Self::Key(presented) => presented.customer_id,
        }
    }

    pub(crate) fn principal_id(&self) -> PrincipalId {
        match self {
            Self::Key(presented) => PrincipalId::Key(presented.key_id),
            Self::Token(claims) => match &claims.operator {
                Some(operator) => PrincipalId::Delegate {
                    guest: claims.agent_id,
                    operator: (operator.customer_id, operator.agent_id),
                },
                None => PrincipalId::Agent { id: claims.agent_id, key: claims.key_id },
            },
        }
    }

    /// The customer and the principal, if every condition of the credential still holds.
    pub(crate) fn validate(
        self,
        customer: Option<Customer>,
        principal: PrincipalRows,
        now: Timestamp,
    ) -> Option<(Customer, Principal)> {
        let customer = customer.filter(|customer| !customer.status().is_terminal())?;
        let principal = match (self, principal) {
            (Self::Key(presented), PrincipalRows::Key(key)) => {
                Principal::Key(key.filter(|key| presented.matches(key) && key.is_live(now))?)
            }
            (Self::Token(claims), rows) if customer.epoch == claims.customer_epoch => {
                let same_epoch = |agent: &Agent| agent.epoch == claims.agent_epoch;
                match (&claims.operator, rows) {
                    (None, PrincipalRows::Agent { agent, key }) => {
                        // If an access key set the agent's password or permission, the session is valid only while that key is.
                        let depends_on = key.filter(|key| key.is_live(now));
                        let agent = agent.filter(same_epoch)?;
                        let key_id = depends_on.as_ref().map(|key| key.id);
                        if key_id != claims.key_id || key_id != agent.depends_on_key() {
                            return None;
                        }
                        Principal::Agent { agent, depends_on }
                    }
                    (Some(claim), PrincipalRows::Delegate { guest, operator }) => {
                        let is_still_operator = |operator: &Agent| {
                            operator.epoch == claim.agent_epoch
                                && operator.permission.allows(Permission::PLATFORM)
                        };
                        let operator = OperatorSession::from(&operator.filter(is_still_operator)?);
                        Principal::Delegate { guest: guest.filter(same_epoch)?, operator }
                    }
                    _ => return None,
                }
            }
            _ => return None,
        };
        Some((customer, principal))
    }
}
