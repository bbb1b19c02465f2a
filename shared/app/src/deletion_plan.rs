//! The plan of a deletion by an operator: what it would delete, without changing anything.

use custodian_domain::lifecycle::{Command, decide};
use custodian_domain::{Customer, Initiator};

use crate::context::Context;
use crate::failure::Failure;
use crate::ports::CountRowsToDelete;
use crate::unregister::{MAX_NUMBERS, UnregisterPlan};

/// What a deletion by an operator would do now. It refuses what the deletion would refuse because of the account's state.
pub async fn plan_by_operator<S: CountRowsToDelete, E>(
    cx: &Context<S, E>,
    customer: &Customer,
) -> Result<UnregisterPlan, Failure> {
    let now = cx.now();
    decide(customer, Command::Delete(Initiator::Operator), now)?;
    let rows = cx.store.rows_to_delete(customer.id, MAX_NUMBERS).await?;
    Ok(UnregisterPlan { customer_id: customer.id, immediate: true, tm_due: now, rows })
}
