//! The billing account that an account pays with.

use custodian_domain::kinds::BILLING_ACCOUNTS;
use custodian_domain::{Customer, CustomerId, Plan, Reason, Refusal, Resource, ids};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::context::Context;
use crate::failure::Failure;
use crate::ports::{Change, ChangeCustomers, Committed, ReadResources};
use crate::retry::{Patience, Race};
use crate::scope;
use crate::update::by_operator;

/// The default billing account of a customer; an account that is not active yet has none.
pub async fn of<S: ReadResources, E>(cx: &Context<S, E>, customer: &Customer) -> Result<Resource, Failure> {
    let row = cx.store.resource(&BILLING_ACCOUNTS, customer.id, customer.billing_account_id).await?;
    Ok(row.ok_or(Reason::BillingAccountNotFound)?)
}

/// Gives an account another plan, and its billing account with it.
pub async fn set_plan<S: ChangeCustomers + ReadResources, E>(
    cx: &Context<S, E>,
    seen: Customer,
    plan: Plan,
) -> Result<Customer, Failure> {
    let id = seen.id;
    let (mut before, mut race) = (seen, Race::new("the customer", Patience::Request));
    loop {
        by_operator(&before)?;
        if before.plan == plan {
            return Ok(before);
        }
        let now = cx.now();
        let after = before.with_plan(plan, now);
        let old = cx.store.resource(&BILLING_ACCOUNTS, id, before.billing_account_id).await?;
        let given = || Map::from_iter([("plan_type".to_owned(), json!(plan))]);
        let new = old.as_ref().map(|old| old.changed(given(), now));
        let billing = old.as_ref().zip(new.as_ref());
        let change = Change {
            before: &before,
            after: &after,
            verification: None,
            billing,
            burn: None,
            farewell: None,
        };
        if cx.store.commit(change).await? == Committed::Done {
            return Ok(after);
        }
        scope::may_reread()?;
        race.again(&*cx.sources.entropy).await?;
        before = cx.store.customer(id).await?.ok_or(Reason::CustomerNotFound)?;
    }
}

/// The id in the body of `PUT …/billing_account_id`, if it is of one of the customer's own.
pub async fn wanted<S: ReadResources, E>(
    cx: &Context<S, E>,
    customer: CustomerId,
    body: &Map<String, Value>,
) -> Result<Uuid, Failure> {
    let given = body.get("billing_account_id").and_then(Value::as_str).and_then(ids::parse);
    let wrong = || Refusal::field(Reason::InvalidId, "billing_account_id", "must be a UUID");
    let id = given.ok_or_else(wrong)?;
    // It cannot go while its customer stays, so nothing has to hold it until the customer is written.
    cx.store.resource(&BILLING_ACCOUNTS, customer, id).await?.ok_or(Reason::BillingAccountNotFound)?;
    Ok(id)
}
