//! Access keys. A customer owns a limited number of them.

use custodian_app::Failure;
use custodian_app::ports::{
    AccessKeys, CreateAccessKeys, DeleteAccessKeys, KeyCreateOutcome, KeyDeleteOutcome, KeysToRevoke,
    QueryPage, RecordKeyUse, UpdateAccessKeys, WriteOutcome,
};
use custodian_app::request_origin::AuditedAction;
use custodian_app::retry::RetryBudget;
use custodian_domain::outbox_record::OutboxRecord;
use custodian_domain::{AccessKey, CustomerId, Principal, Status, Timestamp, access_key};
use uuid::Uuid;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::caller::require_caller;
use crate::expr::Expr;
use crate::item::{composite_key, decode, decode_some, encode, n, number_attribute};
use crate::owned_row::{OwnedRowCondition, write_outcome};
use crate::resources::{row_key, version_is};
use crate::schema::{ACCESS_KEYS, USAGE};
use crate::transaction::Transaction;
use crate::{audit_log, counters, outbox, usage, usage_rows};

/// A limit that exceeds the number of an account's keys, so that one query returns all of them.
const ALL_KEYS: usize = 1000;

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

/// The conditions of a transaction that creates or deletes keys.
#[derive(Clone, Copy, Debug)]
enum KeyCondition {
    Gate,
    Row,
    LimitReached,
    /// The credential of the caller is still valid.
    Caller,
    /// The account's keys are those that were listed.
    Keys,
}

impl CreateAccessKeys for Store {
    async fn create_access_key(
        &self,
        key: &AccessKey,
        caller: &Principal,
    ) -> Result<KeyCreateOutcome, Failure> {
        let tx = Transaction::new(self, RetryBudget::Short);
        let tx = usage::require_status(tx, KeyCondition::Gate, key.customer_id, key.id, &[Status::Active])?;
        let tx = require_caller(tx, KeyCondition::Caller, caller, key.tm_create)?;
        let tx = counters::count_up(tx, KeyCondition::LimitReached, key.customer_id, ACCESS_KEYS)?;
        let new = Expr::new("attribute_not_exists(#id)");
        let created = OutboxRecord::created(access_key::NOUN, key);
        let tx = outbox::record(tx, KeyCondition::Row, Some(&created))?;
        let tx = audit_log::record(tx, KeyCondition::Row, AuditedAction::of_row(&created))?;
        Ok(match tx.put(KeyCondition::Row, ACCESS_KEYS, encode(key)?, new)?.run().await? {
            Ok(()) => KeyCreateOutcome::Done,
            Err(KeyCondition::Gate) => KeyCreateOutcome::GateClosed,
            Err(KeyCondition::Caller) => KeyCreateOutcome::CallerRevoked,
            Err(KeyCondition::LimitReached) => KeyCreateOutcome::LimitReached,
            Err(KeyCondition::Row | KeyCondition::Keys) => {
                return Err(Failure::unavailable("a new id", "is already in use"));
            }
        })
    }
}

/// Deletes the keys to revoke, on condition that the account's keys are those that were listed.
pub(crate) fn revoke<'a, C: Copy>(
    mut tx: Transaction<'a, C>,
    on_failure: C,
    customer: CustomerId,
    revoked: &KeysToRevoke,
    now: Timestamp,
) -> Result<Transaction<'a, C>, Failure> {
    let KeysToRevoke { keys, change_count } = revoked;
    tx = counters::count_down_if_unchanged(tx, on_failure, customer, ACCESS_KEYS, keys.len(), *change_count)?;
    delete_rows(tx, on_failure, keys, now)
}

/// Deletes the rows of keys, without counting them.
fn delete_rows<'a, C: Copy>(
    mut tx: Transaction<'a, C>,
    on_failure: C,
    keys: &[AccessKey],
    now: Timestamp,
) -> Result<Transaction<'a, C>, Failure> {
    for key in keys {
        let deleted = OutboxRecord::deleted(access_key::NOUN, key, now);
        tx = outbox::record(tx, on_failure, Some(&deleted))?;
        let row = row_key(key.customer_id, key.id);
        tx = tx.delete(on_failure, ACCESS_KEYS, row, version_is(key.version))?;
    }
    Ok(tx)
}

impl UpdateAccessKeys for Store {
    async fn update_access_key(
        &self,
        before: &AccessKey,
        after: &AccessKey,
    ) -> Result<WriteOutcome, Failure> {
        let tx = Transaction::new(self, RetryBudget::Short);
        let tx = usage::require_status(
            tx,
            OwnedRowCondition::Gate,
            after.customer_id,
            after.id,
            &[Status::Active],
        )?;
        let rows = (&encode(before)?, &encode(after)?);
        let key = row_key(after.customer_id, after.id);
        let tx = tx.replace(OwnedRowCondition::Row, ACCESS_KEYS, key, rows, version_is(after.version - 1))?;
        let updated = OutboxRecord::updated(access_key::NOUN, before, after);
        let mut tx = outbox::record(tx, OwnedRowCondition::Row, updated.as_ref())?;
        if let Some(updated) = &updated {
            tx = audit_log::record(tx, OwnedRowCondition::Row, AuditedAction::of_row(updated))?;
        }
        Ok(write_outcome(tx.run().await?))
    }
}

impl DeleteAccessKeys for Store {
    async fn keys_made_through(&self, customer: CustomerId, maker: Uuid) -> Result<KeysToRevoke, Failure> {
        // The count is read first. If it were read after the list, nobody would notice a key that was created in between.
        let change_count = self.key_change_count(customer).await?;
        let mut keys = self.access_keys(customer, None, ALL_KEYS).await?.rows;
        keys.retain(|key| key.was_made_through(maker));
        Ok(KeysToRevoke { keys, change_count })
    }

    async fn delete_access_key(
        &self,
        key: &AccessKey,
        revoked: Option<&KeysToRevoke>,
        now: Timestamp,
    ) -> Result<KeyDeleteOutcome, Failure> {
        let tx = Transaction::new(self, RetryBudget::Short);
        let mut tx =
            usage::require_status(tx, KeyCondition::Gate, key.customer_id, key.id, &[Status::Active])?;
        tx = delete_rows(tx, KeyCondition::Row, std::slice::from_ref(key), now)?;
        tx = match revoked {
            None => counters::count_down(tx, KeyCondition::Row, key.customer_id, ACCESS_KEYS)?,
            Some(KeysToRevoke { keys, change_count }) => {
                let (condition, deleted) = (KeyCondition::Keys, keys.len() + 1);
                tx = counters::count_down_if_unchanged(
                    tx,
                    condition,
                    key.customer_id,
                    ACCESS_KEYS,
                    deleted,
                    *change_count,
                )?;
                delete_rows(tx, condition, keys, now)?
            }
        };
        let deleted = OutboxRecord::deleted(access_key::NOUN, key, now);
        tx = audit_log::record(tx, KeyCondition::Row, AuditedAction::of_row(&deleted).with_keys(revoked))?;
        Ok(match tx.run().await? {
            Ok(()) => KeyDeleteOutcome::Done,
            Err(KeyCondition::Gate) => KeyDeleteOutcome::GateClosed,
            Err(KeyCondition::Keys) => KeyDeleteOutcome::KeysChanged,
            Err(_) => KeyDeleteOutcome::Stale,
        })
    }
}

impl Store {
    /// How often the counter of an account's keys has changed.
    async fn key_change_count(&self, customer: CustomerId) -> Result<i64, Failure> {
        let request = self.client.get_item().table_name(self.table(USAGE)).consistent_read(true);
        let response = request.set_key(Some(usage_rows::counter_key(customer, ACCESS_KEYS))).send().await;
        let item = response.map_err(|error| aws_failure("the usage counters", &error))?.item;
        Ok(number_attribute(&item.unwrap_or_default(), usage_rows::CHANGE_COUNT))
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
