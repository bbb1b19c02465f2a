//! The verification of a receipt, which needs nothing but the receipt and the public keys.

use custodian_auth::receipt::{ReceiptKey, ReceiptRejection, verify_receipt};
use custodian_cascade::{ErasedTable, Receipt};
use custodian_domain::{DeletionCause, Status, Timestamp};
use serde_json::Value;

use crate::exit::{Failure, FailureKind};
use crate::output::{clean, fields, table};

/// A receipt whose signature and ledger hash are correct.
pub(super) struct Proof {
    pub(super) claims: Value,
    pub(super) receipt: Receipt,
}

fn invalid(sentence: &str) -> Failure {
    Failure::new(FailureKind::InvalidReceipt, sentence)
}

/// Checks the signature, and that the receipt's hash is the hash of its ledger.
pub(super) fn verify(text: &str, keys: &[ReceiptKey]) -> Result<Proof, Failure> {
    let claims = verify_receipt(text, keys).map_err(|rejection| match rejection {
        ReceiptRejection::Malformed => invalid("This is not a receipt, or it was changed.").hint("Fetch it again with `custodianctl receipt get ID`."),
        ReceiptRejection::UnknownKey => invalid("None of the keys signed this receipt.")
            .hint("It is from another service, or the keys are older than the receipt: save them again with `custodianctl receipt keys -o FILE`."),
        ReceiptRejection::BadSignature => invalid("The signature is wrong: the receipt was changed, or it is forged.").hint("Do not rely on it."),
    })?;
    let receipt: Receipt = serde_json::from_value(claims.clone()).map_err(|_| {
        invalid("The receipt is signed, but this version cannot read it.")
            .hint("Install a newer version of custodianctl.")
    })?;
    if receipt.ledger.sha256() != receipt.ledger_sha256 {
        return Err(invalid("The receipt is signed, but its hash is not the hash of its ledger.")
            .hint("Report it to the operator of the service."));
    }
    if receipt.ledger.customer_id != receipt.sub {
        return Err(invalid("The receipt is signed, but it is about two accounts.")
            .hint("Report it to the operator of the service."));
    }
    Ok(Proof { claims, receipt })
}

impl Proof {
    /// What the receipt proves.
    pub(super) fn text(&self) -> String {
        let (receipt, ledger) = (&self.receipt, &self.receipt.ledger);
        let requested = ledger.tm_requested.map_or_else(|| "-".to_owned(), Timestamp::to_readable);
        let facts = fields(&[
            ("Account", receipt.sub.0.to_string()),
            ("Ended", ended(ledger.ended, ledger.requested_by).to_owned()),
            ("Requested", requested),
            ("Due", ledger.tm_due.to_readable()),
            ("Started", ledger.tm_started.to_readable()),
            ("Finished", ledger.tm_finished.to_readable()),
            ("Confirmed", receipt.tm_confirmed.to_readable()),
            ("Issued by", clean(&receipt.iss)),
            ("Ledger's SHA-256", receipt.ledger_sha256.clone()),
        ]);
        let rows: u64 = ledger.tables.iter().map(|table| table.deleted).fold(0, u64::saturating_add);
        let count = ledger.tables.len();
        format!(
            "The receipt is genuine: the service signed it, and nothing in it was changed.\nIt proves that {rows} rows were deleted, and that all {count} tables were verified to be empty.\n\n{facts}\n{}",
            tables(&ledger.tables)
        )
    }
}

const fn ended(status: Status, cause: DeletionCause) -> &'static str {
    match (status, cause) {
        (_, DeletionCause::Owner) => "deleted at once, as its owner requested",
        (_, DeletionCause::Operator) => "deleted at once by an operator",
        (Status::Expired, _) | (_, DeletionCause::Expiry) => "expired, because it was not verified in time",
        (_, DeletionCause::Deadline) => "deleted when its grace period ended",
    }
}

fn tables(tables: &[ErasedTable]) -> String {
    let row = |table: &ErasedTable| {
        vec![clean(&table.name), table.deleted.to_string(), table.tm_verified.to_readable()]
    };
    let rows: Vec<_> = tables.iter().map(row).collect();
    table(&["Table", "Rows deleted", "Verified empty"], &rows)
}
