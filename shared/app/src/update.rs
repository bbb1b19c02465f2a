//! Changes an account without changing its status.

use custodian_domain::{Customer, Reason, Refusal, Timestamp};

use crate::context::Context;
use crate::failure::Failure;
use crate::ports::{ChangeCustomers, CustomerChange, CustomerWriteOutcome, NewEndpointSecret};
use crate::request_conditions;
use crate::retry::{Retry, RetryBudget};

/// Stores the next version of a customer. `permits` refuses a version to which the change must not be applied, because of its
/// status or another condition. It is called for the given version, and for each one that is read after a concurrent change.
pub async fn update<S: ChangeCustomers, E>(
    cx: &Context<S, E>,
    customer: Customer,
    permits: impl Fn(&Customer) -> Result<(), Refusal> + Send + Sync,
    next: impl Fn(&Customer, Timestamp) -> Customer + Send + Sync,
) -> Result<Customer, Failure> {
    update_with_secret(cx, customer, permits, next, None).await
}

/// Stores the next version of a customer, and the signing secret of the endpoint that it adds.
pub async fn update_with_secret<S: ChangeCustomers, E>(
    cx: &Context<S, E>,
    customer: Customer,
    permits: impl Fn(&Customer) -> Result<(), Refusal> + Send + Sync,
    next: impl Fn(&Customer, Timestamp) -> Customer + Send + Sync,
    endpoint_secret: Option<&NewEndpointSecret>,
) -> Result<Customer, Failure> {
    Ok(replace(cx, customer, permits, next, endpoint_secret).await?.1)
}

/// Stores the next version of a customer. Returns the version that it replaced, which is not the given one after a concurrent
/// change, and the new one.
pub(crate) async fn replace<S: ChangeCustomers, E>(
    cx: &Context<S, E>,
    customer: Customer,
    permits: impl Fn(&Customer) -> Result<(), Refusal> + Send + Sync,
    next: impl Fn(&Customer, Timestamp) -> Customer + Send + Sync,
    endpoint_secret: Option<&NewEndpointSecret>,
) -> Result<(Customer, Customer), Failure> {
    let id = customer.id;
    let (mut before, mut retry) = (customer, Retry::new("the customer", RetryBudget::Short));
    loop {
        permits(&before)?;
        let after = next(&before, cx.now());
        let is_same =
            Customer { version: before.version, tm_update: before.tm_update, ..after.clone() } == before;
        if is_same {
            return Ok((before.clone(), before));
        }
        let change = CustomerChange { endpoint_secret, ..CustomerChange::new(&before, &after) };
        match cx.store.commit(change).await? {
            CustomerWriteOutcome::Done => return Ok((before, after)),
            CustomerWriteOutcome::EmailTaken => return Err(Reason::EmailAlreadyExists.into()),
            // An update ends no account and uses no mailed token, so `DeletionsPaused` and `TokenUsed` do not occur.
            CustomerWriteOutcome::DeletionsPaused => return Err(Reason::DeletionsPaused.into()),
            CustomerWriteOutcome::Stale | CustomerWriteOutcome::TokenUsed => {
                request_conditions::permit_reread()?
            }
        }
        retry.wait(&*cx.providers.entropy).await?;
        before = cx.store.customer(id).await?.ok_or(Reason::CustomerNotFound)?;
    }
}

/// Platform admins may change the profile, the plan and the billing only of initial and active accounts.
pub fn require_initial_or_active(customer: &Customer) -> Result<(), Refusal> {
    use custodian_domain::State;
    match customer.state {
        State::Initial { .. } | State::Active => Ok(()),
        _ => Err(Reason::StateInvalid.into()),
    }
}
