//! The keys that sign tokens. The private ones are in a table of their own, which login alone may read.

use custodian_app::Failure;
use custodian_app::ports::{SharedKeys, SigningKeys, VerifyingKeys};
use custodian_auth::{KeyRing, Pseudonyms, Signer};
use custodian_domain::Secret;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::expr::Expr;
use crate::item::{Item, decode, decode_some, encode, key, s};
use crate::retry::Patience;
use crate::schema::{SIGNING_KEYS, VERIFYING_KEYS};
use crate::transaction::{Transaction, failed};

/// The row that names the key to sign with.
const CURRENT: &str = "current";

#[derive(Debug, Serialize, Deserialize)]
struct Private {
    id: String,
    key_id: String,
    private: Secret,
}

/// The row of the secret of pseudonyms, beside the public keys.
const PSEUDONYMS: &str = "pseudonyms";

#[derive(Debug, Serialize, Deserialize)]
struct Shared {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    public: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pseudonyms: Option<Secret>,
}

impl SigningKeys for Store {
    async fn signer(&self) -> Result<Option<Signer>, Failure> {
        let call = self.client.get_item().table_name(self.table(SIGNING_KEYS)).consistent_read(true);
        let answer = call.set_key(Some(key("id", CURRENT))).send().await;
        let row: Option<Private> =
            decode_some(answer.map_err(|error| failed("the signing key", &error))?.item)?;
        Ok(row.and_then(|row| Signer::new(row.key_id, &row.private)))
    }

    async fn keep_first_key(&self, key_id: &str, private: Secret, pseudonyms: Secret) -> Result<(), Failure> {
        if self.signer().await?.is_none() {
            let row = Private { id: CURRENT.to_owned(), key_id: key_id.to_owned(), private };
            self.put_new(SIGNING_KEYS, encode(&row)?).await?;
        }
        let secret = Shared { id: PSEUDONYMS.to_owned(), public: None, pseudonyms: Some(pseudonyms) };
        self.put_new(VERIFYING_KEYS, encode(&secret)?).await?;
        // Whoever won: the public half of what is stored is published, so that a crash in between is mended.
        let kept =
            self.signer().await?.ok_or_else(|| Failure::unavailable("the signing key", "not stored"))?;
        let public = Shared { id: kept.key_id().to_owned(), public: Some(kept.public()), pseudonyms: None };
        self.put_new(VERIFYING_KEYS, encode(&public)?).await
    }

    async fn replace_key(&self, current: &Signer, next: &Signer, private: Secret) -> Result<(), Failure> {
        let public = Shared { id: next.key_id().to_owned(), public: Some(next.public()), pseudonyms: None };
        let row = Private { id: CURRENT.to_owned(), key_id: next.key_id().to_owned(), private };
        let still_current = Expr::new("#key_id = :current").with(":current", s(current.key_id()));
        let mut tx = Transaction::new(self, Patience::StatusChange);
        tx = tx.put((), VERIFYING_KEYS, encode(&public)?, Expr::new("attribute_not_exists(#id)"))?;
        tx = tx.put((), SIGNING_KEYS, encode(&row)?, still_current)?;
        let published = self.shared_rows().await?.into_iter().filter(|row| row.public.is_some());
        for old in published.filter(|row| row.id != current.key_id()) {
            tx = tx.delete((), VERIFYING_KEYS, key("id", old.id), Expr::any())?;
        }
        let replaced = tx.run().await?;
        replaced.map_err(|()| Failure::unavailable("the signing key", "replaced at the same moment"))
    }
}

impl VerifyingKeys for Store {
    async fn shared_keys(&self) -> Result<SharedKeys, Failure> {
        let rows = self.shared_rows().await?;
        let pseudonyms = rows.iter().find_map(|row| row.pseudonyms.clone()).map(Pseudonyms::new);
        let ring = KeyRing::new(rows.into_iter().filter_map(|row| Some((row.id, row.public?))));
        Ok(SharedKeys { ring, pseudonyms })
    }
}

impl Store {
    /// The public keys and the secret of pseudonyms: three small rows at most, the one place where a scan reads just what is
    /// wanted.
    async fn shared_rows(&self) -> Result<Vec<Shared>, Failure> {
        let answer =
            self.client.scan().table_name(self.table(VERIFYING_KEYS)).consistent_read(true).send().await;
        let items: Vec<Item> = answer.map_err(|error| failed("the keys", &error))?.items.unwrap_or_default();
        items.into_iter().map(decode).collect()
    }

    /// Writes a row unless it is there.
    async fn put_new(&self, table: &str, item: Item) -> Result<(), Failure> {
        let new = Expr::new("attribute_not_exists(#id)");
        self.put_if(table, item, new).await.map(|_| ())
    }
}
