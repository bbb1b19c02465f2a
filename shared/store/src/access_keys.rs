//! Access keys: rows of their customer, counted against a limit.

use custodian_app::Failure;
use custodian_app::ports::{
    AccessKeys, Counted, CreateAccessKeys, DeleteAccessKeys, NoteUse, Part, UpdateAccessKeys, Written,
};
use custodian_domain::note::Note;
use custodian_domain::{AccessKey, CustomerId, Status, Timestamp};
use uuid::Uuid;

use crate::Store;
use crate::expr::Expr;
use crate::item::{decode, decode_some, encode, key2, n};
use crate::resource_writes::{Guard, written};
use crate::resources::{at_version, row_key};
use crate::retry::Patience;
use crate::schema::ACCESS_KEYS;
use crate::transaction::{Transaction, failed};
use crate::{outbox, usage};

/// What a key is called in events.
pub(crate) const NOUN: &str = "accesskey";

impl AccessKeys for Store {
    async fn access_key(&self, customer: CustomerId, id: Uuid) -> Result<Option<AccessKey>, Failure> {
        let call = self.client.get_item().table_name(self.table(ACCESS_KEYS)).consistent_read(true);
        let answer = call.set_key(Some(row_key(customer, id))).send().await;
        decode_some(answer.map_err(|error| failed("the access keys", &error))?.item)
    }

    async fn access_keys(
        &self,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
    ) -> Result<Part<AccessKey>, Failure> {
        self.owned_rows(ACCESS_KEYS, customer, below, limit).await?.try_map(decode)
    }
}

impl CreateAccessKeys for Store {
    async fn create_access_key(&self, key: &AccessKey) -> Result<Counted, Failure> {
        let tx = Transaction::new(self, Patience::Request);
        let tx = usage::pass(tx, Guard::Gate, key.customer_id, key.id, &[Status::Active])?;
        let tx = usage::count_up(tx, Guard::Full, key.customer_id, ACCESS_KEYS)?;
        let new = Expr::new("attribute_not_exists(#id)");
        let tx = outbox::tell(tx, Guard::Row, Some(&Note::created(NOUN, key)))?;
        Ok(match tx.put(Guard::Row, ACCESS_KEYS, encode(key)?, new)?.run().await? {
            Ok(()) => Counted::Done,
            Err(Guard::Gate) => Counted::Closed,
            Err(Guard::Full) => Counted::Full,
            Err(_) => return Err(Failure::unavailable("a new id", "in use already")),
        })
    }
}

impl UpdateAccessKeys for Store {
    async fn update_access_key(&self, before: &AccessKey, after: &AccessKey) -> Result<Written, Failure> {
        let tx = Transaction::new(self, Patience::Request);
        let tx = usage::pass(tx, Guard::Gate, after.customer_id, after.id, &[Status::Active])?;
        let tx = tx.put(Guard::Row, ACCESS_KEYS, encode(after)?, at_version(after.version - 1))?;
        let tx = outbox::tell(tx, Guard::Row, Note::updated(NOUN, before, after).as_ref())?;
        Ok(written(tx.run().await?))
    }
}

impl DeleteAccessKeys for Store {
    async fn delete_access_key(&self, key: &AccessKey, now: Timestamp) -> Result<Written, Failure> {
        let tx = Transaction::new(self, Patience::Request);
        let tx = usage::pass(tx, Guard::Gate, key.customer_id, key.id, &[Status::Active])?;
        let tx = usage::count_down(tx, Guard::Row, key.customer_id, ACCESS_KEYS)?;
        let tx = outbox::tell(tx, Guard::Row, Some(&Note::deleted(NOUN, key, now)))?;
        let row = row_key(key.customer_id, key.id);
        Ok(written(tx.delete(Guard::Row, ACCESS_KEYS, row, at_version(key.version))?.run().await?))
    }
}

impl NoteUse for Store {
    async fn note_use(&self, key: &AccessKey, day: Timestamp) -> Result<(), Failure> {
        let update = Expr::new("SET #tm_last_used = :day").with(":day", n(day.micros()));
        let there = Expr::new("attribute_exists(#id)");
        let row = key2("customer_id", key.customer_id, "id", key.id);
        self.update_if(ACCESS_KEYS, row, update, there).await.map(|_| ())
    }
}
