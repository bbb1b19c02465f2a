//! Changing a profile.

use custodian_domain::profile::ProfilePatch;
use custodian_domain::{Customer, Reason, Refusal, Timestamp};

use crate::change::ATTEMPTS;
use crate::context::Context;
use crate::failure::Failure;
use crate::ports::{Change, ChangeCustomers, Committed};
use crate::scope;

/// Applies a patch to the row that was seen, or to a newer one, while `permits` says that its state allows it; `next`
/// says whether a new e-mail address counts at once.
pub async fn update_profile<S: ChangeCustomers, E>(
    cx: &Context<S, E>,
    seen: Customer,
    patch: ProfilePatch,
    permits: fn(&Customer) -> Result<(), Refusal>,
    next: fn(&Customer, &ProfilePatch, Timestamp) -> Customer,
) -> Result<Customer, Failure> {
    let id = seen.id;
    let mut before = seen;
    for _ in 0..ATTEMPTS {
        permits(&before)?;
        let after = next(&before, &patch, cx.now());
        if (&after.profile, &after.pending_email) == (&before.profile, &before.pending_email) {
            return Ok(before);
        }
        match cx
            .store
            .commit(Change { before: &before, after: &after, verification: None, burn: None })
            .await?
        {
            Committed::Done => return Ok(after),
            Committed::EmailTaken => return Err(Reason::EmailAlreadyExists.into()),
            Committed::Lost | Committed::TokenGone => scope::may_reread()?,
        }
        before = cx.store.customer(id).await?.ok_or(Reason::CustomerNotFound)?;
    }
    Err(Failure::unavailable("the customer", "changed by others each time it was read"))
}

/// An operator changes accounts that are initial or active.
pub fn by_operator(customer: &Customer) -> Result<(), Refusal> {
    use custodian_domain::State;
    match customer.state {
        State::Initial { .. } | State::Active => Ok(()),
        _ => Err(Reason::StateInvalid.into()),
    }
}
