//! Rate limit counters. Each key has a row for its current window, which TTL deletes.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use custodian_app::Failure;
use custodian_app::ports::{ReserveOutcome, Throttle};
use custodian_app::retry::{Retry, RetryBudget};
use custodian_domain::Timestamp;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::item::{Item, n, simple_key};
use crate::schema::THROTTLE;

impl Throttle for Store {
    async fn reserve(
        &self,
        name: &str,
        max: u32,
        window: Duration,
        now: Timestamp,
    ) -> Result<ReserveOutcome, Failure> {
        let mut retry = Retry::new("the throttle", RetryBudget::Request);
        loop {
            // Try to open a window first: usually none is open, because a successful sign-in releases its reservation.
            if self.open_window(name, now.plus(window), now).await? {
                return Ok(ReserveOutcome::Reserved);
            }
            let Some(row) = self.count_in_window(name, max, now).await? else {
                return Ok(ReserveOutcome::Reserved);
            };
            let timestamp = |name: &str| {
                let text = row.get(name).and_then(|value| value.as_n().ok());
                text.and_then(|text| text.parse().ok()).map(Timestamp::from_micros)
            };
            match timestamp("ends") {
                Some(until) if now < until => {
                    return Ok(ReserveOutcome::LimitReached {
                        until,
                        last: timestamp("last").unwrap_or(until),
                    });
                }
                // The window expired or was closed after the first write, so a retry can open a new one.
                _ => retry.wait(&*self.entropy).await?,
            }
        }
    }

    /// Deletes the window together with its last reservation, so that a successful sign-in leaves no trace.
    async fn release(&self, name: &str) -> Result<(), Failure> {
        if self.close_window(name).await? {
            return Ok(());
        }
        let update = Expr::new("SET #n = #n - :one").with(":one", n(1));
        let is_reserved = Expr::new("attribute_exists(#id) AND #n > :one");
        self.update_if(THROTTLE, simple_key("id", name), update, is_reserved).await.map(|_| ())
    }
}

impl Store {
    /// Adds a reservation to the open window. If the window is full or expired, returns its row. If no window exists, returns
    /// an empty row.
    async fn count_in_window(&self, name: &str, max: u32, now: Timestamp) -> Result<Option<Item>, Failure> {
        let update = Expr::new("SET #n = #n + :one, #last = :now").with(":one", n(1));
        let has_capacity = Expr::new("attribute_exists(#id) AND #ends > :now AND #n < :max")
            .with(":now", n(now.micros()))
            .with(":max", n(max));
        let combined = update.joined_with(&has_capacity);
        let request =
            self.client.update_item().table_name(self.table(THROTTLE)).set_key(Some(simple_key("id", name)));
        let request = request
            .set_update_expression(update.text())
            .set_condition_expression(has_capacity.text())
            .set_expression_attribute_names(combined.names())
            .set_expression_attribute_values(combined.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = request.send().await else { return Ok(None) };
        match error.as_service_error() {
            Some(
                aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(
                    failed_check,
                ),
            ) => Ok(Some(failed_check.item().cloned().unwrap_or_default())),
            _ => Err(aws_failure("the throttle", &error)),
        }
    }

    /// Deletes a window that has a single reservation. Returns whether it did.
    async fn close_window(&self, name: &str) -> Result<bool, Failure> {
        let is_single = Expr::new("#n = :one").with(":one", n(1));
        self.delete_if(THROTTLE, simple_key("id", name), is_single).await
    }

    /// Opens a window with one reservation. Returns false if a window is already open.
    async fn open_window(&self, name: &str, ends: Timestamp, now: Timestamp) -> Result<bool, Failure> {
        let mut row = simple_key("id", name);
        row.insert("n".to_owned(), n(1));
        row.insert("ends".to_owned(), n(ends.micros()));
        row.insert("last".to_owned(), n(now.micros()));
        row.insert("ttl".to_owned(), AttributeValue::N((ends.seconds() + 60).to_string()));
        let is_over = Expr::new("attribute_not_exists(#id) OR #ends <= :now").with(":now", n(now.micros()));
        self.put_if(THROTTLE, row, is_over).await
    }
}
