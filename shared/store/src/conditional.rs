//! Writes of one row on a condition, which answer whether it held.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use custodian_app::Failure;

use crate::Store;
use crate::expr::Expr;
use crate::item::Item;
use crate::transaction::failed;

impl Store {
    /// Writes a row if `condition` holds; false if it does not.
    pub(crate) async fn put_if(&self, table: &str, row: Item, condition: Expr) -> Result<bool, Failure> {
        let call = self.client.put_item().table_name(self.table(table)).set_item(Some(row));
        let call = call
            .set_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values());
        held(call.send().await)
    }

    /// Changes a row if `condition`, which must imply that it exists, holds; false if it does not.
    pub(crate) async fn update_if(
        &self,
        table: &str,
        key: Item,
        update: Expr,
        condition: Expr,
    ) -> Result<bool, Failure> {
        let both = update.joined_with(&condition);
        let call = self.client.update_item().table_name(self.table(table)).set_key(Some(key));
        let call = call
            .set_update_expression(update.text())
            .set_condition_expression(condition.text())
            .set_expression_attribute_names(both.names())
            .set_expression_attribute_values(both.values());
        held(call.send().await)
    }

    /// Removes a row if `condition` holds; false if it does not.
    pub(crate) async fn delete_if(&self, table: &str, key: Item, condition: Expr) -> Result<bool, Failure> {
        let call = self.client.delete_item().table_name(self.table(table)).set_key(Some(key));
        let call = call
            .set_condition_expression(condition.text())
            .set_expression_attribute_names(condition.names())
            .set_expression_attribute_values(condition.values());
        held(call.send().await)
    }
}

fn held<T, E: ProvideErrorMetadata>(sent: Result<T, SdkError<E>>) -> Result<bool, Failure> {
    match sent {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(false),
        Err(error) => Err(failed("a row", &error)),
    }
}
