//! The billing account in the transactions that activate a customer or change its plan.

use custodian_app::Failure;
use custodian_app::ports::CustomerChange;
use custodian_domain::outbox_record::OutboxRecord;
use custodian_domain::{EncryptedFields, EncryptedResource, Resource, kinds};

use crate::expr::Expr;
use crate::item::Item;
use crate::resources::{encode_resource, row_key, version_is};
use crate::schema::BILLING_ACCOUNTS;
use crate::transaction::Transaction;
use crate::{counters, outbox, usage};

/// Creates the billing account, in the transaction that activates its customer.
pub(crate) fn create<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    account: &Resource,
) -> Result<Transaction<'a, C>, Failure> {
    let is_new = Expr::new("attribute_not_exists(#id)");
    let tx = tx.put(on_failure, BILLING_ACCOUNTS, encode_billing_account(account)?, is_new)?;
    let created = OutboxRecord::created(kinds::BILLING_ACCOUNTS.noun, account);
    let tx = outbox::record(tx, on_failure, Some(&created))?;
    counters::count_up(tx, on_failure, account.customer_id, BILLING_ACCOUNTS)
}

/// Applies the new plan to the limits and the billing account.
pub(crate) fn change_plan<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    change: CustomerChange<'_>,
) -> Result<Transaction<'a, C>, Failure> {
    let after = change.after;
    // The limits are set on condition of the status, so the billing account needs no other check of a gate.
    let tx = usage::set_limits(tx, on_failure, after)?;
    let Some((old, new)) = change.billing else { return Ok(tx) };
    let tx = outbox::record(
        tx,
        on_failure,
        OutboxRecord::updated(kinds::BILLING_ACCOUNTS.noun, old, new).as_ref(),
    )?;
    let rows = (&encode_billing_account(old)?, &encode_billing_account(new)?);
    let key = row_key(new.customer_id, new.id);
    tx.replace(on_failure, BILLING_ACCOUNTS, key, rows, version_is(old.version))
}

/// Encodes a billing account. Its kind has no encrypted fields.
fn encode_billing_account(row: &Resource) -> Result<Item, Failure> {
    let encrypted = EncryptedFields::default();
    encode_resource(&kinds::BILLING_ACCOUNTS, &EncryptedResource { row, encrypted })
}
