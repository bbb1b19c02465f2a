//! What an account's status lets its people do. A platform admin never meets this: the platform's account is active.

use std::collections::BTreeMap;

use crate::customer::{Customer, State};
use crate::reason::{Reason, Refusal};

/// The way back, as frozen callers are told it.
pub const RECOVERY: &str = "DELETE /auth/unregister";

/// Only active accounts may use `/v1.0`.
pub fn open(customer: &Customer) -> Result<(), Refusal> {
    match customer.state {
        State::Active => Ok(()),
        State::Initial { .. } => Err(Reason::AccountNotVerified.into()),
        State::Frozen { tm_frozen, tm_deletion_scheduled } => {
            let facts = BTreeMap::from([
                ("deletion_scheduled_at", tm_frozen.to_rfc3339()),
                ("deletion_effective_at", tm_deletion_scheduled.to_rfc3339()),
                ("recovery_endpoint", RECOVERY.to_owned()),
            ]);
            Err(Refusal::with_details(Reason::AccountFrozen, vec![facts]))
        }
        State::Deleted { .. } | State::Expired { .. } => Err(Reason::InvalidCredentials.into()),
    }
}

/// An account that is not gone may be looked at, left and recovered.
pub fn living(customer: &Customer) -> Result<(), Refusal> {
    if customer.status().is_gone() { Err(Reason::InvalidCredentials.into()) } else { Ok(()) }
}
