//! Where a credential may stand. The header wins over the query, the query over the cookie; any of them takes either
//! kind of credential, and a query string is never logged.

use custodian_app::ports::{Admission, Principal, VerifyingKeys};
use custodian_app::{Context, Failure};
use custodian_auth::Claims;
use custodian_auth::access_key::{self, Presented};
use custodian_domain::{Actor, Agent, Customer, CustomerId, Permission, Reason, Timestamp};

use crate::Call;

/// The credential of a call, if there is one.
pub(crate) fn find(call: &Call) -> Option<&str> {
    let header = call.header(http::header::AUTHORIZATION).and_then(bearer);
    let filled = |text: &&str| !text.is_empty();
    let query = |name| call.query(name).filter(filled);
    let cookie = |name| call.cookie(name).filter(filled);
    let header = header.filter(filled);
    header
        .or_else(|| query("token"))
        .or_else(|| query("accesskey"))
        .or_else(|| cookie("token"))
        .or_else(|| cookie("accesskey"))
}

/// What follows `Bearer`, whose case does not matter.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| rest.trim())
}

/// Whom a credential names, before anybody has looked whether it is alive.
pub(crate) enum Named {
    Token(Claims),
    Key(Presented),
}

impl Named {
    pub(crate) async fn read<S: VerifyingKeys, E>(
        cx: &Context<S, E>,
        credential: &str,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        if access_key::looks_like_one(credential) {
            return Ok(Self::Key(access_key::read(credential).ok_or(Reason::InvalidCredentials)?));
        }
        Ok(Self::Token(cx.keys.verify(&cx.store, credential, now).await?))
    }

    pub(crate) const fn customer_id(&self) -> CustomerId {
        match self {
            Self::Token(claims) => claims.customer_id,
            Self::Key(presented) => presented.customer_id,
        }
    }

    pub(crate) fn principal(&self) -> Principal {
        match self {
            Self::Key(presented) => Principal::Key(presented.key_id),
            Self::Token(claims) => match &claims.operator {
                Some(operator) => Principal::Delegate {
                    guest: claims.agent_id,
                    operator: (operator.customer_id, operator.agent_id),
                },
                None => Principal::Agent(claims.agent_id),
            },
        }
    }

    /// Who acts, if everything that the credential stands for is still so.
    pub(crate) fn alive(self, read: Admission, now: Timestamp) -> Option<(Customer, Actor)> {
        let customer = read.customer.filter(|customer| !customer.status().is_gone())?;
        let actor = match self {
            Self::Key(presented) => {
                Actor::Key(read.key.filter(|key| presented.opens(key) && key.is_live(now))?)
            }
            Self::Token(claims) => {
                let agent = read.agent.filter(|agent| agent.epoch == claims.agent_epoch)?;
                if customer.epoch != claims.customer_epoch {
                    return None;
                }
                match claims.operator {
                    None => Actor::Agent(agent),
                    Some(named) => {
                        let still = |operator: &Agent| {
                            operator.epoch == named.agent_epoch
                                && operator.permission.allows(Permission::PLATFORM)
                        };
                        Actor::Delegate { guest: agent, operator: read.operator.filter(still)?.id }
                    }
                }
            }
        };
        Some((customer, actor))
    }
}
