//! Conditional writes of a single row. Each returns whether its condition held. DynamoDB refuses a write of a row that a
//! transaction is writing, so each is retried like a transaction.

use std::future::Future;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use custodian_app::Failure;
use custodian_app::retry::{RetryBudget, RetryDelays};

use crate::Store;
use crate::aws_failure::{aws_failure, is_contention};
use crate::expr::Expr;
use crate::item::Item;

impl Store {
    /// Puts a row if `condition` holds, and returns whether it did.
    pub(crate) async fn put_if(&self, table: &str, row: Item, condition: Expr) -> Result<bool, Failure> {
        let request = self.client.put_item().table_name(self.table(table)).set_item(Some(row));
        let request = request
            .set_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values());
        condition_held(self.retry_contention(|| request.clone().send()).await)
    }

    /// Updates a row if `condition` holds, and returns whether it did. Unless a missing row is to be created, the
    /// condition must imply that the row exists.
    pub(crate) async fn update_if(
        &self,
        table: &str,
        key: Item,
        update: Expr,
        condition: Expr,
    ) -> Result<bool, Failure> {
        let combined = update.joined_with(&condition);
        let request = self.client.update_item().table_name(self.table(table)).set_key(Some(key));
        let request = request
            .set_update_expression(update.text())
            .set_condition_expression(condition.text())
            .set_expression_attribute_names(combined.names())
            .set_expression_attribute_values(combined.values());
        condition_held(self.retry_contention(|| request.clone().send()).await)
    }

    /// Updates a row if `condition` holds. Otherwise returns the row, which is empty if it does not exist.
    pub(crate) async fn update_or_read(
        &self,
        table: &str,
        key: Item,
        update: Expr,
        condition: Expr,
    ) -> Result<Option<Item>, Failure> {
        let combined = update.joined_with(&condition);
        let request = self.client.update_item().table_name(self.table(table)).set_key(Some(key));
        let request = request
            .set_update_expression(update.text())
            .set_condition_expression(condition.text())
            .set_expression_attribute_names(combined.names())
            .set_expression_attribute_values(combined.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let sent = self.retry_contention(|| request.clone().send()).await;
        let Err(error) = sent else { return Ok(None) };
        match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                Ok(Some(failed.item().cloned().unwrap_or_default()))
            }
            _ => Err(aws_failure("a row", &error)),
        }
    }

    /// Deletes a row if `condition` holds, and returns whether it did.
    pub(crate) async fn delete_if(&self, table: &str, key: Item, condition: Expr) -> Result<bool, Failure> {
        let request = self.client.delete_item().table_name(self.table(table)).set_key(Some(key));
        let request = request
            .set_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values());
        condition_held(self.retry_contention(|| request.clone().send()).await)
    }

    /// Sends a write of a single row, again and again while other writes hinder it, until the retry budget is used up.
    pub(crate) async fn retry_contention<T, E, F>(&self, send: impl Fn() -> F) -> Result<T, SdkError<E>>
    where
        E: ProvideErrorMetadata,
        F: Future<Output = Result<T, SdkError<E>>>,
    {
        let mut backoff = RetryDelays::new(RetryBudget::Short);
        loop {
            match send().await {
                Err(error) if is_contention(&error) && backoff.wait(&*self.entropy).await => {}
                result => return result,
            }
        }
    }
}

fn condition_held<T, E: ProvideErrorMetadata>(result: Result<T, SdkError<E>>) -> Result<bool, Failure> {
    match result {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
        Err(error) => Err(aws_failure("a row", &error)),
    }
}
