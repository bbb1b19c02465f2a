//! The billing account that an account pays with.

use custodian_domain::fields::Fields;
use custodian_domain::kinds::BILLING_ACCOUNTS;
use custodian_domain::{Customer, CustomerId, Reason, Resource};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::context::Context;
use crate::failure::Failure;
use crate::ports::ReadResources;

/// The default billing account of a customer; an account that is not active yet has none.
pub async fn of<S: ReadResources, E>(cx: &Context<S, E>, customer: &Customer) -> Result<Resource, Failure> {
    let row = cx.store.resource(&BILLING_ACCOUNTS, customer.id, customer.billing_account_id).await?;
    Ok(row.ok_or(Reason::BillingAccountNotFound)?)
}

/// The id in the body of `PUT …/billing_account_id`, if it is of one of the customer's own.
pub async fn wanted<S: ReadResources, E>(
    cx: &Context<S, E>,
    customer: CustomerId,
    body: &Map<String, Value>,
) -> Result<Uuid, Failure> {
    let mut fields = Fields::new(body);
    if !body.contains_key("billing_account_id") {
        fields.refuse("billing_account_id", "is required");
    }
    let id = fields.uuid("billing_account_id");
    let id = fields.finish(id.unwrap_or_default())?;
    // It cannot go while its customer stays, so nothing has to hold it until the customer is written.
    cx.store.resource(&BILLING_ACCOUNTS, customer, id).await?.ok_or(Reason::BillingAccountNotFound)?;
    Ok(id)
}
