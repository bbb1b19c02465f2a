//! The caller of the sign-out.

use custodian_app::ports::{Authenticator, Prefetch};
use custodian_app::{Context, Failure};
use custodian_auth::access_key::is_access_key;
use custodian_domain::{Permission, Reason};

use crate::caller::{Account, AnyAgent, Audience, Caller, CredentialRule, NotDeleted};
use crate::{Request, Route, credential};

/// The holder of a session token, or a principal of an account. The token may be dead: expired, revoked, or of a deleted
/// account. Signing out such a session has nothing to revoke, but the browser must still drop its cookie.
#[derive(Debug)]
pub enum SessionHolder {
    SignedIn(Box<Account<AnyAgent, NotDeleted>>),
    SignedOut,
}

impl<S: Authenticator, E: Sync> Caller<S, E> for SessionHolder {
    const AUDIENCE: Audience =
        Audience::Account { needs: Permission::ANY, refusals: &[], permits: CredentialRule::Any };

    async fn from_request(
        cx: &Context<S, E>,
        route: &Route,
        request: &Request,
        prefetch: Prefetch,
    ) -> Result<Self, Failure> {
        let has_token = credential::find(request).is_some_and(|text| !is_access_key(text));
        match Account::from_request(cx, route, request, prefetch).await {
            Ok(account) => Ok(Self::SignedIn(Box::new(account))),
            Err(failure) if has_token && failure.is(Reason::InvalidCredentials) => Ok(Self::SignedOut),
            Err(failure) => Err(failure),
        }
    }
}
