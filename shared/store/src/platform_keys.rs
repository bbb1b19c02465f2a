//! The keys of login tokens, and the secret of the keyed hashes. `receipt_keys` has those of receipts. Only the functions that sign
//! tokens, and `platform-setup`, may read the table of the private key.

use custodian_app::Failure;
use custodian_app::ports::{PlatformKeySet, SigningKeys, VerifyingKeys};
use custodian_app::retry::RetryBudget;
use custodian_auth::{KeyRing, KeyedHasher, Signer};
use custodian_domain::Secret;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::aws_failure::aws_failure;
use crate::expr::Expr;
use crate::item::{Item, decode, decode_some, encode, s, simple_key};
use crate::schema::{SIGNING_KEYS, VERIFYING_KEYS};
use crate::transaction::Transaction;

/// The id of the row with the current signing key.
const CURRENT_KEY: &str = "current";

#[derive(Debug, Serialize, Deserialize)]
struct SigningKeyRow {
    id: String,
    key_id: String,
    private: Secret,
}

/// The id of the row with the secret of the keyed hashes. It is in the table of the public keys.
const KEYED_HASH_SECRET_ROW: &str = "pseudonyms";

#[derive(Debug, Serialize, Deserialize)]
struct VerifyingKeyRow {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public: Option<String>,
    #[serde(rename = "pseudonyms", default, skip_serializing_if = "Option::is_none")]
    keyed_hash_secret: Option<Secret>,
}

impl SigningKeys for Store {
    async fn signer(&self) -> Result<Option<Signer>, Failure> {
        let request = self.client.get_item().table_name(self.table(SIGNING_KEYS)).consistent_read(true);
        let response = request.set_key(Some(simple_key("id", CURRENT_KEY))).send().await;
        let row: Option<SigningKeyRow> =
            decode_some(response.map_err(|error| aws_failure("the signing key", &error))?.item)?;
        Ok(row.and_then(|row| Signer::new(row.key_id, &row.private)))
    }

    async fn store_first_key(
        &self,
        key_id: &str,
        private: Secret,
        keyed_hash_secret: Secret,
    ) -> Result<(), Failure> {
        if self.signer().await?.is_none() {
            let row = SigningKeyRow { id: CURRENT_KEY.to_owned(), key_id: key_id.to_owned(), private };
            self.put_if_absent(SIGNING_KEYS, encode(&row)?).await?;
        }
        let secret = VerifyingKeyRow {
            id: KEYED_HASH_SECRET_ROW.to_owned(),
            public: None,
            keyed_hash_secret: Some(keyed_hash_secret),
        };
        self.put_if_absent(VERIFYING_KEYS, encode(&secret)?).await?;
        // Another run may have stored its key first, or crashed before this step. So publish the stored key, not this one.
        let stored =
            self.signer().await?.ok_or_else(|| Failure::unavailable("the signing key", "is not stored"))?;
        let public = VerifyingKeyRow {
            id: stored.key_id().to_owned(),
            public: Some(stored.public()),
            keyed_hash_secret: None,
        };
        self.put_if_absent(VERIFYING_KEYS, encode(&public)?).await
    }

    async fn replace_key(&self, current: &Signer, next: &Signer, private: Secret) -> Result<(), Failure> {
        let public = VerifyingKeyRow {
            id: next.key_id().to_owned(),
            public: Some(next.public()),
            keyed_hash_secret: None,
        };
        let replace = Expr::new("SET #key_id = :next, #private = :private")
            .with(":next", s(next.key_id()))
            .with(":private", s(private.expose()));
        let is_current = Expr::new("#key_id = :current").with(":current", s(current.key_id()));
        let mut tx = Transaction::new(self, RetryBudget::Long);
        tx = tx.put((), VERIFYING_KEYS, encode(&public)?, Expr::new("attribute_not_exists(#id)"))?;
        tx = tx.update((), SIGNING_KEYS, simple_key("id", CURRENT_KEY), replace, is_current)?;
        let published = self.verifying_key_rows().await?.into_iter().filter(|row| row.public.is_some());
        for old in published.filter(|row| row.id != current.key_id()) {
            tx = tx.delete((), VERIFYING_KEYS, simple_key("id", old.id), Expr::unconditional("id"))?;
        }
        let replaced = tx.run().await?;
        replaced.map_err(|()| Failure::unavailable("the signing key", "was replaced concurrently"))
    }
}

impl VerifyingKeys for Store {
    async fn platform_key_set(&self) -> Result<PlatformKeySet, Failure> {
        let rows = self.verifying_key_rows().await?;
        let keyed_hasher = rows.iter().find_map(|row| row.keyed_hash_secret.clone()).map(KeyedHasher::new);
        let ring = KeyRing::new(rows.into_iter().filter_map(|row| Some((row.id, row.public?))));
        Ok(PlatformKeySet { ring, keyed_hasher })
    }
}

impl Store {
    /// The public keys and the secret of the keyed hashes. Apart from a restore run, this is the only scan: the table has at most
    /// three small rows.
    async fn verifying_key_rows(&self) -> Result<Vec<VerifyingKeyRow>, Failure> {
        let response =
            self.client.scan().table_name(self.table(VERIFYING_KEYS)).consistent_read(true).send().await;
        let items: Vec<Item> =
            response.map_err(|error| aws_failure("the platform keys", &error))?.items.unwrap_or_default();
        items.into_iter().map(decode).collect()
    }

    /// Puts a row unless it exists.
    async fn put_if_absent(&self, table: &str, item: Item) -> Result<(), Failure> {
        let new = Expr::new("attribute_not_exists(#id)");
        self.put_if(table, item, new).await.map(|_| ())
    }
}
