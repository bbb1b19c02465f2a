//! The customer row and the one transaction that changes it.

use std::collections::BTreeSet;

use custodian_app::Failure;
use custodian_app::ports::{Change, ChangeCustomers, Committed, MailToken, Purpose, ReadCustomers};
use custodian_app::scope::{self, Scope};
use custodian_domain::note::Note;
use custodian_domain::{Asker, Customer, CustomerId, Timestamp, kinds};

use crate::Store;
use crate::deletions;
use crate::expr::Expr;
use crate::identifiers::{self, Claim};
use crate::item::{Item, decode_some, encode, key, n, s};
use crate::resources::{at_version, row_key};
use crate::retry::{Patience, Race};
use crate::schema::{ACCESS_KEYS, AGENTS, BILLING_ACCOUNTS, CUSTOMERS};
use crate::transaction::{Transaction, Verdict, failed};
use crate::{access_keys, hooks, outbox, tokens, usage};

#[derive(Clone, Copy, Debug)]
enum Guard {
    /// The row, or what always changes with it.
    Row,
    Email,
    Token,
}

/// What became of a name that was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freed {
    No,
    Now,
    FromGone(CustomerId),
}

/// A customer as an item: its row, and while it has a deadline the attributes of the index of what is due.
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
        let call = self.client.get_item().table_name(self.table(CUSTOMERS)).consistent_read(true);
        let answer = call.set_key(Some(key("id", id))).send().await;
        decode_some(answer.map_err(|error| failed("the customers", &error))?.item)
    }
}

impl ChangeCustomers for Store {
    async fn commit(&self, change: Change<'_>) -> Result<Committed, Failure> {
        let (mut gone_owner, mut race) = (None, Race::new("the e-mail address", Patience::Request));
        loop {
            match self.try_commit(change, gone_owner).await? {
                Ok(()) => return Ok(Committed::Done),
                Err(Guard::Row) => return Ok(Committed::Lost),
                Err(Guard::Token) => return Ok(Committed::TokenGone),
                Err(Guard::Email) => {
                    let wanted = change.after.emails().last().unwrap_or_default();
                    match self.freed(&identifiers::email(wanted), change.after.tm_update).await? {
                        Freed::FromGone(owner) if gone_owner != Some(owner) => gone_owner = Some(owner),
                        Freed::Now => race.again(&*self.entropy).await?,
                        _ => return Ok(Committed::EmailTaken),
                    }
                }
            }
        }
    }
}

impl Store {
    /// Whether a name that somebody holds can be had: from an account that is gone, or because it waited in vain for its
    /// confirmation, in which case its holder gives it up here.
    pub(crate) async fn freed(&self, name: &str, now: Timestamp) -> Result<Freed, Failure> {
        let Some(owner) = self.holder(name).await? else {
            return Ok(Freed::Now);
        };
        let holder = self.customer(owner).await?.filter(|holder| !holder.status().is_gone());
        let Some(before) = holder else {
            return Ok(Freed::FromGone(owner));
        };
        let waits = before.pending_email.as_ref().is_some_and(|it| identifiers::email(&it.address) == name);
        let Some(after) = before.without_lapsed_email(now).filter(|_| waits) else {
            return Ok(Freed::No);
        };
        let change = Change {
            before: &before,
            after: &after,
            verification: None,
            billing: None,
            burn: None,
            farewell: None,
        };
        // This is not the effect of the request that wants the name, so it carries none of that request's promises.
        let giving_up = scope::within(Scope::default(), self.try_commit(change, None));
        let given_up = Box::pin(giving_up).await?.is_ok();
        Ok(if given_up { Freed::Now } else { Freed::No })
    }

    async fn try_commit(
        &self,
        change: Change<'_>,
        gone_owner: Option<CustomerId>,
    ) -> Result<Verdict<Guard>, Failure> {
        let Change { before, after, verification, .. } = change;
        let expected = Expr::new("#status = :status AND #version = :version")
            .with(":status", s(before.status().as_str()))
            .with(":version", n(before.version));
        let moved = before.status() != after.status();
        let patience = if moved { Patience::StatusChange } else { Patience::Request };
        let mut tx = Transaction::new(self, patience).put(Guard::Row, CUSTOMERS, item(after)?, expected)?;
        if moved {
            tx = usage::flip(tx, Guard::Row, after.id, after.status())?;
        }
        if moved && after.status().is_gone() {
            tx = deletions::open(tx, Guard::Row, after)?;
            tx = hooks::keep_farewell(tx, Guard::Row, after.id, change.farewell)?;
        } else if !moved {
            tx = move_emails(tx, change, gone_owner)?;
        }
        if !moved && before.plan != after.plan {
            tx = change_plan(tx, change)?;
        }
        if let Some(verification) = verification {
            let billing = encode(&verification.billing_account)?;
            tx = tx.put(Guard::Row, BILLING_ACCOUNTS, billing, Expr::new("attribute_not_exists(#id)"))?;
            let key = encode(&verification.access_key)?;
            tx = tx.put(Guard::Row, ACCESS_KEYS, key, Expr::new("attribute_not_exists(#id)"))?;
            let made = Note::created(kinds::BILLING_ACCOUNTS.noun, &verification.billing_account);
            tx = outbox::tell(tx, Guard::Row, Some(&made))?;
            let made = Note::created(access_keys::NOUN, &verification.access_key);
            tx = outbox::tell(tx, Guard::Row, Some(&made))?;
            tx = usage::count_up(tx, Guard::Row, after.id, BILLING_ACCOUNTS)?;
            tx = usage::count_up(tx, Guard::Row, after.id, ACCESS_KEYS)?;
        }
        if let Some(token) = change.burn {
            tx = tokens::burn(tx, Guard::Token, token.customer_id, token.purpose, &token.hash)?;
            tx = asker_stands(tx, before, token)?;
        }
        tx.run().await
    }
}

/// What somebody has asked for is confirmed only while the credential that asked for it stands.
fn asker_stands<'a>(
    tx: Transaction<'a, Guard>,
    before: &Customer,
    link: &MailToken,
) -> Result<Transaction<'a, Guard>, Failure> {
    let asked_by = before.pending_email.as_ref().filter(|_| link.purpose == Purpose::Change);
    let (table, row, stands) = match asked_by.map(|pending| pending.asked_by) {
        None | Some(Asker::Operator) => return Ok(tx),
        Some(Asker::Agent { agent_id, epoch }) => {
            let same = Expr::new("#epoch = :epoch").with(":epoch", n(epoch));
            (AGENTS, row_key(before.id, agent_id.0), same)
        }
        Some(Asker::Key { key_id }) => {
            (ACCESS_KEYS, row_key(before.id, key_id), Expr::new("attribute_exists(#id)"))
        }
    };
    tx.check(Guard::Token, table, row, stands)
}

/// The limits and the billing account follow the plan.
fn change_plan<'a>(
    tx: Transaction<'a, Guard>,
    change: Change<'_>,
) -> Result<Transaction<'a, Guard>, Failure> {
    let after = change.after;
    let tx = usage::set_limits(tx, Guard::Row, after.id, after.plan)?;
    let Some((old, new)) = change.billing else { return Ok(tx) };
    let tx = usage::pass(tx, Guard::Row, after.id, new.id, &[after.status()])?;
    let tx = outbox::tell(tx, Guard::Row, Note::updated(kinds::BILLING_ACCOUNTS.noun, old, new).as_ref())?;
    tx.put(Guard::Row, BILLING_ACCOUNTS, encode(new)?, at_version(old.version))
}

/// New e-mail addresses are claimed, and those no longer held released, with the row that names them.
fn move_emails<'a>(
    mut tx: Transaction<'a, Guard>,
    change: Change<'_>,
    gone_owner: Option<CustomerId>,
) -> Result<Transaction<'a, Guard>, Failure> {
    let owner = change.after.id;
    let held = |customer: &Customer| customer.emails().map(identifiers::email).collect::<BTreeSet<_>>();
    let (old, new) = (held(change.before), held(change.after));
    for name in new.difference(&old) {
        tx = identifiers::claim(tx, Guard::Email, &Claim { name, owner, agent: None, gone_owner })?;
    }
    for name in old.difference(&new) {
        tx = identifiers::release(tx, Guard::Row, name, owner)?;
    }
    Ok(tx)
}
