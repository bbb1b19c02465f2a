//! The expected outcome of every cell, computed from what the route declares and from what the caller is. It uses none of the
//! product's functions that decide.

use custodian_domain::Reason;
use custodian_http::{Audience, CredentialRule};
use custodian_local::DeployedRoute;

const ADMIN: u32 = 0x20;
const MANAGER: u32 = 0x40;
const PLATFORM: u32 = 0x01;

/// The routes of active accounts that the administrators of a frozen account may call.
const READ_WHILE_FROZEN: [&str; 2] = ["GET /v1.0/me", "GET /v1.0/customer/usage"];

/// The row that the path of a request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Id {
    /// The path has no id.
    None,
    /// A row of the caller's account; an agent with the permission 0x10.
    Own,
    /// The calling agent.
    Itself,
    /// The guest agent of the caller's account, an administrator.
    Guest,
    /// The first platform admin, if the caller belongs to the platform's account.
    Operator,
    /// A row of another account.
    Foreign,
    Unknown,
    Malformed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Account {
    Main,
    Platform,
    Frozen,
    Unverified,
}

/// Who sends the request, if the credential is valid.
#[derive(Clone, Debug)]
pub(super) enum Principal {
    Agent(u32),
    /// A key with these scopes. A key without scopes is not limited.
    Key(&'static [&'static str]),
    Delegate,
}

#[derive(Clone, Debug)]
pub(super) enum Credential {
    None,
    DeadToken,
    DeadKey,
    Live(Account, Principal),
}

impl Credential {
    /// Whether the credential is valid and the account active.
    pub(super) const fn works_on_rows(&self) -> bool {
        matches!(self, Self::Live(Account::Main | Account::Platform, _))
    }
}

impl Principal {
    /// Keys and delegates act as administrators.
    const fn bits(&self) -> u32 {
        match self {
            Self::Agent(bits) => *bits,
            Self::Key(_) | Self::Delegate => ADMIN,
        }
    }

    /// Whether this has one of the needed permissions. A platform admin has every permission.
    const fn has(&self, needed: u32) -> bool {
        needed == 0 || self.bits() & (needed | PLATFORM) != 0
    }

    fn is_limited(&self) -> bool {
        matches!(self, Self::Key(scopes) if !scopes.is_empty())
    }

    fn is_within_scopes(&self, method: &str, path: &str) -> bool {
        let Self::Key(scopes) = self else { return true };
        let in_v1 = path.strip_prefix("/v1.0/");
        let permits = |scope: &&str| match (scope.split_once(':'), in_v1) {
            (_, None) => false,
            (None, Some(_)) if *scope == "read" => method == "GET",
            (None, Some(rest)) => rest.split('/').next() == Some(*scope),
            (Some((kind, _)), Some(rest)) => method == "GET" && rest.split('/').next() == Some(kind),
        };
        scopes.is_empty() || scopes.iter().any(permits)
    }
}

/// Platform admins have the highest rank, then administrators, managers, agents, and agents without a permission.
fn rank(bits: u32) -> usize {
    let order = [0x10, MANAGER, ADMIN, PLATFORM];
    order.iter().rposition(|bit| bits & bit != 0).map_or(0, |at| at + 1)
}

/// The status and the reason of a refusal.
pub(super) type Refusal = (u16, String);

fn refused(status: u16, reason: Reason) -> Result<(), Refusal> {
    Err((status, reason.key().to_owned()))
}

fn allow(allowed: bool) -> Result<(), Refusal> {
    if allowed { Ok(()) } else { refused(403, Reason::PermissionDenied) }
}

/// The refusal of a request by authorization or because a row is missing, or `Ok`.
pub(super) fn expected(route: &DeployedRoute, credential: &Credential, id: Id) -> Result<(), Refusal> {
    let (needs, refusals, permits) = match route.audience {
        Audience::Anyone => return Ok(()),
        // Platform admins need an active account, like everyone who works on rows.
        Audience::PlatformAdmin => {
            (PLATFORM, &[Reason::AccountFrozen, Reason::AccountNotVerified][..], CredentialRule::Any)
        }
        Audience::Account { needs, refusals, permits, .. } => (needs.bits(), refusals, permits),
    };
    let name = route.route.to_string();
    let (account, principal) = match credential {
        Credential::None => return refused(401, Reason::AuthenticationRequired),
        // Exception: signing out a dead session succeeds, so that a browser drops its cookie.
        Credential::DeadToken if name == "POST /auth/logout" => return Ok(()),
        Credential::DeadToken | Credential::DeadKey => return refused(401, Reason::InvalidCredentials),
        Credential::Live(account, principal) => (*account, principal),
    };
    allow(principal.is_within_scopes(route.route.method, &route.route.path))?;
    match account {
        // Exception: administrators may look at themselves and at what the deletion will remove.
        Account::Frozen if READ_WHILE_FROZEN.contains(&name.as_str()) && principal.has(ADMIN) => {}
        Account::Frozen if refusals.contains(&Reason::AccountFrozen) => {
            return refused(403, Reason::AccountFrozen);
        }
        Account::Unverified if refusals.contains(&Reason::AccountNotVerified) => {
            return refused(403, Reason::AccountNotVerified);
        }
        _ => {}
    }
    allow(principal.has(needs))?;
    let is_delegate = matches!(principal, Principal::Delegate);
    allow(match permits {
        CredentialRule::Any => true,
        CredentialRule::NoDelegates => !is_delegate,
        CredentialRule::NoLimitedKeys => !principal.is_limited(),
        CredentialRule::NoDelegatesOrLimitedKeys => !is_delegate && !principal.is_limited(),
    })?;
    allow(route.kind.is_none_or(|kind| principal.has(kind.required_permission.bits())))?;
    match name.as_str() {
        // Exception: only a session can be signed out.
        "POST /auth/logout" => allow(!matches!(principal, Principal::Key(_)))?,
        // Exception: a platform admin who acts as the account does not close it.
        "POST /auth/unregister" => allow(!is_delegate)?,
        // Exception: the platform's mailbox gets the links of platform admins, so only they change it.
        "PUT /v1.0/customer"
        | "DELETE /v1.0/customer/email_change"
        | "POST /v1.0/customer/webhook/endpoints"
        | "PUT /v1.0/customer/webhook/endpoints/{id}"
        | "DELETE /v1.0/customer/webhook/endpoints/{id}"
            if account == Account::Platform =>
        {
            allow(principal.has(PLATFORM))?;
        }
        // Exception: the function is not one of those that kinds share, but billing accounts need an administrator.
        "GET /v1.0/billing_account" => {
            allow(principal.has(ADMIN))?;
            // The platform's account is not billed.
            if account == Account::Platform {
                return refused(404, Reason::BillingAccountNotFound);
            }
        }
        // The fixture's accounts have no such change. The request got past authorization.
        "GET /v1.0/customer/email_change" => return refused(404, Reason::EmailChangeNotFound),
        _ => {}
    }
    right_on_row(route, principal, id)?;
    match name.as_str() {
        // The accounts in these paths have no deletion and no hold. The request got past authorization.
        "GET /v1.0/customers/{id}/deletion" => refused(404, Reason::DeletionNotFound),
        "GET /v1.0/customers/{id}/hold" => refused(404, Reason::HoldNotFound),
        _ => Ok(()),
    }
}

fn right_on_row(route: &DeployedRoute, principal: &Principal, id: Id) -> Result<(), Refusal> {
    if id == Id::Malformed {
        return refused(400, Reason::InvalidId);
    }
    let collection = collection(&route.route.path);
    if id != Id::None && collection == "agents" {
        // Exception: agents see only themselves. The id alone decides, so the response does not reveal whether it exists.
        allow(id == Id::Itself || principal.has(ADMIN | MANAGER))?;
    }
    match (id, collection) {
        // Platform admins manage every account.
        (Id::Foreign, "customers") => Ok(()),
        (Id::Foreign | Id::Unknown, _) => Err((404, not_found(collection))),
        // Exception: nobody changes an agent of a higher rank.
        (Id::Guest, _) if route.route.method != "GET" => allow(rank(principal.bits()) >= rank(ADMIN)),
        (Id::Operator, _) if route.route.method != "GET" => allow(rank(principal.bits()) >= rank(PLATFORM)),
        (Id::Own, "agents") if route.route.method != "GET" => allow(rank(principal.bits()) >= rank(0x10)),
        _ => Ok(()),
    }
}

/// The collection of the row that a path names.
pub(super) fn collection(path: &str) -> &str {
    path.split("/{id}").next().and_then(|path| path.rsplit('/').next()).unwrap_or_default()
}

/// The reason for an unknown row, such as `TAG_NOT_FOUND`.
fn not_found(collection: &str) -> String {
    let noun = match collection {
        "storage_files" => "file",
        _ => collection.trim_end_matches('s'),
    };
    match noun {
        "endpoint" => Reason::WebhookEndpointNotFound.key().to_owned(),
        "deliverie" => Reason::DeliveryNotFound.key().to_owned(),
        _ => format!("{}_NOT_FOUND", noun.to_uppercase()),
    }
}
