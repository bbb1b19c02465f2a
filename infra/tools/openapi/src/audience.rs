//! Who can call an operation, and the reasons for which it can fail.

use custodian_domain::{Permission, Reason};
use custodian_http::{Audience, CredentialRule};

use crate::errors::ErrorFormat;
use crate::operation::Operation;

impl Operation {
    /// Every reason for which the route can fail, in the order of the status codes.
    pub(crate) fn reasons(&self, audience: Audience) -> Vec<Reason> {
        let mut reasons = self.declared_reasons.clone();
        reasons.extend([
            Reason::WebhookLoop,
            Reason::PayloadTooLarge,
            Reason::Internal,
            Reason::ServiceUnavailable,
        ]);
        if !matches!(audience, Audience::Anyone) {
            reasons.extend([
                Reason::AuthenticationRequired,
                Reason::InvalidCredentials,
                Reason::PermissionDenied,
                Reason::UnsupportedMediaType,
            ]);
            if !self.route.is_read() {
                reasons.push(Reason::CrossOriginRequest);
            }
        }
        reasons.extend(account_status_reasons(audience));
        // The budget of bytes that an account may read. A request with an `Idempotency-Key` may get a stored response.
        let may_read = self.route.is_read() || self.route.takes_idempotency_key();
        if !matches!(audience, Audience::Anyone) && may_read {
            reasons.push(Reason::RateLimitExceeded);
        }
        if self.route.path.contains("{id}") {
            reasons.push(Reason::InvalidId);
        }
        if self.body.is_some() {
            reasons.extend([Reason::InvalidJsonBody, Reason::InvalidArgument]);
            reasons.extend((!self.accepts_any_media_type).then_some(Reason::UnsupportedMediaType));
        }
        if self.is_conditional() {
            reasons.push(Reason::PreconditionFailed);
        }
        if self.route.takes_idempotency_key() {
            reasons.extend([
                Reason::InvalidRequestParameter,
                Reason::IdempotencyKeyReused,
                Reason::IdempotencyKeyInUse,
                Reason::IdempotentResponseLost,
            ]);
        }
        let mut ordered: Vec<_> =
            Reason::ALL.iter().filter(|reason| reasons.contains(reason)).copied().collect();
        ordered.sort_by_key(|reason| reason.class().code);
        ordered
    }

    /// Whether the route also accepts the form of a page, and redirects to a page.
    pub(crate) fn accepts_forms(&self) -> bool {
        self.error_format == ErrorFormat::JsonOrPage && !self.route.is_read()
    }

    /// Whether a browser gets a page instead of JSON.
    pub(crate) fn returns_page_to_browsers(&self) -> bool {
        self.error_format == ErrorFormat::JsonOrPage && self.route.is_read()
    }

    /// Whether the route accepts `If-Match`. The brake has no version.
    pub(crate) fn is_conditional(&self) -> bool {
        matches!(self.route.method, "PUT" | "DELETE") && self.route.path != "/v1.0/platform/deletions"
    }

    /// Whether the route accepts `If-None-Match`.
    pub(crate) fn is_cacheable(&self) -> bool {
        self.route.is_read() && self.headers.contains(&"ETag")
    }

    /// Who can call the route, in words.
    pub(crate) fn callers(&self, audience: Audience) -> String {
        let needs = match audience {
            Audience::Anyone => return "anyone".to_owned(),
            Audience::PlatformAdmin => return "platform admins".to_owned(),
            Audience::Account { needs, .. } => self.kind.map_or(needs, |kind| kind.required_permission),
        };
        let except = match audience {
            Audience::Account { permits: CredentialRule::NoDelegates, .. } => ", but not for delegates",
            Audience::Account { permits: CredentialRule::NoLimitedKeys, .. } => {
                ", but not for limited access keys"
            }
            Audience::Account { permits: CredentialRule::NoDelegatesOrLimitedKeys, .. } => {
                ", but not for delegates and limited access keys"
            }
            _ => "",
        };
        let account = match audience {
            Audience::Account { permits_admins_of_frozen: true, .. } => {
                " of an active account, and admins of a frozen one"
            }
            _ if account_status_reasons(audience).is_empty() => "",
            _ => " of an active account",
        };
        let agents = match needs {
            Permission::ADMIN => "admins",
            Permission::ADMIN_OR_MANAGER => "admins and managers",
            _ => "all agents",
        };
        format!("{agents}{account}{except}")
    }
}

/// The reasons for which the route refuses a caller because of the status of their account.
fn account_status_reasons(audience: Audience) -> &'static [Reason] {
    match audience {
        Audience::Anyone => &[],
        // For a caller who is not a platform admin, the status of their own account is checked first.
        Audience::PlatformAdmin => &[Reason::AccountFrozen, Reason::AccountNotVerified],
        Audience::Account { refusals, .. } => refusals,
    }
}
