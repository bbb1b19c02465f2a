//! The billing account of an account.

use custodian_domain::kinds::BILLING_ACCOUNTS;
use custodian_domain::{Customer, CustomerId, FieldProblem, Plan, Reason, Refusal, Resource, ids};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::context::Context;
use crate::failure::Failure;
use crate::field_encryption::decrypt_row;
use crate::ports::{ChangeCustomers, CustomerChange, CustomerWriteOutcome, ReadResources};
use crate::request_conditions;
use crate::retry::{Retry, RetryBudget};
use crate::update::require_initial_or_active;

/// The default billing account of a customer. An account that was never active has none.
pub async fn default_account<S: ReadResources, E>(
    cx: &Context<S, E>,
    customer: &Customer,
) -> Result<Resource, Failure> {
    let stored = cx.store.resource(&BILLING_ACCOUNTS, customer.id, customer.billing_account_id).await?;
    decrypt_row(cx, &BILLING_ACCOUNTS, &stored.ok_or(Reason::BillingAccountNotFound)?)
}

/// Sets the plan of an account and of its billing account.
pub async fn set_plan<S: ChangeCustomers + ReadResources, E>(
    cx: &Context<S, E>,
    customer: Customer,
    plan: Plan,
) -> Result<Customer, Failure> {
    let id = customer.id;
    let (mut before, mut retry) = (customer, Retry::new("the customer", RetryBudget::Short));
    loop {
        require_initial_or_active(&before)?;
        if before.plan == plan {
            return Ok(before);
        }
        let now = cx.now();
        let after = before.with_plan(plan, now);
        let stored = cx.store.resource(&BILLING_ACCOUNTS, id, before.billing_account_id).await?;
        let old = stored.map(|stored| decrypt_row(cx, &BILLING_ACCOUNTS, &stored)).transpose()?;
        let given = || Map::from_iter([("plan_type".to_owned(), json!(plan))]);
        let new = old.as_ref().map(|old| old.with_fields(given(), now));
        let billing = old.as_ref().zip(new.as_ref());
        let change = CustomerChange { billing, ..CustomerChange::new(&before, &after) };
        if cx.store.commit(change).await? == CustomerWriteOutcome::Done {
            return Ok(after);
        }
        request_conditions::permit_reread()?;
        retry.wait(&*cx.providers.entropy).await?;
        before = cx.store.customer(id).await?.ok_or(Reason::CustomerNotFound)?;
    }
}

/// The id in the body of `PUT …/billing_account_id`. It must be a billing account of the customer.
pub async fn requested_account_id<S: ReadResources, E>(
    cx: &Context<S, E>,
    customer: CustomerId,
    body: &Map<String, Value>,
) -> Result<Uuid, Failure> {
    let id = body.get("billing_account_id").and_then(Value::as_str).and_then(ids::parse);
    let invalid = || Refusal::field(Reason::InvalidId, "billing_account_id", FieldProblem::NotAUuid);
    let id = id.ok_or_else(invalid)?;
    // Billing accounts are deleted only with their customer, so the later customer write need not check this again.
    cx.store.resource(&BILLING_ACCOUNTS, customer, id).await?.ok_or(Reason::BillingAccountNotFound)?;
    Ok(id)
}
