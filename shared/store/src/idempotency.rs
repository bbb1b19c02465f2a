//! Records of requests that are safe to repeat. They are rows of their customer and go with it; an answer to an operator
//! is a row of the customer that it tells of.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::Failure;
use custodian_app::password::LIVING;
use custodian_app::ports::{Begun, Idempotency, Kept};
use custodian_app::scope::Ticket;
use custodian_domain::{CustomerId, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::Store;
use crate::expr::Expr;
use crate::item::{Item, decode_some, encode, key2, n, s};
use crate::retry::Patience;
use crate::schema::IDEMPOTENCY;
use crate::transaction::{Transaction, failed};
use crate::usage;

/// How long a request may run before another may take its key over.
const LEASE: Duration = Duration::from_secs(30);
/// How long an answer is given again.
const KEPT: Duration = Duration::from_secs(86_400);

#[derive(Clone, Copy)]
enum Guard {
    Gate,
    Row,
}

pub(crate) fn row_key(ticket: &Ticket) -> Item {
    key2("customer_id", ticket.customer_id, "key", &ticket.key)
}

/// The note of a request's effect, for the transaction that has it.
pub(crate) fn effect() -> Expr {
    Expr::new("SET #done = :done").with(":done", AttributeValue::Bool(true))
}

/// Holds while nobody has taken over.
pub(crate) fn ours(ticket: &Ticket) -> Expr {
    Expr::new("#lease = :lease").with(":lease", s(&ticket.lease))
}

impl Idempotency for Store {
    async fn begin(&self, ticket: &Ticket, body_mac: &str, now: Timestamp) -> Result<Begun, Failure> {
        let kept = Kept {
            body_mac: body_mac.to_owned(),
            answer: None,
            tells_of: None,
            done: false,
            lease: ticket.lease.clone(),
            lease_until: now.plus(LEASE),
        };
        let mut row = encode(&kept)?;
        row.extend(row_key(ticket));
        row.insert("ttl".to_owned(), n(now.plus(KEPT).seconds()));
        row.insert("ends".to_owned(), n(now.plus(KEPT).micros()));
        let free = Expr::new(
            "attribute_not_exists(#key) OR #ends <= :now OR (#done = :no AND #lease_until <= :now AND #body_mac = :mac)",
        );
        let free = free
            .with(":now", n(now.micros()))
            .with(":no", AttributeValue::Bool(false))
            .with(":mac", s(body_mac));
        let tx = Transaction::without_ticket(self, Patience::Request);
        let tx =
            usage::pass(tx, Guard::Gate, ticket.customer_id, gate_of(ticket.customer_id, ticket), LIVING)?;
        match tx.put(Guard::Row, IDEMPOTENCY, row, free)?.run().await? {
            Ok(()) => Ok(Begun::Fresh),
            Err(Guard::Gate) => Ok(Begun::Closed),
            Err(Guard::Row) => self.known(ticket).await,
        }
    }

    async fn keep_answer(
        &self,
        ticket: &Ticket,
        tells_of: CustomerId,
        answer: &str,
        now: Timestamp,
    ) -> Result<(), Failure> {
        if tells_of != ticket.customer_id {
            return self.keep_elsewhere(ticket, tells_of, answer, now).await;
        }
        let update = Expr::new("SET #answer = :answer, #done = :done");
        let update = update.with(":answer", s(answer)).with(":done", AttributeValue::Bool(true));
        self.update_if(IDEMPOTENCY, row_key(ticket), update, ours(ticket)).await.map(|_| ())
    }

    async fn forget(&self, ticket: &Ticket) -> Result<(), Failure> {
        let without_effect = Expr::new("#lease = :lease AND #done = :no")
            .with(":lease", s(&ticket.lease))
            .with(":no", AttributeValue::Bool(false));
        // A record that had its effect after all is not forgotten.
        self.delete_if(IDEMPOTENCY, row_key(ticket), without_effect).await.map(|_| ())
    }
}

/// Where an answer is kept that tells of another account than that of who asked: with that account, whose cascade
/// removes it.
fn answer_key(tells_of: CustomerId, ticket: &Ticket) -> Item {
    key2("customer_id", tells_of, "key", format!("answer#{}", ticket.key))
}

/// The gate before a record: any will do, as long as busy accounts do not meet at one.
fn gate_of(customer: CustomerId, ticket: &Ticket) -> Uuid {
    Uuid::from_u128(customer.0.as_u128() ^ u128::from(ticket.key.as_bytes()[0]))
}

/// An answer by itself.
#[derive(Debug, Deserialize)]
struct Told {
    answer: String,
}

impl Store {
    /// Keeps an operator's answer with the account that it tells of, and in the operator's record only which that is. An
    /// account that has gone meanwhile takes no more rows.
    async fn keep_elsewhere(
        &self,
        ticket: &Ticket,
        tells_of: CustomerId,
        answer: &str,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let note = Expr::new("SET #tells_of = :account, #done = :done");
        let note = note.with(":account", s(tells_of)).with(":done", AttributeValue::Bool(true));
        let mut row = answer_key(tells_of, ticket);
        row.insert("answer".to_owned(), s(answer));
        row.insert("ttl".to_owned(), n(now.plus(KEPT).seconds()));
        let tx = Transaction::without_ticket(self, Patience::Request);
        let tx = usage::pass(tx, Guard::Gate, tells_of, gate_of(tells_of, ticket), LIVING)?;
        // The key may have been used before, a day ago: its answer makes room.
        let any = Expr::new("attribute_exists(#key) OR attribute_not_exists(#key)");
        let tx = tx.put(Guard::Row, IDEMPOTENCY, row, any)?;
        let tx = tx.update(Guard::Row, IDEMPOTENCY, row_key(ticket), note.clone(), ours(ticket))?;
        match tx.run().await? {
            Ok(()) | Err(Guard::Row) => Ok(()),
            Err(Guard::Gate) => {
                self.update_if(IDEMPOTENCY, row_key(ticket), note, ours(ticket)).await.map(|_| ())
            }
        }
    }

    async fn kept<T: DeserializeOwned>(&self, key: Item) -> Result<Option<T>, Failure> {
        let call = self.client.get_item().table_name(self.table(IDEMPOTENCY)).consistent_read(true);
        let answer = call.set_key(Some(key)).send().await;
        decode_some(answer.map_err(|error| failed("the kept answers", &error))?.item)
    }

    async fn known(&self, ticket: &Ticket) -> Result<Begun, Failure> {
        let gone = || Failure::unavailable("the kept answer", "removed at the same moment");
        let mut kept: Kept = self.kept(row_key(ticket)).await?.ok_or_else(gone)?;
        if let Some(account) = kept.tells_of {
            let told: Option<Told> = self.kept(answer_key(account, ticket)).await?;
            kept.answer = told.map(|told| told.answer);
        }
        Ok(Begun::Known(Box::new(kept)))
    }
}
