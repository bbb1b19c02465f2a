//! The customer row and the one transaction that changes it.

use std::collections::BTreeSet;

use custodian_app::Failure;
use custodian_app::ports::{
    ChangeCustomers, CustomerChange, CustomerWriteOutcome, MailToken, Purpose, ReadCustomers,
};
use custodian_app::request_conditions::{self, RequestConditions};
use custodian_app::retry::{Retry, RetryBudget};
use custodian_domain::outbox_record::OutboxRecord;
use custodian_domain::{Customer, CustomerId, RequestedBy, Timestamp, access_key, kinds};

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::identifiers::{self, Claim, NameAvailability};
use crate::item::{Item, decode_some, encode, n, s, simple_key};
use crate::ledgers;
use crate::resources::{row_key, version_is};
use crate::schema::{ACCESS_KEYS, AGENTS, BILLING_ACCOUNTS, CUSTOMERS};
use crate::transaction::{Transaction, TransactionResult};
use crate::{outbox, tokens, usage, webhooks};

#[derive(Clone, Copy, Debug)]
enum CustomerCondition {
    /// The customer's row, or another row that this transaction writes along with it.
    Row,
    Email,
    Token,
}

/// The item of a customer. While the customer has a deadline, the item also has the keys of the index `due`.
pub(crate) fn item(customer: &Customer) -> Result<Item, Failure> {
    let mut item = encode(customer)?;
    if let Some(due) = customer.due() {
        item.insert("due_status".to_owned(), s(customer.status().as_str()));
        item.insert("due_at".to_owned(), n(due.micros()));
    }
    Ok(item)
}

impl ReadCustomers for Store {
    async fn customer(&self, id: CustomerId) -> Result<Option<Customer>, Failure> {
        let request = self.client.get_item().table_name(self.table(CUSTOMERS)).consistent_read(true);
        let response = request.set_key(Some(simple_key("id", id))).send().await;
        decode_some(response.map_err(|error| aws_failure("the customers", &error))?.item)
    }
}

impl ChangeCustomers for Store {
    async fn commit(&self, change: CustomerChange<'_>) -> Result<CustomerWriteOutcome, Failure> {
        let (mut terminal_owner, mut retry) = (None, Retry::new("the e-mail address", RetryBudget::Request));
        loop {
            match self.try_commit(change, terminal_owner).await? {
                Ok(()) => return Ok(CustomerWriteOutcome::Done),
                Err(CustomerCondition::Row) => return Ok(CustomerWriteOutcome::Stale),
                Err(CustomerCondition::Token) => return Ok(CustomerWriteOutcome::TokenUsed),
                Err(CustomerCondition::Email) => {
                    let requested = change.after.emails().last().unwrap_or_default();
                    match self
                        .name_availability(&identifiers::email(requested), change.after.tm_update)
                        .await?
                    {
                        NameAvailability::HeldByTerminal(owner) if terminal_owner != Some(owner) => {
                            terminal_owner = Some(owner)
                        }
                        NameAvailability::Free => retry.wait(&*self.entropy).await?,
                        _ => return Ok(CustomerWriteOutcome::EmailTaken),
                    }
                }
            }
        }
    }
}

impl Store {
    /// Whether a name can be claimed. A new owner can take over the name of a deleted or expired account. If the name is a new
    /// e-mail address that its owner did not confirm in time, this function releases it.
    pub(crate) async fn name_availability(
        &self,
        name: &str,
        now: Timestamp,
    ) -> Result<NameAvailability, Failure> {
        let Some(owner) = self.name_owner(name).await? else {
            return Ok(NameAvailability::Free);
        };
        let holder = self.customer(owner).await?.filter(|holder| !holder.status().is_terminal());
        let Some(before) = holder else {
            return Ok(NameAvailability::HeldByTerminal(owner));
        };
        let is_pending =
            before.pending_email.as_ref().is_some_and(|pending| identifiers::email(&pending.address) == name);
        let Some(after) = before.without_expired_email(now).filter(|_| is_pending) else {
            return Ok(NameAvailability::Taken);
        };
        let change = CustomerChange::new(&before, &after);
        // This write is not the effect of the current request, so the request's conditions do not apply to it.
        let release =
            request_conditions::with_conditions(RequestConditions::default(), self.try_commit(change, None));
        let is_released = Box::pin(release).await?.is_ok();
        Ok(if is_released { NameAvailability::Free } else { NameAvailability::Taken })
    }

    async fn try_commit(
        &self,
        change: CustomerChange<'_>,
        terminal_owner: Option<CustomerId>,
    ) -> Result<TransactionResult<CustomerCondition>, Failure> {
        let CustomerChange { before, after, verification, .. } = change;
        let expected = Expr::new("#status = :status AND #version = :version")
            .with(":status", s(before.status().as_str()))
            .with(":version", n(before.version));
        let status_changed = before.status() != after.status();
        let budget = if status_changed { RetryBudget::StatusChange } else { RetryBudget::Request };
        let mut tx =
            Transaction::new(self, budget).put(CustomerCondition::Row, CUSTOMERS, item(after)?, expected)?;
        if status_changed {
            tx = usage::set_status(tx, CustomerCondition::Row, after.id, after.status())?;
        }
        if status_changed && after.status().is_terminal() {
            tx = ledgers::open(tx, CustomerCondition::Row, after)?;
            tx = webhooks::store_deletion_notice(
                tx,
                CustomerCondition::Row,
                after.id,
                change.deletion_notice,
            )?;
        } else if !status_changed {
            tx = update_email_claims(tx, change, terminal_owner)?;
        }
        if !status_changed && before.plan != after.plan {
            tx = change_plan(tx, change)?;
        }
        if let Some(verification) = verification {
            let billing = encode(&verification.billing_account)?;
            tx = tx.put(
                CustomerCondition::Row,
                BILLING_ACCOUNTS,
                billing,
                Expr::new("attribute_not_exists(#id)"),
            )?;
            let key = encode(&verification.access_key)?;
            tx = tx.put(CustomerCondition::Row, ACCESS_KEYS, key, Expr::new("attribute_not_exists(#id)"))?;
            let created = OutboxRecord::created(kinds::BILLING_ACCOUNTS.noun, &verification.billing_account);
            tx = outbox::record(tx, CustomerCondition::Row, Some(&created))?;
            let created = OutboxRecord::created(access_key::NOUN, &verification.access_key);
            tx = outbox::record(tx, CustomerCondition::Row, Some(&created))?;
            tx = usage::count_up(tx, CustomerCondition::Row, after.id, BILLING_ACCOUNTS)?;
            tx = usage::count_up(tx, CustomerCondition::Row, after.id, ACCESS_KEYS)?;
        }
        if let Some(token) = change.used_token {
            tx =
                tokens::consume(tx, CustomerCondition::Token, token.customer_id, token.purpose, &token.hash)?;
            tx = require_requester_unchanged(tx, before, token)?;
        }
        tx.run().await
    }
}

/// Requires that the credential that requested a change of the e-mail address is still valid.
fn require_requester_unchanged<'a>(
    tx: Transaction<'a, CustomerCondition>,
    before: &Customer,
    token: &MailToken,
) -> Result<Transaction<'a, CustomerCondition>, Failure> {
    let requested_by = before.pending_email.as_ref().filter(|_| token.purpose == Purpose::EmailChange);
    let (table, row, is_valid) = match requested_by.map(|pending| pending.requested_by) {
        None | Some(RequestedBy::PlatformAdmin) => return Ok(tx),
        Some(RequestedBy::Agent { agent_id, epoch }) => {
            let same_epoch = Expr::new("#epoch = :epoch").with(":epoch", n(epoch));
            (AGENTS, row_key(before.id, agent_id.0), same_epoch)
        }
        Some(RequestedBy::Key { key_id }) => {
            (ACCESS_KEYS, row_key(before.id, key_id), Expr::new("attribute_exists(#id)"))
        }
    };
    tx.check(CustomerCondition::Token, table, row, is_valid)
}

/// Applies the new plan to the limits and the billing account.
fn change_plan<'a>(
    tx: Transaction<'a, CustomerCondition>,
    change: CustomerChange<'_>,
) -> Result<Transaction<'a, CustomerCondition>, Failure> {
    let after = change.after;
    let tx = usage::set_limits(tx, CustomerCondition::Row, after.id, after.plan)?;
    let Some((old, new)) = change.billing else { return Ok(tx) };
    let tx = usage::require_status(tx, CustomerCondition::Row, after.id, new.id, &[after.status()])?;
    let tx = outbox::record(
        tx,
        CustomerCondition::Row,
        OutboxRecord::updated(kinds::BILLING_ACCOUNTS.noun, old, new).as_ref(),
    )?;
    tx.put(CustomerCondition::Row, BILLING_ACCOUNTS, encode(new)?, version_is(old.version))
}

/// Claims the new e-mail addresses of the row, and releases those that it no longer has.
fn update_email_claims<'a>(
    mut tx: Transaction<'a, CustomerCondition>,
    change: CustomerChange<'_>,
    terminal_owner: Option<CustomerId>,
) -> Result<Transaction<'a, CustomerCondition>, Failure> {
    let owner = change.after.id;
    let names = |customer: &Customer| customer.emails().map(identifiers::email).collect::<BTreeSet<_>>();
    let (old, new) = (names(change.before), names(change.after));
    for name in new.difference(&old) {
        tx = identifiers::claim(
            tx,
            CustomerCondition::Email,
            &Claim { name, owner, agent: None, terminal_owner },
        )?;
    }
    for name in old.difference(&new) {
        tx = identifiers::release(tx, CustomerCondition::Row, name, owner)?;
    }
    Ok(tx)
}
