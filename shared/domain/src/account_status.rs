//! Checks of an account's status. As callers, platform admins who are not delegates always pass, because the platform's own
//! account is always active.

use std::collections::BTreeMap;

use crate::caller_message::CallerMessage;
use crate::customer::Customer;
use crate::initiator::Initiator;
use crate::reason::Reason;
use crate::refusal::Refusal;
use crate::status::State;

/// The route that recovers a frozen account. The ACCOUNT_FROZEN error contains it unless the account is suspended.
pub const RECOVERY_ENDPOINT: &str = "DELETE /auth/unregister";

/// Refuses an account that is not active.
pub fn require_active(customer: &Customer) -> Result<(), Refusal> {
    match customer.state {
        State::Active => Ok(()),
        State::Initial { .. } => Err(Reason::AccountNotVerified.into()),
        State::Frozen { tm_frozen, tm_deletion_scheduled, frozen_by, .. } => {
            let mut details = BTreeMap::from([
                ("deletion_scheduled_at", tm_frozen.to_rfc3339()),
                ("deletion_effective_at", tm_deletion_scheduled.to_rfc3339()),
            ]);
            if frozen_by == Initiator::Owner {
                details.insert("recovery_endpoint", RECOVERY_ENDPOINT.to_owned());
            }
            let refusal = match frozen_by {
                Initiator::Owner => Reason::AccountFrozen.into(),
                Initiator::Operator => Refusal::with_message(CallerMessage::FrozenByOperator),
            };
            Err(Refusal { details: vec![details], ..refusal })
        }
        State::Deleted { .. } | State::Expired { .. } => Err(Reason::InvalidCredentials.into()),
    }
}

/// Refuses an account that is deleted or expired.
pub fn require_not_terminal(customer: &Customer) -> Result<(), Refusal> {
    if customer.status().is_terminal() { Err(Reason::InvalidCredentials.into()) } else { Ok(()) }
}
