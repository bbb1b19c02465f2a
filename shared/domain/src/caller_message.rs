//! Messages for callers whom the message of the reason would not help.

use crate::reason::Reason;

macro_rules! caller_messages {
    ($($(#[$doc:meta])* $variant:ident = $reason:ident $message:literal;)*) => {
        /// A message that replaces the message of a reason for some callers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum CallerMessage { $($(#[$doc])* $variant,)* }

        impl CallerMessage {
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            pub const fn reason(self) -> Reason {
                match self { $(Self::$variant => Reason::$reason,)* }
            }

            pub const fn message(self) -> &'static str {
                match self { $(Self::$variant => $message,)* }
            }
        }
    };
}

caller_messages! {
    /// An access key has no password.
    KeyConfirmation = ConfirmationRequired "An access key confirms with the confirmation phrase DELETE. It cannot delete the account at once.";
    KeyImmediateDeletion = ReauthenticationRequired "An access key cannot delete the account at once. An administrator can, with the password and the confirmation phrase DELETE.";
    /// The owner cannot recover an account that an operator froze.
    FrozenByOperator = AccountFrozen "The operator of this service froze this account, and it will be deleted. Only the operator can recover it.";
    BeyondScopes = PermissionDenied "The scopes of this access key do not permit this request.";
    WiderScopes = PermissionDenied "An access key cannot make a key that may do more. Choose scopes within its own.";
    PlanBytes = ResourceLimitExceeded "The rows of this account have reached the total size that its plan allows.";
    /// The tag may exist, but the contact does not have it.
    NoSuchTagOfContact = TagNotFound "The contact does not have this tag.";
    /// The limit does not depend on the plan.
    EndpointLimit = ResourceLimitExceeded "An account has at most 5 webhook endpoints, including the one of its webhook_uri.";
    RotationLimit = StateInvalid "Too many replaced secrets still sign. Wait until one of them ends.";
    MakerChain = ResourceLimitExceeded "Too many keys and agents were created through one another. Create this with another credential.";
}
