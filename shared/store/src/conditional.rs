//! Conditional writes of a single row. Each returns whether its condition held.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use custodian_app::Failure;

use crate::Store;
use crate::aws_failure::aws_failure;
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
        condition_held(request.send().await)
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
        condition_held(request.send().await)
    }

    /// Deletes a row if `condition` holds, and returns whether it did.
    pub(crate) async fn delete_if(&self, table: &str, key: Item, condition: Expr) -> Result<bool, Failure> {
        let request = self.client.delete_item().table_name(self.table(table)).set_key(Some(key));
        let request = request
            .set_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values());
        condition_held(request.send().await)
    }
}

fn condition_held<T, E: ProvideErrorMetadata>(result: Result<T, SdkError<E>>) -> Result<bool, Failure> {
    match result {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
        Err(error) => Err(aws_failure("a row", &error)),
    }
}
