//! The brake, and the number of deletions within the last hour.
//!
//! Every transaction that ends an account checks the brake, except that of a restore run. To keep these transactions from
//! conflicting with each other, the brake has many rows, which are set together. A missing row means that the brake was never set.

use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::Failure;
use custodian_app::brake::slots_of_hour;
use custodian_app::ports::DeletionBrake;
use custodian_app::retry::{Retry, RetryBudget};
use custodian_domain::{Brake, CustomerId, Timestamp};
use futures::future::try_join_all;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::item::{Item, composite_key, decode_some, encode, n, number_attribute, simple_key};
use crate::row_change::overwrite;
use crate::schema::{DELETIONS, THROTTLE};
use crate::transaction::Transaction;

/// The number of rows. One transaction can set this many.
const ROWS: u8 = 64;

pub(crate) fn row_key(row: u8) -> Item {
    composite_key("customer_id", "platform", "key", format!("brake#{row}"))
}

fn slot_key(slot: i64) -> Item {
    simple_key("id", format!("deletions#{slot}"))
}

/// Requires that the brake is off.
pub(crate) fn require_off<C: Copy>(
    tx: Transaction<'_, C>,
    on_failure: C,
    customer: CustomerId,
) -> Result<Transaction<'_, C>, Failure> {
    let is_off = Expr::new("attribute_not_exists(#paused) OR #paused = :off")
        .with(":off", AttributeValue::Bool(false));
    tx.check(on_failure, DELETIONS, row_key(customer.0.as_bytes()[15] % ROWS), is_off)
}

impl DeletionBrake for Store {
    async fn brake(&self) -> Result<Brake, Failure> {
        let request = self.client.get_item().table_name(self.table(DELETIONS)).consistent_read(true);
        let response = request.set_key(Some(row_key(0))).send().await;
        let brake = decode_some(response.map_err(|error| aws_failure("the brake", &error))?.item)?;
        Ok(brake.unwrap_or_default())
    }

    async fn store_brake(&self, brake: &Brake) -> Result<(), Failure> {
        if !brake.paused
            && let Some(now) = brake.tm_update
        {
            // The operator permits the deletions that tripped the brake, so they must not trip it again. The counters are
            // deleted before the brake is released, because until then no deletion starts that would have to be counted.
            let slots = slots_of_hour(now)
                .map(|slot| self.delete_if(THROTTLE, slot_key(slot), Expr::unconditional("id")));
            try_join_all(slots).await?;
        }
        let mut retry = Retry::new("the brake", RetryBudget::Long);
        let exists = Expr::new("attribute_exists(#key)");
        while !(self.update_brake(brake, &exists).await? || self.create_brake(brake).await?) {
            // Another request has just created the rows.
            retry.wait(&*self.entropy).await?;
        }
        Ok(())
    }

    async fn trip_brake(&self, read: &Brake, tripped: &Brake) -> Result<bool, Failure> {
        let Some(tm_update) = read.tm_update else { return self.create_brake(tripped).await };
        let is_unchanged = Expr::new("#tm_update = :tm_update").with(":tm_update", n(tm_update.micros()));
        self.update_brake(tripped, &is_unchanged).await
    }

    async fn count_deletion(&self, now: Timestamp) -> Result<u64, Failure> {
        let present = slots_of_hour(now).next().unwrap_or_default();
        let ttl = now.seconds() + 2 * 3600;
        let update = Expr::new("ADD #n :one SET #ttl = :ttl").with(":one", n(1)).with(":ttl", n(ttl));
        self.update_if(THROTTLE, slot_key(present), update, Expr::unconditional("id")).await?;
        self.deletions_within_an_hour(now).await
    }

    async fn deletions_within_an_hour(&self, now: Timestamp) -> Result<u64, Failure> {
        let keys = slots_of_hour(now).map(slot_key).collect();
        let slots = self.batch_get(vec![(THROTTLE, keys)]).await?.into_values().flatten();
        let deletions: i64 = slots.map(|slot| number_attribute(&slot, "n")).sum();
        Ok(u64::try_from(deletions).unwrap_or(0))
    }
}

impl Store {
    /// Sets the rows of the brake. Returns false if the condition fails.
    async fn update_brake(&self, brake: &Brake, condition: &Expr) -> Result<bool, Failure> {
        let after = encode(brake)?;
        let mut tx = Transaction::new(self, RetryBudget::Long);
        for row in 0..ROWS {
            let Some(update) = overwrite(&Item::new(), &after, &["set_by", "tm_update"]) else {
                return Ok(false);
            };
            tx = tx.update((), DELETIONS, row_key(row), update, condition.clone())?;
        }
        Ok(tx.run().await?.is_ok())
    }

    /// Creates the rows of the brake. Returns false if they exist.
    async fn create_brake(&self, brake: &Brake) -> Result<bool, Failure> {
        let mut tx = Transaction::new(self, RetryBudget::Long);
        for row in 0..ROWS {
            let mut item = encode(brake)?;
            item.extend(row_key(row));
            tx = tx.put((), DELETIONS, item, Expr::new("attribute_not_exists(#key)"))?;
        }
        Ok(tx.run().await?.is_ok())
    }
}
