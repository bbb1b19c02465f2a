//! All reasons for refusing a request. Each has a stable key, a class and a message.

/// The class of a refusal: the `status` of the error envelope and the HTTP status code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorClass {
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

            /// The stable key, by which clients distinguish errors.
            pub const fn key(self) -> &'static str {
                match self { $(Reason::$variant => $key,)* }
            }

            pub const fn class(self) -> ErrorClass {
                match self { $(Reason::$variant => ErrorClass { code: $code, name: $class },)* }
            }

            pub const fn message(self) -> &'static str {
                match self { $(Reason::$variant => $message,)* }
            }
        }
    };
}

reasons! {
    /// 400: one or more fields are invalid. `details` names each.
    InvalidArgument = 400 "INVALID_ARGUMENT" "INVALID_ARGUMENT" "One or more fields of the request are invalid.";
    /// 400: the body is not a JSON object, or is nested too deeply.
    InvalidJsonBody = 400 "INVALID_ARGUMENT" "INVALID_JSON_BODY" "The request body is not a valid JSON object.";
    /// 400: an id in the path, or the `billing_account_id` of a body, is not a UUID.
    InvalidId = 400 "INVALID_ARGUMENT" "INVALID_ID" "The provided id is not a valid UUID.";
    /// 400: a query parameter or the `Idempotency-Key` is invalid. `details` names it.
    InvalidRequestParameter = 400 "INVALID_ARGUMENT" "INVALID_REQUEST_PARAMETER" "A request parameter is invalid.";
    /// 400: the token of a mailed link is unknown, used, replaced or expired, or its link no longer applies.
    InvalidToken = 400 "INVALID_ARGUMENT" "INVALID_TOKEN" "The token is unknown, was already used, was replaced, has expired or no longer applies.";
    InvalidConfirmationPhrase = 400 "INVALID_ARGUMENT" "INVALID_CONFIRMATION_PHRASE" "The confirmation phrase must be exactly DELETE.";
    /// 400: the required confirmation is missing.
    ConfirmationRequired = 400 "INVALID_ARGUMENT" "CONFIRMATION_REQUIRED" "Confirm with the password. An immediate deletion also needs the confirmation phrase DELETE.";
    PasswordNotSet = 400 "INVALID_ARGUMENT" "PASSWORD_NOT_SET" "This agent has no password. Set one with a reset link first.";
    /// 400: the routing method is not one that queues support.
    InvalidRoutingMethod = 400 "INVALID_ARGUMENT" "INVALID_ROUTING_METHOD" "The routing method must be random.";
    /// 400: the ring method is not one that agents support, or not the one of new agents.
    InvalidRingMethod = 400 "INVALID_ARGUMENT" "INVALID_RING_METHOD" "The ring method must be ringall or linear. A new agent must have ringall.";
    /// 400: the tag filter of an agent list is empty, too long, or has an invalid id.
    InvalidTagIds = 400 "INVALID_ARGUMENT" "INVALID_TAG_IDS" "tag_ids must be 1 to 100 UUIDs, separated by commas.";
    /// 400: the type of an address is not one that contacts support.
    InvalidAddressType = 400 "INVALID_ARGUMENT" "INVALID_ADDRESS_TYPE" "An address must have the type tel or email.";
    /// 400: an address has no valid target, or two have the same type and target.
    InvalidAddressTarget = 400 "INVALID_ARGUMENT" "INVALID_ADDRESS_TARGET" "Each address needs a target. No two addresses may have the same type and target.";
    /// 402: a debit exceeds the balance.
    InsufficientBalance = 402 "PAYMENT_REQUIRED" "INSUFFICIENT_BALANCE" "The balance is too low for this debit.";
    AuthenticationRequired = 401 "UNAUTHENTICATED" "AUTHENTICATION_REQUIRED" "Authentication is required.";
    /// 401: the credential is wrong, expired or revoked.
    InvalidCredentials = 401 "UNAUTHENTICATED" "INVALID_CREDENTIALS" "The provided credentials are invalid.";
    /// 403: the caller lacks the permission.
    PermissionDenied = 403 "PERMISSION_DENIED" "PERMISSION_DENIED" "You do not have permission to access this resource.";
    /// 403: a page of another origin made a browser send the request with its cookie.
    CrossOriginRequest = 403 "PERMISSION_DENIED" "CROSS_ORIGIN_REQUEST" "A page of another site cannot send this request with a cookie. Send the token in the Authorization header instead.";
    /// 403: the request is a webhook of this service. An account that reacts to its own webhooks would cause webhooks without end.
    WebhookLoop = 403 "PERMISSION_DENIED" "WEBHOOK_LOOP" "A webhook must not call this API.";
    AccountFrozen = 403 "PERMISSION_DENIED" "ACCOUNT_FROZEN" "This account is frozen and will be deleted. It can be recovered until then.";
    /// 403: the account's e-mail address is not verified yet.
    AccountNotVerified = 403 "PERMISSION_DENIED" "ACCOUNT_NOT_VERIFIED" "This account is not verified yet.";
    /// 403: the password of a confirmation is wrong.
    InvalidPassword = 403 "PERMISSION_DENIED" "INVALID_PASSWORD" "The password is wrong.";
    /// 403: this credential cannot confirm the request.
    ReauthenticationRequired = 403 "PERMISSION_DENIED" "REAUTHENTICATION_REQUIRED" "Only an administrator can confirm this. If another administrator set the password or gave the role, wait a day.";
    /// 404: no route has this path and method.
    RouteNotFound = 404 "NOT_FOUND" "ROUTE_NOT_FOUND" "The requested route does not exist.";
    CustomerNotFound = 404 "NOT_FOUND" "CUSTOMER_NOT_FOUND" "The customer does not exist.";
    TagNotFound = 404 "NOT_FOUND" "TAG_NOT_FOUND" "The tag does not exist.";
    NumberNotFound = 404 "NOT_FOUND" "NUMBER_NOT_FOUND" "The number does not exist.";
    FlowNotFound = 404 "NOT_FOUND" "FLOW_NOT_FOUND" "The flow does not exist.";
    QueueNotFound = 404 "NOT_FOUND" "QUEUE_NOT_FOUND" "The queue does not exist.";
    TrunkNotFound = 404 "NOT_FOUND" "TRUNK_NOT_FOUND" "The trunk does not exist.";
    ExtensionNotFound = 404 "NOT_FOUND" "EXTENSION_NOT_FOUND" "The extension does not exist.";
    FileNotFound = 404 "NOT_FOUND" "FILE_NOT_FOUND" "The file does not exist.";
    BillingAccountNotFound = 404 "NOT_FOUND" "BILLING_ACCOUNT_NOT_FOUND" "The billing account does not exist.";
    TranscribeNotFound = 404 "NOT_FOUND" "TRANSCRIBE_NOT_FOUND" "The transcription does not exist.";
    ContactNotFound = 404 "NOT_FOUND" "CONTACT_NOT_FOUND" "The contact does not exist.";
    AddressNotFound = 404 "NOT_FOUND" "ADDRESS_NOT_FOUND" "The contact does not have this address.";
    AccessKeyNotFound = 404 "NOT_FOUND" "ACCESSKEY_NOT_FOUND" "The access key does not exist.";
    AgentNotFound = 404 "NOT_FOUND" "AGENT_NOT_FOUND" "The agent does not exist.";
    /// 404: no e-mail address waits for its confirmation.
    EmailChangeNotFound = 404 "NOT_FOUND" "EMAIL_CHANGE_NOT_FOUND" "No change of the e-mail address is waiting for confirmation.";
    /// 404: no deletion of the account was requested, or it was cancelled.
    DeletionNotFound = 404 "NOT_FOUND" "DELETION_NOT_FOUND" "This account is not being deleted. Nobody requested its deletion, or the account was recovered.";
    /// 404: the receipt is issued when the deletion is confirmed.
    ReceiptNotFound = 404 "NOT_FOUND" "RECEIPT_NOT_FOUND" "The deletion has no receipt yet.";
    /// 404: the account is not on hold.
    HoldNotFound = 404 "NOT_FOUND" "HOLD_NOT_FOUND" "The account is not on hold.";
    WebhookEndpointNotFound = 404 "NOT_FOUND" "WEBHOOK_ENDPOINT_NOT_FOUND" "The webhook endpoint does not exist.";
    DeliveryNotFound = 404 "NOT_FOUND" "DELIVERY_NOT_FOUND" "The delivery does not exist.";
    ExportNotFound = 404 "NOT_FOUND" "EXPORT_NOT_FOUND" "The export does not exist.";
    /// 410: the export was finished at least seven days ago.
    ExportExpired = 410 "NOT_FOUND" "EXPORT_EXPIRED" "The file of this export is no longer available. Start a new export.";
    /// 409: an export can be downloaded once it is finished.
    ExportNotFinished = 409 "FAILED_PRECONDITION" "EXPORT_NOT_FINISHED" "The export is not finished.";
    /// 409: the account has an unfinished export.
    ExportAlreadyRunning = 409 "FAILED_PRECONDITION" "EXPORT_ALREADY_RUNNING" "An export of this account is already running.";
    WebhookNotConfigured = 409 "FAILED_PRECONDITION" "WEBHOOK_NOT_CONFIGURED" "The webhook endpoint has no URL. Set webhook_uri first.";
    /// 409: the state of the account or of a webhook endpoint's secrets does not permit the request.
    StateInvalid = 409 "FAILED_PRECONDITION" "STATE_INVALID" "The account's current state does not allow this.";
    /// 409: the account is suspended, so its administrators and keys can neither recover nor delete it.
    FrozenByOperator = 409 "FAILED_PRECONDITION" "FROZEN_BY_OPERATOR" "The operator of this service froze the account. Only the operator can recover or delete it.";
    /// 409: a hold prevents the deletion of the account.
    AccountHeld = 409 "FAILED_PRECONDITION" "ACCOUNT_HELD" "The account is on hold, so it cannot be deleted until the hold ends.";
    /// 409: the hold that was to be released was replaced meanwhile.
    HoldReplaced = 409 "FAILED_PRECONDITION" "HOLD_REPLACED" "This hold has just been replaced. Read the new hold before you release it.";
    /// 409: an operator, or the limit of deletions in an hour, has paused all deletions.
    DeletionsPaused = 409 "FAILED_PRECONDITION" "DELETIONS_PAUSED" "All deletions are paused at the moment. Try again later.";
    /// 409: the request recovers or suspends an account after its grace period.
    GracePeriodEnded = 409 "FAILED_PRECONDITION" "GRACE_PERIOD_ENDED" "The grace period is over. The account is being deleted.";
    /// 409: the request verifies an account after its verification window, or a deleted one.
    VerificationWindowEnded = 409 "FAILED_PRECONDITION" "VERIFICATION_WINDOW_ENDED" "The time to verify this account is over, so the link no longer works.";
    EmailAlreadyExists = 409 "ALREADY_EXISTS" "EMAIL_ALREADY_EXISTS" "The e-mail address belongs to another account.";
    AgentAlreadyExists = 409 "ALREADY_EXISTS" "AGENT_ALREADY_EXISTS" "The username belongs to another agent.";
    /// 409: another row on the platform has this telephone number.
    NumberAlreadyExists = 409 "ALREADY_EXISTS" "NUMBER_ALREADY_EXISTS" "The number is already in use.";
    /// 409: another trunk has this domain.
    DomainAlreadyExists = 409 "ALREADY_EXISTS" "DOMAIN_ALREADY_EXISTS" "The domain name is already in use.";
    /// 409: another extension of the account has this name.
    ExtensionAlreadyExists = 409 "ALREADY_EXISTS" "EXTENSION_ALREADY_EXISTS" "The account already has this extension.";
    AddressAlreadyExists = 409 "ALREADY_EXISTS" "ADDRESS_ALREADY_EXISTS" "A contact of the account already has this address.";
    /// 409: a transcription of the same reference is running.
    TranscribeAlreadyProgressing = 409 "ALREADY_EXISTS" "TRANSCRIBE_ALREADY_PROGRESSING" "A transcription of this reference is already running.";
    /// 409: the guest agent cannot be changed in this way.
    GuestAgentProtected = 409 "FAILED_PRECONDITION" "GUEST_AGENT_PROTECTED" "The guest agent cannot be deleted or renamed. Its password and permission cannot be changed.";
    LastAdmin = 409 "FAILED_PRECONDITION" "LAST_ADMIN" "An account must keep at least one administrator.";
    /// 409: an earlier request used this Idempotency-Key with another body.
    IdempotencyKeyReused = 409 "FAILED_PRECONDITION" "IDEMPOTENCY_KEY_REUSED" "This Idempotency-Key was already used for a different request.";
    IdempotencyKeyInUse = 409 "FAILED_PRECONDITION" "IDEMPOTENCY_KEY_IN_USE" "The first request with this Idempotency-Key is still running.";
    /// 409: the first request took effect, but its response is not available: it was lost, exceeded the daily budget, or was about
    /// an account that was deleted since.
    IdempotentResponseLost = 409 "FAILED_PRECONDITION" "IDEMPOTENT_ANSWER_LOST" "The request took effect, but its response was lost. Read the resource to see the result.";
    /// 412: `If-Match` names another version.
    PreconditionFailed = 412 "FAILED_PRECONDITION" "PRECONDITION_FAILED" "The resource has changed since it was read.";
    PayloadTooLarge = 413 "INVALID_ARGUMENT" "PAYLOAD_TOO_LARGE" "The request body is larger than 64 KiB.";
    /// 415: the content type is not JSON.
    UnsupportedMediaType = 415 "INVALID_ARGUMENT" "UNSUPPORTED_MEDIA_TYPE" "The request body must be JSON, with the header Content-Type: application/json.";
    /// 429: the account has reached a limit of its plan, or one that does not depend on the plan.
    ResourceLimitExceeded = 429 "RESOURCE_EXHAUSTED" "RESOURCE_LIMIT_EXCEEDED" "The account has the maximum number of these.";
    RateLimitExceeded = 429 "RESOURCE_EXHAUSTED" "RATE_LIMIT_EXCEEDED" "Too many attempts. Try again later.";
    /// 500: a bug.
    Internal = 500 "INTERNAL" "INTERNAL" "An internal error occurred.";
    /// 503: a dependency of this service failed, or the time or the retries of the request are used up.
    ServiceUnavailable = 503 "UNAVAILABLE" "SERVICE_UNAVAILABLE" "The service is temporarily unavailable. Try again.";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Reason;

    #[test]
    fn every_reason_has_a_unique_key() {
        let keys: HashSet<_> = Reason::ALL.iter().map(|reason| reason.key()).collect();
        assert_eq!(keys.len(), Reason::ALL.len());
    }
}
