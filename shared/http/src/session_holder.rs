//! The caller of the sign-out.

use custodian_app::ports::{Authenticator, Prefetch};
use custodian_app::{Context, Failure};
use custodian_auth::access_key::is_access_key;
use custodian_domain::{Permission, Reason};

use crate::caller::{Account, Audience, Caller};
use crate::requirements::{AnyPrincipal, NotDeleted};
use crate::{Request, credential};

/// The caller that signs out. Its session token may be invalid: expired, revoked, or of a deleted account. Such a session has
/// nothing to revoke, but the response must still expire the browser's cookie.
#[derive(Debug)]
pub enum SessionHolder {
    SignedIn(Box<Account<AnyPrincipal, NotDeleted>>),
    SignedOut,
}

impl<S: Authenticator, E: Sync> Caller<S, E> for SessionHolder {
    const AUDIENCE: Audience = Audience::Account { needs: Permission::ANY, refusals: &[] };

    async fn from_request(
        cx: &Context<S, E>,
        request: &Request,
        prefetch: Prefetch,
    ) -> Result<Self, Failure> {
        let has_token = credential::find(request).is_some_and(|text| !is_access_key(text));
        match Account::from_request(cx, request, prefetch).await {
            Ok(account) => Ok(Self::SignedIn(Box::new(account))),
            Err(failure) if has_token && failure.is(Reason::InvalidCredentials) => Ok(Self::SignedOut),
            Err(failure) => Err(failure),
        }
    }
}
