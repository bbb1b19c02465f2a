//! Counters of attempts: one row a key and window, removed by its time to live.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use custodian_app::Failure;
use custodian_app::ports::{Reserved, Throttles};
use custodian_domain::Timestamp;

use crate::Store;
use crate::expr::Expr;
use crate::item::{Item, key, n};
use crate::retry::{Patience, Race};
use crate::schema::THROTTLE;
use crate::transaction::failed;

impl Throttles for Store {
    async fn reserve(
        &self,
        name: &str,
        most: u32,
        window: Duration,
        now: Timestamp,
    ) -> Result<Reserved, Failure> {
        let mut race = Race::new("the throttle", Patience::Request);
        loop {
            // Most of those who try have no window, since who succeeds leaves none.
            if self.open_window(name, now.plus(window), now).await? {
                return Ok(Reserved::Yes);
            }
            let Some(row) = self.count_in_window(name, most, now).await? else { return Ok(Reserved::Yes) };
            let instant = |name: &str| {
                let text = row.get(name).and_then(|value| value.as_n().ok());
                text.and_then(|text| text.parse().ok()).map(Timestamp::from_micros)
            };
            match instant("ends") {
                Some(until) if now < until => {
                    return Ok(Reserved::Full { until, last: instant("last").unwrap_or(until) });
                }
                // It has just been closed.
                _ => race.again(&*self.entropy).await?,
            }
        }
    }

    /// A window that is empty then is removed: who has just logged in is to look like who never tried.
    async fn give_back(&self, name: &str) -> Result<(), Failure> {
        if self.close_window(name).await? {
            return Ok(());
        }
        let update = Expr::new("SET #n = #n - :one").with(":one", n(1));
        let some = Expr::new("attribute_exists(#id) AND #n > :one");
        self.update_if(THROTTLE, key("id", name), update, some).await.map(|_| ())
    }
}

impl Store {
    /// Counts in the present window; the row as it is if it is full, has ended or is not there.
    async fn count_in_window(&self, name: &str, most: u32, now: Timestamp) -> Result<Option<Item>, Failure> {
        let update = Expr::new("SET #n = #n + :one, #last = :now").with(":one", n(1));
        let open = Expr::new("attribute_exists(#id) AND #ends > :now AND #n < :most")
            .with(":now", n(now.micros()))
            .with(":most", n(most));
        let both = update.joined_with(&open);
        let call = self.client.update_item().table_name(self.table(THROTTLE)).set_key(Some(key("id", name)));
        let call = call
            .set_update_expression(update.text())
            .set_condition_expression(open.text())
            .set_expression_attribute_names(both.names())
            .set_expression_attribute_values(both.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = call.send().await else { return Ok(None) };
        match error.as_service_error() {
            Some(
                aws_sdk_dynamodb::operation::update_item::UpdateItemError::ConditionalCheckFailedException(
                    full,
                ),
            ) => Ok(Some(full.item().cloned().unwrap_or_default())),
            _ => Err(failed("the throttle", &error)),
        }
    }

    /// Removes a window with one attempt in it; false if there are others.
    async fn close_window(&self, name: &str) -> Result<bool, Failure> {
        let last = Expr::new("#n = :one").with(":one", n(1));
        self.delete_if(THROTTLE, key("id", name), last).await
    }

    /// Opens a window with one attempt in it; false if there is one already.
    async fn open_window(&self, name: &str, ends: Timestamp, now: Timestamp) -> Result<bool, Failure> {
        let mut row = key("id", name);
        row.insert("n".to_owned(), n(1));
        row.insert("ends".to_owned(), n(ends.micros()));
        row.insert("last".to_owned(), n(now.micros()));
        row.insert("ttl".to_owned(), AttributeValue::N((ends.seconds() + 60).to_string()));
        let over = Expr::new("attribute_not_exists(#id) OR #ends <= :now").with(":now", n(now.micros()));
        self.put_if(THROTTLE, row, over).await
    }
}
