//! Transactions: every action carries a guard that names what its condition protects.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem, Update};
use custodian_app::Failure;
use custodian_app::scope::{self, Ticket};
use custodian_domain::{Reason, Refusal};

use crate::Store;
use crate::expr::Expr;
use crate::idempotency;
use crate::item::Item;
use crate::retry::{Backoff, Patience};
use crate::schema::IDEMPOTENCY;

/// What a transaction came to: done, or the guard of the first condition that did not hold.
pub(crate) type Verdict<G> = Result<(), G>;

/// All or nothing, at most 100 actions.
pub(crate) struct Transaction<'a, G> {
    store: &'a Store,
    patience: Patience,
    actions: Vec<(G, TransactWriteItem)>,
    /// The `Idempotency-Key` of the request that is being handled, whose record notes the effect.
    ticket: Option<Ticket>,
}

impl<'a, G: Copy> Transaction<'a, G> {
    pub(crate) fn new(store: &'a Store, patience: Patience) -> Self {
        Self { ticket: scope::ticket(), ..Self::without_ticket(store, patience) }
    }

    /// One that keeps the records of requests themselves.
    pub(crate) const fn without_ticket(store: &'a Store, patience: Patience) -> Self {
        Self { store, patience, actions: Vec::new(), ticket: None }
    }

    /// Writes a whole item if `condition` holds.
    pub(crate) fn put(mut self, guard: G, table: &str, item: Item, condition: Expr) -> Result<Self, Failure> {
        let put = Put::builder()
            .table_name(self.store.table(table))
            .set_item(Some(item))
            .set_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values());
        self.push(guard, TransactWriteItem::builder().put(put.build().map_err(unbuilt)?).build());
        Ok(self)
    }

    /// Changes an item if `condition` holds, which must imply that the item exists.
    pub(crate) fn update(
        mut self,
        guard: G,
        table: &str,
        key: Item,
        update: Expr,
        condition: Expr,
    ) -> Result<Self, Failure> {
        let both = update.joined_with(&condition);
        let update = Update::builder()
            .table_name(self.store.table(table))
            .set_key(Some(key))
            .set_update_expression(update.text())
            .set_condition_expression(condition.text())
            .set_expression_attribute_names(both.names())
            .set_expression_attribute_values(both.values());
        self.push(guard, TransactWriteItem::builder().update(update.build().map_err(unbuilt)?).build());
        Ok(self)
    }

    /// Removes an item if `condition` holds.
    pub(crate) fn delete(
        mut self,
        guard: G,
        table: &str,
        key: Item,
        condition: Expr,
    ) -> Result<Self, Failure> {
        let delete = Delete::builder()
            .table_name(self.store.table(table))
            .set_key(Some(key))
            .set_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values());
        self.push(guard, TransactWriteItem::builder().delete(delete.build().map_err(unbuilt)?).build());
        Ok(self)
    }

    /// Changes nothing, but holds only if `condition` does.
    pub(crate) fn check(
        mut self,
        guard: G,
        table: &str,
        key: Item,
        condition: Expr,
    ) -> Result<Self, Failure> {
        let check = ConditionCheck::builder()
            .table_name(self.store.table(table))
            .set_key(Some(key))
            .set_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values());
        let check = check.build().map_err(unbuilt)?;
        self.push(guard, TransactWriteItem::builder().condition_check(check).build());
        Ok(self)
    }

    fn note_of_effect(&self, ticket: &Ticket) -> Result<TransactWriteItem, Failure> {
        let (effect, ours) = (idempotency::effect(), idempotency::ours(ticket));
        let both = effect.joined_with(&ours);
        let update = Update::builder()
            .table_name(self.store.table(IDEMPOTENCY))
            .set_key(Some(idempotency::row_key(ticket)))
            .set_update_expression(effect.text())
            .set_condition_expression(ours.text())
            .set_expression_attribute_names(both.names())
            .set_expression_attribute_values(both.values());
        Ok(TransactWriteItem::builder().update(update.build().map_err(unbuilt)?).build())
    }

    fn push(&mut self, guard: G, action: TransactWriteItem) {
        self.actions.push((guard, action));
    }

    /// Runs it. The token makes the SDK's own retry after a lost answer safe; conflicts with others are waited out.
    pub(crate) async fn run(self) -> Result<Verdict<G>, Failure> {
        let note = self.ticket.as_ref().map(|ticket| self.note_of_effect(ticket)).transpose()?;
        let (guards, mut actions): (Vec<G>, Vec<_>) = self.actions.into_iter().unzip();
        actions.extend(note);
        let token = token(self.store);
        let mut backoff = Backoff::new(self.patience);
        loop {
            let call = self.store.client.transact_write_items().client_request_token(&token);
            let Err(error) = call.set_transact_items(Some(actions.clone())).send().await else {
                return Ok(Ok(()));
            };
            match judge(&error) {
                // The one action without a guard is the note: somebody else has taken the request over.
                Judgement::Condition(at) => {
                    return guards.get(at).map_or_else(|| Err(taken_over().into()), |g| Ok(Err(*g)));
                }
                Judgement::Busy if backoff.wait(&*self.store.entropy).await => {}
                Judgement::Busy | Judgement::Down => return Err(down(&error)),
            }
        }
    }
}

/// Whoever took the request over is at it now.
fn taken_over() -> Refusal {
    Refusal { retry_after: Some(1), ..Reason::IdempotencyKeyInUse.into() }
}

enum Judgement {
    /// The condition of this action did not hold.
    Condition(usize),
    /// Others are at work on the same items; nothing was written.
    Busy,
    Down,
}

fn judge(error: &SdkError<TransactWriteItemsError>) -> Judgement {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            let codes: Vec<_> =
                cancelled.cancellation_reasons().iter().map(|r| r.code().unwrap_or("None")).collect();
            if let Some(at) = codes.iter().position(|code| *code == "ConditionalCheckFailed") {
                return Judgement::Condition(at);
            }
            let passing = |code: &&str| {
                matches!(
                    *code,
                    "None" | "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded"
                )
            };
            if codes.iter().all(passing) { Judgement::Busy } else { Judgement::Down }
        }
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => Judgement::Busy,
        Some(_) if is_throttled(error) => Judgement::Busy,
        _ => Judgement::Down,
    }
}

fn down(error: &SdkError<TransactWriteItemsError>) -> Failure {
    crate::transaction::failed("a transaction", error)
}

/// A failed call of AWS as a value: what was called and the error's code, but not its text, which may name what is personal.
pub fn failed<E: ProvideErrorMetadata>(what: &'static str, error: &SdkError<E>) -> Failure {
    let cause = match error {
        SdkError::ServiceError(_) => error.code().unwrap_or("service error"),
        SdkError::TimeoutError(_) => "timeout",
        SdkError::DispatchFailure(_) => "no connection",
        SdkError::ResponseError(_) => "answer not understood",
        _ => "not sent",
    };
    Failure::unavailable(what, cause)
}

/// Whether more was asked of a table than it can do at a time. Nothing was done, and in a moment it may be.
pub(crate) fn is_throttled<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    let code = error.code();
    matches!(
        code,
        Some("ProvisionedThroughputExceededException" | "RequestLimitExceeded" | "ThrottlingException")
    )
}

pub(crate) fn unbuilt(cause: impl std::fmt::Display) -> Failure {
    Failure::unavailable("a request to the store", cause)
}

fn token(store: &Store) -> String {
    let mut random = [0; 16];
    store.entropy.fill(&mut random);
    uuid::Builder::from_random_bytes(random).into_uuid().to_string()
}
