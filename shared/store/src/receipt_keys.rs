//! The keys of the receipts. The private key has a table of its own, which only two functions may read: `reconcile`, which issues
//! the receipts, and `platform-setup`.

use aws_sdk_dynamodb::types::AttributeValue;
use custodian_app::Failure;
use custodian_app::ports::{ManageReceiptKeys, PublishedReceiptKeys, ReceiptKeys};
use custodian_app::retry::RetryBudget;
use custodian_auth::Signer;
use custodian_auth::receipt::ReceiptKey;
use custodian_domain::Secret;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::item::{Item, decode_some, encode, s, simple_key};
use crate::schema::{RECEIPT_SIGNING_KEYS, RECEIPT_VERIFYING_KEYS};
use crate::transaction::Transaction;

/// The id of the row with the current private key.
const CURRENT_KEY: &str = "current";
/// The id of the row with all public keys.
const PUBLISHED: &str = "published";

#[derive(Serialize, Deserialize)]
struct PrivateKeyRow {
    id: String,
    key_id: String,
    private: Secret,
}

/// All public keys, the newest last. One row, so that a read always finds every key.
#[derive(Default, Serialize, Deserialize)]
struct PublishedRow {
    id: String,
    keys: Vec<ReceiptKey>,
}

impl PrivateKeyRow {
    fn new(key: &Signer, private: Secret) -> Self {
        Self { id: CURRENT_KEY.to_owned(), key_id: key.key_id().to_owned(), private }
    }
}

impl ReceiptKeys for Store {
    async fn receipt_signer(&self) -> Result<Option<Signer>, Failure> {
        let row: Option<PrivateKeyRow> = decode_some(self.key_row(RECEIPT_SIGNING_KEYS, CURRENT_KEY).await?)?;
        Ok(row.and_then(|row| Signer::new(row.key_id, &row.private)))
    }
}

impl PublishedReceiptKeys for Store {
    async fn receipt_keys(&self) -> Result<Vec<ReceiptKey>, Failure> {
        let row: Option<PublishedRow> = decode_some(self.key_row(RECEIPT_VERIFYING_KEYS, PUBLISHED).await?)?;
        Ok(row.unwrap_or_default().keys)
    }
}

impl ManageReceiptKeys for Store {
    async fn store_first_receipt_key(&self, key: &Signer, private: Secret) -> Result<(), Failure> {
        if self.receipt_signer().await?.is_some() {
            return Ok(());
        }
        let tx = Transaction::new(self, RetryBudget::Long);
        let tx = tx.put((), RECEIPT_SIGNING_KEYS, encode(&PrivateKeyRow::new(key, private))?, is_new())?;
        let published = PublishedRow { id: PUBLISHED.to_owned(), keys: vec![key.receipt_key()] };
        let tx = tx.put((), RECEIPT_VERIFYING_KEYS, encode(&published)?, is_new())?;
        if tx.run().await?.is_ok() || self.receipt_signer().await?.is_some() {
            return Ok(());
        }
        Err(Failure::unavailable(
            "the receipt keys",
            "one of the two tables has a key that the other lacks, or an unreadable one",
        ))
    }

    async fn replace_receipt_key(
        &self,
        current: &Signer,
        next: &Signer,
        private: Secret,
    ) -> Result<(), Failure> {
        let replace = Expr::new("SET #key_id = :next, #private = :private")
            .with(":next", s(next.key_id()))
            .with(":private", s(private.expose()));
        let is_current = Expr::new("#key_id = :current").with(":current", s(current.key_id()));
        let key = AttributeValue::M(encode(&next.receipt_key())?);
        let publish =
            Expr::new("SET #keys = list_append(#keys, :next)").with(":next", AttributeValue::L(vec![key]));
        let exists = Expr::new("attribute_exists(#id)");
        let tx = Transaction::new(self, RetryBudget::Long);
        let tx = tx.update((), RECEIPT_SIGNING_KEYS, simple_key("id", CURRENT_KEY), replace, is_current)?;
        let tx = tx.update((), RECEIPT_VERIFYING_KEYS, simple_key("id", PUBLISHED), publish, exists)?;
        tx.run()
            .await?
            .map_err(|()| Failure::unavailable("the key of the receipts", "was replaced concurrently"))
    }
}

fn is_new() -> Expr {
    Expr::new("attribute_not_exists(#id)")
}

impl Store {
    async fn key_row(&self, table: &str, id: &str) -> Result<Option<Item>, Failure> {
        let request = self.client.get_item().table_name(self.table(table)).consistent_read(true);
        let response = request.set_key(Some(simple_key("id", id))).send().await;
        Ok(response.map_err(|error| aws_failure("the keys of the receipts", &error))?.item)
    }
}
