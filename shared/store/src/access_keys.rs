//! Access keys. A customer owns a limited number of them.

use custodian_app::Failure;
use custodian_app::ports::{
    AccessKeys, CreateAccessKeys, CreateOutcome, DeleteAccessKeys, QueryPage, RecordKeyUse, UpdateAccessKeys,
    WriteOutcome,
};
use custodian_app::retry::RetryBudget;
use custodian_domain::outbox_record::OutboxRecord;
use custodian_domain::{AccessKey, CustomerId, Status, Timestamp, access_key};
use uuid::Uuid;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::item::{composite_key, decode, decode_some, encode, n};
use crate::owned_row::{OwnedRowCondition, write_outcome};
use crate::resources::{row_key, version_is};
use crate::schema::ACCESS_KEYS;
use crate::transaction::Transaction;
use crate::{outbox, usage};

impl AccessKeys for Store {
    async fn access_key(&self, customer: CustomerId, id: Uuid) -> Result<Option<AccessKey>, Failure> {
        let request = self.client.get_item().table_name(self.table(ACCESS_KEYS)).consistent_read(true);
        let response = request.set_key(Some(row_key(customer, id))).send().await;
        decode_some(response.map_err(|error| aws_failure("the access keys", &error))?.item)
    }

    async fn access_keys(
        &self,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
    ) -> Result<QueryPage<AccessKey>, Failure> {
        self.owned_rows(ACCESS_KEYS, customer, below, limit).await?.try_map(decode)
    }
}

impl CreateAccessKeys for Store {
    async fn create_access_key(&self, key: &AccessKey) -> Result<CreateOutcome, Failure> {
        let tx = Transaction::new(self, RetryBudget::Request);
        let tx =
            usage::require_status(tx, OwnedRowCondition::Gate, key.customer_id, key.id, &[Status::Active])?;
        let tx = usage::count_up(tx, OwnedRowCondition::LimitReached, key.customer_id, ACCESS_KEYS)?;
        let new = Expr::new("attribute_not_exists(#id)");
        let tx =
            outbox::record(tx, OwnedRowCondition::Row, Some(&OutboxRecord::created(access_key::NOUN, key)))?;
        Ok(match tx.put(OwnedRowCondition::Row, ACCESS_KEYS, encode(key)?, new)?.run().await? {
            Ok(()) => CreateOutcome::Done,
            Err(OwnedRowCondition::Gate) => CreateOutcome::GateClosed,
            Err(OwnedRowCondition::LimitReached) => CreateOutcome::LimitReached,
            Err(_) => return Err(Failure::unavailable("a new id", "is already in use")),
        })
    }
}

impl UpdateAccessKeys for Store {
    async fn update_access_key(
        &self,
        before: &AccessKey,
        after: &AccessKey,
    ) -> Result<WriteOutcome, Failure> {
        let tx = Transaction::new(self, RetryBudget::Request);
        let tx = usage::require_status(
            tx,
            OwnedRowCondition::Gate,
            after.customer_id,
            after.id,
            &[Status::Active],
        )?;
        let tx =
            tx.put(OwnedRowCondition::Row, ACCESS_KEYS, encode(after)?, version_is(after.version - 1))?;
        let tx = outbox::record(
            tx,
            OwnedRowCondition::Row,
            OutboxRecord::updated(access_key::NOUN, before, after).as_ref(),
        )?;
        Ok(write_outcome(tx.run().await?))
    }
}

impl DeleteAccessKeys for Store {
    async fn delete_access_key(&self, key: &AccessKey, now: Timestamp) -> Result<WriteOutcome, Failure> {
        let tx = Transaction::new(self, RetryBudget::Request);
        let tx =
            usage::require_status(tx, OwnedRowCondition::Gate, key.customer_id, key.id, &[Status::Active])?;
        let tx = usage::count_down(tx, OwnedRowCondition::Row, key.customer_id, ACCESS_KEYS)?;
        let tx = outbox::record(
            tx,
            OwnedRowCondition::Row,
            Some(&OutboxRecord::deleted(access_key::NOUN, key, now)),
        )?;
        let row = row_key(key.customer_id, key.id);
        Ok(write_outcome(
            tx.delete(OwnedRowCondition::Row, ACCESS_KEYS, row, version_is(key.version))?.run().await?,
        ))
    }
}

impl RecordKeyUse for Store {
    async fn record_key_use(&self, key: &AccessKey, day: Timestamp) -> Result<(), Failure> {
        let update = Expr::new("SET #tm_last_used = :day").with(":day", n(day.micros()));
        let exists = Expr::new("attribute_exists(#id)");
        let row = composite_key("customer_id", key.customer_id, "id", key.id);
        self.update_if(ACCESS_KEYS, row, update, exists).await.map(|_| ())
    }
}
