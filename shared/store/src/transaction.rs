//! Transactions. Each action has a condition and a name for it. A failed transaction returns the name of the condition that
//! failed.

use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem, Update};
use custodian_app::Failure;
use custodian_app::request_conditions::{IdempotencyLease, idempotency_lease};
use custodian_app::retry::{RetryBudget, RetryDelays};
use custodian_domain::{Reason, Refusal};

use crate::Store;
use crate::aws_failure::{aws_failure, invalid_request};
use crate::expr::Expr;
use crate::idempotency_lease::{held_by, mark_done, row_key};
use crate::item::Item;
use crate::row_change::{difference, overwrite};
use crate::schema::IDEMPOTENCY;
use crate::transaction_failure::{FailureKind, classify};

/// The outcome of a transaction: committed, or the name of the first condition that failed.
pub(crate) type TransactionResult<C> = Result<(), C>;

/// A transaction of at most 100 actions.
pub(crate) struct Transaction<'a, C> {
    store: &'a Store,
    budget: RetryBudget,
    actions: Vec<(C, TransactWriteItem)>,
    /// The lease of the current request's `Idempotency-Key`. The transaction marks its record as done.
    idempotency_lease: Option<IdempotencyLease>,
}

impl<'a, C: Copy> Transaction<'a, C> {
    pub(crate) fn new(store: &'a Store, budget: RetryBudget) -> Self {
        Self { idempotency_lease: idempotency_lease(), ..Self::without_idempotency(store, budget) }
    }

    /// A transaction that does not mark the idempotency record, for the writes of the record itself.
    pub(crate) const fn without_idempotency(store: &'a Store, budget: RetryBudget) -> Self {
        Self { store, budget, actions: Vec::new(), idempotency_lease: None }
    }

    pub(crate) const fn store(&self) -> &'a Store {
        self.store
    }

    /// Puts an item if `condition` holds. Overwrites a stored item completely; use `replace` for a row that stays in use.
    pub(crate) fn put(
        mut self,
        on_failure: C,
        table: &str,
        item: Item,
        condition: Expr,
    ) -> Result<Self, Failure> {
        let put = Put::builder()
            .table_name(self.store.table(table))
            .set_item(Some(item))
            .set_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values());
        self.push(
            on_failure,
            TransactWriteItem::builder().put(put.build().map_err(invalid_request)?).build(),
        );
        Ok(self)
    }

    /// Turns the stored row `before` into `after` if `condition` holds. Keeps the attributes that this version does not know. The
    /// condition must imply that the row exists.
    pub(crate) fn replace(
        self,
        on_failure: C,
        table: &str,
        key: Item,
        (before, after): (&Item, &Item),
        condition: Expr,
    ) -> Result<Self, Failure> {
        match difference(before, after) {
            Some(update) => self.update(on_failure, table, key, update, condition),
            None => self.check(on_failure, table, key, condition),
        }
    }

    /// Sets all attributes of `row` if `condition` holds, and removes those of `optional` that it lacks. Keeps other attributes.
    /// If the condition permits a missing row, it creates the row, so the transaction must check a gate.
    pub(crate) fn upsert(
        self,
        on_failure: C,
        table: &str,
        key: Item,
        (row, optional): (&Item, &[&str]),
        condition: Expr,
    ) -> Result<Self, Failure> {
        match overwrite(&key, row, optional) {
            Some(update) => self.update(on_failure, table, key, update, condition),
            None => self.check(on_failure, table, key, condition),
        }
    }

    /// Updates an item if `condition` holds. The condition must imply that the item exists. `upsert` can create an item.
    pub(crate) fn update(
        mut self,
        on_failure: C,
        table: &str,
        key: Item,
        update: Expr,
        condition: Expr,
    ) -> Result<Self, Failure> {
        let combined = update.joined_with(&condition);
        let update = Update::builder()
            .table_name(self.store.table(table))
            .set_key(Some(key))
            .set_update_expression(update.text())
            .set_condition_expression(condition.text())
            .set_expression_attribute_names(combined.names())
            .set_expression_attribute_values(combined.values());
        self.push(
            on_failure,
            TransactWriteItem::builder().update(update.build().map_err(invalid_request)?).build(),
        );
        Ok(self)
    }

    /// Deletes an item if `condition` holds.
    pub(crate) fn delete(
        mut self,
        on_failure: C,
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
        self.push(
            on_failure,
            TransactWriteItem::builder().delete(delete.build().map_err(invalid_request)?).build(),
        );
        Ok(self)
    }

    /// Fails the transaction unless `condition` holds.
    pub(crate) fn check(
        mut self,
        on_failure: C,
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
        let check = check.build().map_err(invalid_request)?;
        // DynamoDB refuses two actions on one item. Two rows of an account may have the same gate.
        let is_repeated = self.actions.iter().any(|(_, action)| action.condition_check() == Some(&check));
        if !is_repeated {
            self.push(on_failure, TransactWriteItem::builder().condition_check(check).build());
        }
        Ok(self)
    }

    fn mark_done_action(&self, idempotency_lease: &IdempotencyLease) -> Result<TransactWriteItem, Failure> {
        let (update, condition) = (mark_done(), held_by(idempotency_lease));
        let combined = update.joined_with(&condition);
        let update = Update::builder()
            .table_name(self.store.table(IDEMPOTENCY))
            .set_key(Some(row_key(idempotency_lease)))
            .set_update_expression(update.text())
            .set_condition_expression(condition.text())
            .set_expression_attribute_names(combined.names())
            .set_expression_attribute_values(combined.values());
        Ok(TransactWriteItem::builder().update(update.build().map_err(invalid_request)?).build())
    }

    fn push(&mut self, on_failure: C, action: TransactWriteItem) {
        self.actions.push((on_failure, action));
    }

    /// Commits the transaction, and retries it after conflicts. The client request token makes the SDK's own retry after a lost
    /// response safe.
    pub(crate) async fn run(self) -> Result<TransactionResult<C>, Failure> {
        let done_action = self
            .idempotency_lease
            .as_ref()
            .map(|idempotency_lease| self.mark_done_action(idempotency_lease))
            .transpose()?;
        let (conditions, mut actions): (Vec<C>, Vec<_>) = self.actions.into_iter().unzip();
        actions.extend(done_action);
        let client_token = client_request_token(self.store);
        let mut backoff = RetryDelays::new(self.budget);
        loop {
            let request = self.store.client.transact_write_items().client_request_token(&client_token);
            let Err(error) = request.set_transact_items(Some(actions.clone())).send().await else {
                return Ok(Ok(()));
            };
            match classify(&error) {
                // The idempotency record's action comes last and has no name. If it failed, another request took over the
                // lease.
                FailureKind::ConditionFailed(index) => {
                    return conditions
                        .get(index)
                        .map_or_else(|| Err(key_in_use().into()), |name| Ok(Err(*name)));
                }
                FailureKind::Contention if backoff.wait(&*self.store.entropy).await => {}
                FailureKind::Contention | FailureKind::Fatal => {
                    return Err(aws_failure("a transaction", &error));
                }
            }
        }
    }
}

/// Refuses the request, because another request took over its lease.
fn key_in_use() -> Refusal {
    Refusal { retry_after: Some(1), ..Reason::IdempotencyKeyInUse.into() }
}

fn client_request_token(store: &Store) -> String {
    let mut random = [0; 16];
    store.entropy.fill(&mut random);
    uuid::Builder::from_random_bytes(random).into_uuid().to_string()
}
