//! The customer row and the transaction of its changes.

use custodian_app::Failure;
use custodian_app::ports::{
    ActivationRows, ChangeCustomers, CustomerChange, CustomerWriteOutcome, Purpose, ReadCustomers,
};
use custodian_app::request_origin::AuditedAction;
use custodian_app::retry::{Retry, RetryBudget};
use custodian_domain::outbox_record::OutboxRecord;
use custodian_domain::{Customer, CustomerId, Status, access_key};

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::claims::{self, Claim};
use crate::expr::Expr;
use crate::identifiers::{self, IdentifierRow, NameAvailability, Strength};
use crate::item::{Item, decode_some, encode, n, s, simple_key};
use crate::ledgers;
use crate::schema::{ACCESS_KEYS, CUSTOMERS, HELD_ATTRIBUTE};
use crate::transaction::{Transaction, TransactionResult};
use crate::{
    audit_log, billing_accounts, brake, counters, deletion_notices, former_names, last_mail, notices, outbox,
    requester, tokens, usage, usernames, webhook_endpoints,
};

#[derive(Clone, Copy, Debug)]
enum CustomerCondition {
    /// The customer's row, or another row that this transaction writes along with it.
    Row,
    Email,
    /// The account still holds its old e-mail address.
    OldEmail,
    /// The agents and usernames that change with the e-mail address have not changed since they were read.
    Usernames,
    Token,
    /// The brake is off.
    Brake,
    /// The account that loses the claim on an address is not terminal.
    PreviousHolder,
}

/// The item of a customer. While the customer has a deadline, the item also has the keys of the index `due`, and while it has a
/// hold, even an ended one, the key of the index `held`.
pub(crate) fn item(customer: &Customer) -> Result<Item, Failure> {
    let mut item = encode(customer)?;
    if let Some(due) = customer.due() {
        item.insert("due_status".to_owned(), s(customer.status().as_str()));
        item.insert("due_at".to_owned(), n(due.micros()));
    }
    if customer.hold.is_some() {
        item.insert(HELD_ATTRIBUTE.to_owned(), s(customer.status().as_str()));
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
        let (mut claims, mut retry) =
            (EmailClaims::default(), Retry::new("the e-mail address", RetryBudget::Short));
        loop {
            match self.try_commit(change, claims).await? {
                Ok(()) => return Ok(CustomerWriteOutcome::Done),
                Err(CustomerCondition::Row | CustomerCondition::Usernames) => {
                    return Ok(CustomerWriteOutcome::Stale);
                }
                Err(CustomerCondition::Brake) => return Ok(CustomerWriteOutcome::DeletionsPaused),
                Err(CustomerCondition::Token) => return Ok(CustomerWriteOutcome::TokenUsed),
                Err(CustomerCondition::PreviousHolder) if claims.previous_holder.is_some() => {
                    claims.previous_holder = None
                }
                Err(CustomerCondition::PreviousHolder) => return Ok(CustomerWriteOutcome::Stale),
                // Another account has confirmed the old address since, or a restore has lost the claim.
                Err(CustomerCondition::OldEmail) if !claims.old_is_lost => claims.old_is_lost = true,
                Err(CustomerCondition::OldEmail) => return Ok(CustomerWriteOutcome::Stale),
                Err(CustomerCondition::Email) => {
                    let name = identifiers::email(&change.after.profile.email);
                    let strength =
                        if change.after.email_verified { Strength::Confirmed } else { Strength::Unconfirmed };
                    match self.name_availability(&name, strength).await? {
                        NameAvailability::Replaceable(row) if claims.previous != Some(row) => {
                            claims.previous = Some(row);
                            let holder = self.customer(row.owner).await?;
                            let loses_claim = |holder: &Customer| {
                                !holder.status().is_terminal()
                                    && holder.has_email(&change.after.profile.email)
                            };
                            claims.previous_holder = holder.filter(loses_claim).map(|holder| holder.id);
                        }
                        NameAvailability::Free if !claims.own_is_lost => claims.own_is_lost = true,
                        NameAvailability::Free => retry.wait(&*self.entropy).await?,
                        _ => return Ok(CustomerWriteOutcome::EmailTaken),
                    }
                }
            }
        }
    }
}

/// The claims on the transaction's e-mail addresses, as its earlier attempts found them.
#[derive(Clone, Copy, Default)]
struct EmailClaims {
    /// The claim on the new address that may be replaced.
    previous: Option<IdentifierRow>,
    /// The account that has the new address, has not confirmed it, and loses its claim.
    previous_holder: Option<CustomerId>,
    /// Whether the account no longer holds its old address.
    old_is_lost: bool,
    /// Whether the account does not hold the address that it keeps.
    own_is_lost: bool,
}

impl Store {
    async fn try_commit(
        &self,
        change: CustomerChange<'_>,
        claims: EmailClaims,
    ) -> Result<TransactionResult<CustomerCondition>, Failure> {
        let CustomerChange { before, after, activation_rows, .. } = change;
        let expected = notices::former_value_is(
            "#status = :status AND #version = :version",
            "former_email",
            before.former_email.as_deref(),
        )
        .with(":status", s(before.status().as_str()))
        .with(":version", n(before.version));
        let status_changed = before.status() != after.status();
        let budget = if status_changed { RetryBudget::Long } else { RetryBudget::Short };
        let tx = Transaction::new(self, budget);
        // Only an anonymised row is put whole: it must lose every attribute, also those that this version does not know.
        let mut tx = if after.status().is_terminal() {
            tx.put(CustomerCondition::Row, CUSTOMERS, item(after)?, expected)?
        } else {
            let rows = (&item(before)?, &item(after)?);
            tx.replace(CustomerCondition::Row, CUSTOMERS, simple_key("id", after.id), rows, expected)?
        };
        if status_changed {
            tx = usage::set_status(tx, CustomerCondition::Row, after.id, after.status())?;
        }
        if status_changed && after.status().is_terminal() {
            tx = brake::require_off(tx, CustomerCondition::Brake, after.id)?;
            tx = ledgers::open(tx, CustomerCondition::Row, change)?;
            tx = deletion_notices::store(tx, CustomerCondition::Row, change.deletion_notices)?;
            if let Some(recipients) = change.deletion_mails {
                tx = notices::store_first_mail(tx, CustomerCondition::Row, after.id, &recipients.begun)?;
                tx = last_mail::store(tx, CustomerCondition::Row, after.id, &recipients.done)?;
            }
        } else {
            tx = update_email_claims(tx, change, claims)?;
            tx = webhook_endpoints::store_new_secret(tx, CustomerCondition::Row, change.endpoint_secret)?;
            tx = webhook_endpoints::delete_removed_endpoints(tx, CustomerCondition::Row, before, after)?;
        }
        if let Some(confirmation) = change.confirmation {
            tx = usernames::rename(tx, CustomerCondition::Usernames, after, confirmation)?;
        }
        if !status_changed && before.plan != after.plan {
            tx = billing_accounts::change_plan(tx, CustomerCondition::Row, change)?;
        }
        if let Some(rows) = activation_rows {
            tx = billing_accounts::create(tx, CustomerCondition::Row, &rows.billing_account)?;
            tx = create_first_key(tx, rows)?;
        }
        if let Some(token) = change.used_token {
            tx =
                tokens::consume(tx, CustomerCondition::Token, token.customer_id, token.purpose, &token.hash)?;
            if token.purpose == Purpose::EmailChange {
                tx = requester::require_valid(tx, CustomerCondition::Token, change)?;
            }
        }
        if let Some(action) = AuditedAction::of_customer_change(&change) {
            tx = audit_log::record(tx, CustomerCondition::Row, action)?;
        }
        tx.run().await
    }
}

/// Creates the first access key, if the activation has one.
fn create_first_key<'a>(
    tx: Transaction<'a, CustomerCondition>,
    rows: &ActivationRows,
) -> Result<Transaction<'a, CustomerCondition>, Failure> {
    let Some(key) = &rows.access_key else { return Ok(tx) };
    let is_new = Expr::new("attribute_not_exists(#id)");
    let tx = tx.put(CustomerCondition::Row, ACCESS_KEYS, encode(key)?, is_new)?;
    let created = OutboxRecord::created(access_key::NOUN, key);
    let tx = outbox::record(tx, CustomerCondition::Row, Some(&created))?;
    counters::count_up(tx, CustomerCondition::Row, key.customer_id, ACCESS_KEYS)
}

/// Claims the account's e-mail address if it is new or newly confirmed, and releases the old one.
fn update_email_claims<'a>(
    tx: Transaction<'a, CustomerCondition>,
    change: CustomerChange<'_>,
    claims: EmailClaims,
) -> Result<Transaction<'a, CustomerCondition>, Failure> {
    let CustomerChange { before, after, confirmation, .. } = change;
    let is_same = after.has_email(&before.profile.email);
    if is_same && confirmation.is_none() {
        return Ok(tx);
    }
    let claim = Claim {
        name: &identifiers::email(&after.profile.email),
        owner: after.id,
        agent: confirmation.and_then(|confirmation| confirmation.owner),
        row_id: None,
        confirmed: Some(after.email_verified),
        previous: claims.previous,
    };
    let tx = if is_same && !claims.own_is_lost && claims.previous.is_none() {
        claims::renew(tx, CustomerCondition::Email, &claim)?
    } else {
        claims::claim(tx, CustomerCondition::Email, &claim)?
    };
    // The account that loses the claim still shows the address, so a search by the address must find it.
    let tx = match claims.previous_holder {
        Some(previous_holder) => {
            let (condition, statuses) = (CustomerCondition::PreviousHolder, Status::NOT_TERMINAL);
            let tx = usage::require_status(tx, condition, previous_holder, previous_holder.0, statuses)?;
            former_names::record(tx, CustomerCondition::Row, claim.name, previous_holder)?
        }
        None => tx,
    };
    if is_same || before.profile.email.is_empty() {
        return Ok(tx);
    }
    let old = identifiers::email(&before.profile.email);
    let tx = former_names::record(tx, CustomerCondition::Row, &old, after.id)?;
    if claims.old_is_lost {
        return Ok(tx);
    }
    claims::release(tx, CustomerCondition::OldEmail, &old, after.id)
}
