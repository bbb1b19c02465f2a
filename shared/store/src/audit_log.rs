//! The audit log: when and why platform admins acted as the guest agent of a customer.

use custodian_app::Failure;
use custodian_app::ports::{AuditEntry, AuditLog, WriteOutcome};
use custodian_app::retry::RetryBudget;
use custodian_domain::Status;

use crate::Store;
use crate::expr::Expr;
use crate::item::encode;
use crate::owned_row::{OwnedRowCondition, write_outcome};
use crate::schema::AUDITS;
use crate::transaction::Transaction;
use crate::usage;

impl AuditLog for Store {
    async fn record_delegation(&self, entry: &AuditEntry) -> Result<WriteOutcome, Failure> {
        let tx = Transaction::new(self, RetryBudget::Request);
        let tx = usage::require_status(
            tx,
            OwnedRowCondition::Gate,
            entry.customer_id,
            entry.id,
            Status::NOT_TERMINAL,
        )?;
        let new = Expr::new("attribute_not_exists(#id)");
        Ok(write_outcome(tx.put(OwnedRowCondition::Row, AUDITS, encode(entry)?, new)?.run().await?))
    }
}
