//! Changing an account without changing its state.

use custodian_domain::{Customer, Reason, Refusal, Timestamp};

use crate::context::Context;
use crate::failure::Failure;
use crate::ports::{Change, ChangeCustomers, Committed};
use crate::retry::{Patience, Race};
use crate::scope;

/// Applies `next` to the row that was seen, or to a newer one, while `permits` says that its state allows it.
pub async fn update<S: ChangeCustomers, E>(
    cx: &Context<S, E>,
    seen: Customer,
    permits: fn(&Customer) -> Result<(), Refusal>,
    next: impl Fn(&Customer, Timestamp) -> Customer + Send + Sync,
) -> Result<Customer, Failure> {
    let id = seen.id;
    let (mut before, mut race) = (seen, Race::new("the customer", Patience::Request));
    loop {
        permits(&before)?;
        let after = next(&before, cx.now());
        let is_same =
            Customer { version: before.version, tm_update: before.tm_update, ..after.clone() } == before;
        if is_same {
            return Ok(before);
        }
        match cx
            .store
            .commit(Change {
                before: &before,
                after: &after,
                verification: None,
                billing: None,
                burn: None,
                farewell: None,
            })
            .await?
        {
            Committed::Done => return Ok(after),
            Committed::EmailTaken => return Err(Reason::EmailAlreadyExists.into()),
            Committed::Lost | Committed::TokenGone => scope::may_reread()?,
        }
        race.again(&*cx.sources.entropy).await?;
        before = cx.store.customer(id).await?.ok_or(Reason::CustomerNotFound)?;
    }
}

/// An operator changes accounts that are initial or active.
pub fn by_operator(customer: &Customer) -> Result<(), Refusal> {
    use custodian_domain::State;
    match customer.state {
        State::Initial { .. } | State::Active => Ok(()),
        _ => Err(Reason::StateInvalid.into()),
    }
}
