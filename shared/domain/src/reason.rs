//! Every way to say no, in one place: the stable key, the class it belongs to and the words.

use std::collections::BTreeMap;

/// The class of a refusal: the `status` of the error envelope and its HTTP code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Class {
    pub code: u16,
    pub name: &'static str,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $code:literal $class:literal $key:literal $message:literal;)*) => {
        /// Why a request was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Reason { $($(#[$doc])* $variant,)* }

        impl Reason {
            pub const ALL: &[Reason] = &[$(Reason::$variant,)*];

            /// The stable key that clients compare.
            pub const fn key(self) -> &'static str {
                match self { $(Reason::$variant => $key,)* }
            }

            pub const fn class(self) -> Class {
                match self { $(Reason::$variant => Class { code: $code, name: $class },)* }
            }

            pub const fn message(self) -> &'static str {
                match self { $(Reason::$variant => $message,)* }
            }
        }
    };
}

reasons! {
    /// 400: one or more fields are wrong; `details` names each.
    InvalidArgument = 400 "INVALID_ARGUMENT" "INVALID_ARGUMENT" "The request has invalid fields.";
    /// 400: the body does not parse as a JSON object.
    InvalidJsonBody = 400 "INVALID_ARGUMENT" "INVALID_JSON_BODY" "The request body is not valid JSON.";
    /// 400: a path id is no UUID.
    InvalidId = 400 "INVALID_ARGUMENT" "INVALID_ID" "The provided id is not a valid UUID.";
    /// 400: a query parameter is wrong; `details` names it.
    InvalidRequestParameter = 400 "INVALID_ARGUMENT" "INVALID_REQUEST_PARAMETER" "A request parameter is invalid.";
    /// 400: a link from a mail is unknown, used, replaced or too old.
    InvalidToken = 400 "INVALID_ARGUMENT" "INVALID_TOKEN" "The token is unknown, was used or has ended.";
    /// 400: the phrase is not exactly DELETE.
    InvalidConfirmationPhrase = 400 "INVALID_ARGUMENT" "INVALID_CONFIRMATION_PHRASE" "The confirmation phrase must be exactly DELETE.";
    /// 400: what has to be confirmed came without its confirmation.
    ConfirmationRequired = 400 "INVALID_ARGUMENT" "CONFIRMATION_REQUIRED" "Confirm with the password; an immediate deletion needs the confirmation phrase DELETE as well.";
    /// 400: this agent has no password yet.
    PasswordNotSet = 400 "INVALID_ARGUMENT" "PASSWORD_NOT_SET" "This agent has no password. Set one with a reset link first.";
    /// 400: queues know one routing method.
    InvalidRoutingMethod = 400 "INVALID_ARGUMENT" "INVALID_ROUTING_METHOD" "The routing method must be random.";
    /// 400: agents are rung in one of two ways.
    InvalidRingMethod = 400 "INVALID_ARGUMENT" "INVALID_RING_METHOD" "The ring method must be ringall or linear, and ringall for a new agent.";
    /// 400: the tags that agents are looked for by are none, too many, or no ids.
    InvalidTagIds = 400 "INVALID_ARGUMENT" "INVALID_TAG_IDS" "tag_ids must be 1 to 100 UUIDs with commas between them.";
    /// 400: an address of a kind that contacts do not have.
    InvalidAddressType = 400 "INVALID_ARGUMENT" "INVALID_ADDRESS_TYPE" "An address must have the type tel or email.";
    /// 400: an address without a target, or with one that stands twice.
    InvalidAddressTarget = 400 "INVALID_ARGUMENT" "INVALID_ADDRESS_TARGET" "Each address must have a target of its own.";
    /// 402: a debit of more than there is.
    InsufficientBalance = 402 "PAYMENT_REQUIRED" "INSUFFICIENT_BALANCE" "The balance does not cover this.";
    /// 401: no credential.
    AuthenticationRequired = 401 "UNAUTHENTICATED" "AUTHENTICATION_REQUIRED" "Authentication is required.";
    /// 401: a credential that is wrong, has ended, or whose reason is gone.
    InvalidCredentials = 401 "UNAUTHENTICATED" "INVALID_CREDENTIALS" "The provided credentials are invalid.";
    /// 403: the caller lacks the right.
    PermissionDenied = 403 "PERMISSION_DENIED" "PERMISSION_DENIED" "You do not have permission to access this resource.";
    /// 403: the account awaits its deletion.
    AccountFrozen = 403 "PERMISSION_DENIED" "ACCOUNT_FROZEN" "This account is frozen and will be deleted. It can be recovered until then.";
    /// 403: the account's e-mail address is not verified yet.
    AccountNotVerified = 403 "PERMISSION_DENIED" "ACCOUNT_NOT_VERIFIED" "This account is not verified yet.";
    /// 403: a confirmation with the wrong password.
    InvalidPassword = 403 "PERMISSION_DENIED" "INVALID_PASSWORD" "The password is wrong.";
    /// 403: a credential that cannot confirm this by itself.
    ReauthenticationRequired = 403 "PERMISSION_DENIED" "REAUTHENTICATION_REQUIRED" "This needs the password of an administrator that is at least a day old.";
    /// 404: no such route, or the wrong method.
    RouteNotFound = 404 "NOT_FOUND" "ROUTE_NOT_FOUND" "The requested route does not exist.";
    /// 404: no such customer.
    CustomerNotFound = 404 "NOT_FOUND" "CUSTOMER_NOT_FOUND" "The customer does not exist.";
    /// 404: no such tag.
    TagNotFound = 404 "NOT_FOUND" "TAG_NOT_FOUND" "The tag does not exist.";
    /// 404: no such number.
    NumberNotFound = 404 "NOT_FOUND" "NUMBER_NOT_FOUND" "The number does not exist.";
    /// 404: no such flow.
    FlowNotFound = 404 "NOT_FOUND" "FLOW_NOT_FOUND" "The flow does not exist.";
    /// 404: no such queue.
    QueueNotFound = 404 "NOT_FOUND" "QUEUE_NOT_FOUND" "The queue does not exist.";
    /// 404: no such trunk.
    TrunkNotFound = 404 "NOT_FOUND" "TRUNK_NOT_FOUND" "The trunk does not exist.";
    /// 404: no such extension.
    ExtensionNotFound = 404 "NOT_FOUND" "EXTENSION_NOT_FOUND" "The extension does not exist.";
    /// 404: no such file.
    FileNotFound = 404 "NOT_FOUND" "FILE_NOT_FOUND" "The file does not exist.";
    /// 404: no such billing account.
    BillingAccountNotFound = 404 "NOT_FOUND" "BILLING_ACCOUNT_NOT_FOUND" "The billing account does not exist.";
    /// 404: no such transcription.
    TranscribeNotFound = 404 "NOT_FOUND" "TRANSCRIBE_NOT_FOUND" "The transcription does not exist.";
    /// 404: no such contact.
    ContactNotFound = 404 "NOT_FOUND" "CONTACT_NOT_FOUND" "The contact does not exist.";
    /// 404: no such access key.
    AccessKeyNotFound = 404 "NOT_FOUND" "ACCESSKEY_NOT_FOUND" "The access key does not exist.";
    /// 404: no such agent.
    AgentNotFound = 404 "NOT_FOUND" "AGENT_NOT_FOUND" "The agent does not exist.";
    /// 404: no such delivery.
    DeliveryNotFound = 404 "NOT_FOUND" "DELIVERY_NOT_FOUND" "The delivery does not exist.";
    /// 409: there is nowhere to send a webhook to.
    WebhookNotConfigured = 409 "FAILED_PRECONDITION" "WEBHOOK_NOT_CONFIGURED" "The account has no webhook_uri.";
    /// 409: the account's state does not permit this.
    StateInvalid = 409 "FAILED_PRECONDITION" "STATE_INVALID" "The account's state does not permit this.";
    /// 409: recovery at or after the deadline.
    GracePeriodEnded = 409 "FAILED_PRECONDITION" "GRACE_PERIOD_ENDED" "The grace period has ended; the account is being deleted.";
    /// 409: verification after the window.
    VerificationWindowEnded = 409 "FAILED_PRECONDITION" "VERIFICATION_WINDOW_ENDED" "The time to verify this account has ended.";
    /// 409: the e-mail address belongs to another account.
    EmailAlreadyExists = 409 "ALREADY_EXISTS" "EMAIL_ALREADY_EXISTS" "The e-mail address belongs to another account.";
    /// 409: the username belongs to another agent.
    AgentAlreadyExists = 409 "ALREADY_EXISTS" "AGENT_ALREADY_EXISTS" "The username belongs to another agent.";
    /// 409: another account or row has this telephone number.
    NumberAlreadyExists = 409 "ALREADY_EXISTS" "NUMBER_ALREADY_EXISTS" "The number is in use.";
    /// 409: another trunk has this domain.
    DomainAlreadyExists = 409 "ALREADY_EXISTS" "DOMAIN_ALREADY_EXISTS" "The domain name is in use.";
    /// 409: the account has this extension already.
    ExtensionAlreadyExists = 409 "ALREADY_EXISTS" "EXTENSION_ALREADY_EXISTS" "The account has this extension already.";
    /// 409: another contact of the account has this address.
    AddressAlreadyExists = 409 "ALREADY_EXISTS" "ADDRESS_ALREADY_EXISTS" "Another contact of the account has this address.";
    /// 409: what is to be transcribed is being transcribed.
    TranscribeAlreadyProgressing = 409 "ALREADY_EXISTS" "TRANSCRIBE_ALREADY_PROGRESSING" "This is being transcribed already.";
    /// 409: the guest agent stays as it is.
    GuestAgentProtected = 409 "FAILED_PRECONDITION" "GUEST_AGENT_PROTECTED" "The guest agent can be neither deleted nor renamed nor given a password or another permission.";
    /// 409: the last administrator of an account stays.
    LastAdmin = 409 "FAILED_PRECONDITION" "LAST_ADMIN" "An account keeps at least one administrator.";
    /// 409: the Idempotency-Key came with another body before.
    IdempotencyKeyReused = 409 "FAILED_PRECONDITION" "IDEMPOTENCY_KEY_REUSED" "This Idempotency-Key was used for another request.";
    /// 409: the first request with this key is still running.
    IdempotencyKeyInUse = 409 "FAILED_PRECONDITION" "IDEMPOTENCY_KEY_IN_USE" "The first request with this Idempotency-Key is still running.";
    /// 409: the request was carried out, but its answer was lost before it could be kept.
    IdempotentAnswerLost = 409 "FAILED_PRECONDITION" "IDEMPOTENT_ANSWER_LOST" "The request was carried out; its answer could not be kept. Read the resource.";
    /// 412: `If-Match` names another version.
    PreconditionFailed = 412 "FAILED_PRECONDITION" "PRECONDITION_FAILED" "The resource has changed since it was read.";
    /// 413: a body over 64 KiB.
    PayloadTooLarge = 413 "INVALID_ARGUMENT" "PAYLOAD_TOO_LARGE" "The request body is larger than 64 KiB.";
    /// 415: a body that is not declared as JSON.
    UnsupportedMediaType = 415 "INVALID_ARGUMENT" "UNSUPPORTED_MEDIA_TYPE" "The request body must be application/json.";
    /// 429: the account has as many of these as it may have.
    ResourceLimitExceeded = 429 "RESOURCE_EXHAUSTED" "RESOURCE_LIMIT_EXCEEDED" "The account has as many of these as its plan allows.";
    /// 429: too many attempts.
    RateLimitExceeded = 429 "RESOURCE_EXHAUSTED" "RATE_LIMIT_EXCEEDED" "Too many attempts. Try again later.";
    /// 500: a bug.
    Internal = 500 "INTERNAL" "INTERNAL" "An internal error occurred.";
    /// 503: something that this service depends on did not answer.
    ServiceUnavailable = 503 "UNAVAILABLE" "SERVICE_UNAVAILABLE" "The service is temporarily unavailable. Try again.";
}

/// Facts beside a reason: one map for each field or fact.
pub type Detail = BTreeMap<&'static str, String>;

/// A refusal as a value: the reason and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: Reason,
    pub details: Vec<Detail>,
    /// How many seconds to wait before trying again can help.
    pub retry_after: Option<u64>,
}

impl Refusal {
    pub const fn with_details(reason: Reason, details: Vec<Detail>) -> Self {
        Self { reason, details, retry_after: None }
    }

    /// A refusal that names one field or parameter.
    pub fn field(reason: Reason, field: impl Into<String>, description: impl Into<String>) -> Self {
        Self::with_details(reason, vec![violation(field, description)])
    }
}

/// One entry of `details` that names a field.
pub fn violation(field: impl Into<String>, description: impl Into<String>) -> Detail {
    BTreeMap::from([("field", field.into()), ("description", description.into())])
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self::with_details(reason, Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Reason;

    #[test]
    fn every_reason_has_a_key_of_its_own() {
        let keys: HashSet<_> = Reason::ALL.iter().map(|reason| reason.key()).collect();
        assert_eq!(keys.len(), Reason::ALL.len());
    }
}
