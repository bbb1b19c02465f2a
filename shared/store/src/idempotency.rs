//! Records of requests that are safe to repeat. They are rows of their customer and go with it.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::Failure;
use custodian_app::password::LIVING;
use custodian_app::ports::{Begun, Idempotency, Kept};
use custodian_app::scope::Ticket;
use custodian_domain::Timestamp;
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
        let gate = Uuid::from_u128(ticket.customer_id.0.as_u128() ^ u128::from(ticket.key.as_bytes()[0]));
        let tx = Transaction::without_ticket(self, Patience::Request);
        let tx = usage::pass(tx, Guard::Gate, ticket.customer_id, gate, LIVING)?;
        match tx.put(Guard::Row, IDEMPOTENCY, row, free)?.run().await? {
            Ok(()) => Ok(Begun::Fresh),
            Err(Guard::Gate) => Ok(Begun::Closed),
            Err(Guard::Row) => self.known(ticket).await,
        }
    }

    async fn keep_answer(&self, ticket: &Ticket, answer: &str) -> Result<(), Failure> {
        let update = Expr::new("SET #answer = :answer, #done = :done");
        let update = update.with(":answer", s(answer)).with(":done", AttributeValue::Bool(true));
        self.update_if(IDEMPOTENCY, row_key(ticket), update, ours(ticket)).await.map(|_| ())
    }

    async fn forget(&self, ticket: &Ticket) -> Result<(), Failure> {
        let without_effect = Expr::new("#lease = :lease AND #done = :no")
            .with(":lease", s(&ticket.lease))
            .with(":no", AttributeValue::Bool(false));
        let call =
            self.client.delete_item().table_name(self.table(IDEMPOTENCY)).set_key(Some(row_key(ticket)));
        let call = call
            .set_condition_expression(without_effect.text())
            .set_expression_attribute_names(without_effect.names())
            .set_expression_attribute_values(without_effect.values());
        match call.send().await {
            Ok(_) => Ok(()),
            // A record that had its effect after all is not forgotten.
            Err(error)
                if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(failed("the kept answers", &error)),
        }
    }
}

impl Store {
    async fn known(&self, ticket: &Ticket) -> Result<Begun, Failure> {
        let call = self.client.get_item().table_name(self.table(IDEMPOTENCY)).consistent_read(true);
        let answer = call.set_key(Some(row_key(ticket))).send().await;
        let kept: Option<Kept> =
            decode_some(answer.map_err(|error| failed("the kept answers", &error))?.item)?;
        kept.map(|kept| Begun::Known(Box::new(kept)))
            .ok_or_else(|| Failure::unavailable("the kept answer", "removed at the same moment"))
    }
}
