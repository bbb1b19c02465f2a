//! The caller of the sign-out.

use custodian_app::ports::{Authenticator, Prefetch};
use custodian_app::{Context, Failure};
use custodian_auth::access_key::is_access_key;
use custodian_domain::audit::AuditActor;
use custodian_domain::{Agent, Permission, Principal, Reason};

use crate::caller::{Account, Audience, Caller};
use crate::requirements::{AnyPrincipal, CredentialRule, NotDeleted};
use crate::{Request, Route, credential};

/// The holder of a session token, which an access key is not. The token may be dead: expired, revoked, or of a deleted account.
/// Signing out such a session has nothing to revoke, but the browser must still drop its cookie.
#[derive(Debug)]
pub enum SessionHolder {
    SignedIn(Box<Agent>, AuditActor),
    SignedOut,
}

impl<S: Authenticator, E: Sync> Caller<S, E> for SessionHolder {
    const AUDIENCE: Audience = Audience::Account {
        needs: Permission::ANY,
        refusals: &[],
        permits_admins_of_frozen: false,
        permits: CredentialRule::Any,
    };

    async fn from_request(
        cx: &Context<S, E>,
        route: &Route,
        request: &Request,
        prefetch: Prefetch,
    ) -> Result<Self, Failure> {
        let has_token = credential::find(request).is_some_and(|presented| !is_access_key(presented.text));
        match Account::<AnyPrincipal, NotDeleted>::from_request(cx, route, request, prefetch).await {
            Ok(account) => {
                let actor = AuditActor::from(&account.principal);
                match account.principal {
                    Principal::Agent { agent, .. } | Principal::Delegate { guest: agent, .. } => {
                        Ok(Self::SignedIn(Box::new(agent), actor))
                    }
                    // Deleting an access key revokes it.
                    Principal::Key(_) => Err(Reason::PermissionDenied.into()),
                }
            }
            Err(failure) if has_token && failure.is(Reason::InvalidCredentials) => Ok(Self::SignedOut),
            Err(failure) => Err(failure),
        }
    }

    fn actor(&self) -> AuditActor {
        match self {
            Self::SignedIn(_, actor) => *actor,
            Self::SignedOut => AuditActor::System,
        }
    }
}
