//! Idempotency records. A customer owns its records, and its cascade deletes them. The response to an operator is stored with
//! the customer that it is about.

use std::time::Duration;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use custodian_app::Failure;
use custodian_app::ports::{BeginOutcome, EarlierRecord, Idempotency, IdempotencyRecord};
use custodian_app::request_conditions::IdempotencyLease;
use custodian_app::retry::RetryBudget;
use custodian_domain::{CustomerId, Status, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::idempotency_lease::{held_by, row_key};
use crate::item::{Item, composite_key, decode_some, encode, n, s};
use crate::response_budget::gate_selector;
use crate::schema::IDEMPOTENCY;
use crate::transaction::Transaction;
use crate::usage;

/// How long the lease of a request lasts.
const LEASE_DURATION: Duration = Duration::from_secs(30);
/// How long the store replays a response.
const RESPONSE_RETENTION: Duration = Duration::from_secs(86_400);

/// The attribute of the encrypted response.
const ANSWER: &str = "answer";
/// The ciphertext as binary, which takes a quarter less than its base64.
fn answer_attribute(encrypted_response: &str) -> AttributeValue {
    match STANDARD.decode(encrypted_response) {
        Ok(bytes) => AttributeValue::B(Blob::new(bytes)),
        Err(_) => s(encrypted_response),
    }
}

/// The conditions of a write to an idempotency record.
#[derive(Clone, Copy)]
enum IdempotencyCondition {
    Gate,
    Row,
    /// The record of an earlier release.
    EarlierRow,
}

impl Idempotency for Store {
    async fn begin(
        &self,
        lease: &IdempotencyLease,
        body_mac: &str,
        earlier: EarlierRecord<'_>,
        now: Timestamp,
    ) -> Result<BeginOutcome, Failure> {
        let record = IdempotencyRecord {
            body_mac: body_mac.to_owned(),
            encrypted_response: None,
            about_customer: None,
            done: false,
            lease_id: lease.lease_id.clone(),
            lease_until: now.plus(LEASE_DURATION),
        };
        let mut row = encode(&record)?;
        row.extend(row_key(lease));
        row.insert("ttl".to_owned(), n(now.plus(RESPONSE_RETENTION).seconds()));
        row.insert("ends".to_owned(), n(now.plus(RESPONSE_RETENTION).micros()));
        let tx = Transaction::without_idempotency(self, RetryBudget::Short);
        let tx = usage::require_status(
            tx,
            IdempotencyCondition::Gate,
            lease.customer_id,
            gate_selector(lease.customer_id, lease),
            Status::NOT_TERMINAL,
        )?;
        let earlier_key = composite_key("customer_id", lease.customer_id, "key", earlier.key);
        let tx = tx.check(
            IdempotencyCondition::EarlierRow,
            IDEMPOTENCY,
            earlier_key,
            is_available(earlier.body_mac, now),
        )?;
        let tx = tx.put(IdempotencyCondition::Row, IDEMPOTENCY, row, is_available(body_mac, now))?;
        match tx.run().await? {
            Ok(()) => Ok(BeginOutcome::Started),
            Err(IdempotencyCondition::Gate) => Ok(BeginOutcome::GateClosed),
            Err(IdempotencyCondition::Row) => {
                self.existing_record(lease).await.map(|record| BeginOutcome::Recorded(Box::new(record)))
            }
            Err(IdempotencyCondition::EarlierRow) => {
                let earlier = IdempotencyLease { key: earlier.key.to_owned(), ..lease.clone() };
                let record = self.existing_record(&earlier).await?;
                Ok(BeginOutcome::RecordedEarlier(Box::new(record)))
            }
        }
    }

    async fn store_response(
        &self,
        lease: &IdempotencyLease,
        about_customer: CustomerId,
        encrypted_response: &str,
        now: Timestamp,
    ) -> Result<(), Failure> {
        if about_customer != lease.customer_id {
            return self.store_with_other_account(lease, about_customer, encrypted_response, now).await;
        }
        let answer = answer_attribute(encrypted_response);
        if !self.may_keep(lease, &answer, now).await? {
            // The request has ended, so a repetition must not find it running.
            let ended = Expr::new("SET #lease_until = :now").with(":now", n(now.micros()));
            return self.update_if(IDEMPOTENCY, row_key(lease), ended, held_by(lease)).await.map(|_| ());
        }
        let update = Expr::new("SET #answer = :answer, #done = :done");
        let update = update.with(":answer", answer).with(":done", AttributeValue::Bool(true));
        self.update_if(IDEMPOTENCY, row_key(lease), update, held_by(lease)).await.map(|_| ())
    }

    async fn remove_record(&self, lease: &IdempotencyLease) -> Result<(), Failure> {
        // If the effect is committed, the record must remain. Otherwise a repetition would have the effect again.
        let is_held_without_effect = Expr::new("#lease = :lease AND #done = :no")
            .with(":lease", s(&lease.lease_id))
            .with(":no", AttributeValue::Bool(false));
        self.delete_if(IDEMPOTENCY, row_key(lease), is_held_without_effect).await.map(|_| ())
    }
}

/// Whether no record of the last day exists that is done, has an unexpired lease, or belongs to another body.
fn is_available(body_mac: &str, now: Timestamp) -> Expr {
    let is_available = Expr::new(
        "attribute_not_exists(#key) OR #ends <= :now OR (#done = :no AND #lease_until <= :now AND #body_mac = :mac)",
    );
    is_available
        .with(":now", n(now.micros()))
        .with(":no", AttributeValue::Bool(false))
        .with(":mac", s(body_mac))
}

/// The primary key of the row of a response about an account other than the caller's. That account owns the row, so its cascade
/// deletes the row.
fn response_row_key(about_customer: CustomerId, lease: &IdempotencyLease) -> Item {
    composite_key("customer_id", about_customer, "key", format!("answer#{}", lease.key))
}

/// A response that is stored with another account.
#[derive(Debug, Deserialize)]
struct StoredResponse {
    #[serde(rename = "answer")]
    encrypted_response: String,
}

impl Store {
    /// Stores the response to an operator with the account that it is about; the operator's record stores only that account's id.
    /// If that account was deleted or expired in the meantime, the response is not stored at all.
    async fn store_with_other_account(
        &self,
        lease: &IdempotencyLease,
        about_customer: CustomerId,
        encrypted_response: &str,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let update = Expr::new("SET #tells_of = :account, #done = :done");
        let update = update.with(":account", s(about_customer)).with(":done", AttributeValue::Bool(true));
        let mut row = response_row_key(about_customer, lease);
        row.insert(ANSWER.to_owned(), answer_attribute(encrypted_response));
        row.insert("ttl".to_owned(), n(now.plus(RESPONSE_RETENTION).seconds()));
        let tx = Transaction::without_idempotency(self, RetryBudget::Short);
        let tx = usage::require_status(
            tx,
            IdempotencyCondition::Gate,
            about_customer,
            gate_selector(about_customer, lease),
            Status::NOT_TERMINAL,
        )?;
        // An earlier request may have used the same key. If its expired response is still stored, this overwrites it.
        let tx = tx.put(IdempotencyCondition::Row, IDEMPOTENCY, row, Expr::unconditional("key"))?;
        let tx = tx.update(
            IdempotencyCondition::Row,
            IDEMPOTENCY,
            row_key(lease),
            update.clone(),
            held_by(lease),
        )?;
        match tx.run().await? {
            Ok(()) | Err(IdempotencyCondition::Row | IdempotencyCondition::EarlierRow) => Ok(()),
            Err(IdempotencyCondition::Gate) => {
                self.update_if(IDEMPOTENCY, row_key(lease), update, held_by(lease)).await.map(|_| ())
            }
        }
    }

    async fn idempotency_row<T: DeserializeOwned>(&self, key: Item) -> Result<Option<T>, Failure> {
        let request = self.client.get_item().table_name(self.table(IDEMPOTENCY)).consistent_read(true);
        let response = request.set_key(Some(key)).send().await;
        let mut row = response.map_err(|error| aws_failure("the idempotency records", &error))?.item;
        // The port has the ciphertext as base64.
        if let Some(answer) = row.as_mut().and_then(|row| row.get_mut(ANSWER))
            && let AttributeValue::B(bytes) = answer
        {
            *answer = s(STANDARD.encode(bytes.as_ref()));
        }
        decode_some(row)
    }

    async fn existing_record(&self, lease: &IdempotencyLease) -> Result<IdempotencyRecord, Failure> {
        let removed = || Failure::unavailable("the idempotency record", "was removed concurrently");
        let mut record: IdempotencyRecord =
            self.idempotency_row(row_key(lease)).await?.ok_or_else(removed)?;
        if let Some(account) = record.about_customer {
            let stored: Option<StoredResponse> =
                self.idempotency_row(response_row_key(account, lease)).await?;
            record.encrypted_response = stored.map(|stored| stored.encrypted_response);
        }
        Ok(record)
    }
}
