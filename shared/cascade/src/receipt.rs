//! The receipt of a deletion: it proves what was deleted and when, and has no personal data.

use custodian_app::ports::ReceiptKeys;
use custodian_app::{Context, Failure};
use custodian_domain::time::rfc3339;
use custodian_domain::{CustomerId, DeletionCause, Status, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ledger::Ledger;
use crate::ports::VerifiedTable;

/// The claims of a receipt.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Receipt {
    /// The issuer: this deployment.
    pub iss: String,
    /// The customer's id.
    pub sub: CustomerId,
    #[serde(flatten)]
    pub ledger: ReceiptLedger,
    /// When every table was verified to be empty for the second time.
    #[serde(with = "rfc3339")]
    pub tm_confirmed: Timestamp,
    /// SHA-256 of the canonical ledger, in hex.
    pub ledger_sha256: String,
}

/// The ledger as the receipt has it. The fields are in alphabetical order, so that the JSON of this struct is the canonical JSON
/// (RFC 8785) of the ledger: all keys and values are ASCII, and the numbers are integers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptLedger {
    pub customer_id: CustomerId,
    /// Deleted or expired.
    pub ended: Status,
    pub requested_by: DeletionCause,
    pub tables: Vec<ErasedTable>,
    #[serde(with = "rfc3339")]
    pub tm_due: Timestamp,
    #[serde(with = "rfc3339")]
    pub tm_finished: Timestamp,
    /// When the account was frozen or its deletion was requested. `null` for an expiry.
    #[serde(with = "optional_time")]
    pub tm_requested: Option<Timestamp>,
    #[serde(with = "rfc3339")]
    pub tm_started: Timestamp,
}

/// A table that was emptied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasedTable {
    /// The number of deleted rows.
    pub deleted: u64,
    pub name: String,
    /// When a consistent query last found no row of the customer.
    #[serde(with = "rfc3339")]
    pub tm_verified: Timestamp,
}

impl ReceiptLedger {
    /// The ledger of a completed deletion whose tables were verified now. A ledger of an earlier release, or one that a restore run
    /// opened, does not say who asked for the deletion. The receipt then derives the cause from the terminal status, and takes the
    /// opening as the due time.
    fn new(customer_id: CustomerId, ledger: &Ledger, verified: &[VerifiedTable], now: Timestamp) -> Self {
        let header = &ledger.header;
        let (fallback, opened) = (default_cause(header.terminal_status), header.tm_open);
        let tm_verified = |table: &str| {
            verified.iter().find(|verified| verified.table == table).map_or(now, |verified| verified.at)
        };
        let mut tables: Vec<_> = ledger
            .steps
            .iter()
            .map(|state| ErasedTable {
                deleted: state.removed,
                name: state.step.clone(),
                tm_verified: tm_verified(&state.step),
            })
            .collect();
        tables.sort_by(|a, b| a.name.cmp(&b.name));
        Self {
            customer_id,
            ended: header.terminal_status,
            requested_by: header.request.map_or(fallback, |request| request.cause),
            tables,
            tm_due: header.request.map_or(opened, |request| request.tm_due),
            tm_finished: header.tm_completed.unwrap_or(now),
            tm_requested: header.request.and_then(|request| request.tm_requested),
            tm_started: opened,
        }
    }

    /// SHA-256 of the canonical JSON, in hex.
    pub fn sha256(&self) -> String {
        hex::encode(Sha256::digest(serde_json::to_vec(self).unwrap_or_default()))
    }
}

const fn default_cause(ended: Status) -> DeletionCause {
    match ended {
        Status::Expired => DeletionCause::Expiry,
        _ => DeletionCause::Deadline,
    }
}

/// Signs the receipt of a completed deletion whose tables were verified now. The store keeps only the first receipt of a
/// deletion.
pub(crate) async fn sign<S: ReceiptKeys, E>(
    cx: &Context<S, E>,
    customer: CustomerId,
    ledger: &Ledger,
    verified: &[VerifiedTable],
    now: Timestamp,
) -> Result<String, Failure> {
    let signer = cx.store.receipt_signer().await?;
    let signer = signer.ok_or_else(|| Failure::unavailable("the key of the receipts", "is not stored"))?;
    let ledger = ReceiptLedger::new(customer, ledger, verified, now);
    let receipt = Receipt {
        iss: cx.settings.token_issuer.clone(),
        sub: customer,
        tm_confirmed: now,
        ledger_sha256: ledger.sha256(),
        ledger,
    };
    signer.sign_receipt(&receipt).ok_or_else(|| Failure::unavailable("the receipt", "cannot be signed"))
}

/// A time that may be missing, as an RFC 3339 string or `null`.
mod optional_time {
    use custodian_domain::Timestamp;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        time: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        time.map(Timestamp::to_rfc3339).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let parse = |text: String| {
            Timestamp::parse(&text).ok_or_else(|| D::Error::custom("not an RFC 3339 timestamp"))
        };
        text.map(parse).transpose()
    }
}
