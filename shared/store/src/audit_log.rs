//! The audit log. If an action writes rows, its entry is written in the same transaction, so neither exists without the other.

use custodian_app::Failure;
use custodian_app::ports::{AuditLog, QueryPage, ReadAuditLog, WriteOutcome};
use custodian_app::request_conditions::{RequestConditions, with_conditions};
use custodian_app::request_origin::AuditedAction;
use custodian_app::retry::RetryBudget;
use custodian_domain::audit::AuditEntry;
use custodian_domain::{CustomerId, IdSeed, Status};
use uuid::Uuid;

use crate::Store;
use crate::expr::Expr;
use crate::item::{decode, encode};
use crate::owned_row::{OwnedRowCondition, write_outcome};
use crate::schema::AUDITS;
use crate::transaction::Transaction;
use crate::usage;

/// Adds the entry of an action to its transaction. The transaction must require the status of the action's account.
pub(crate) fn record<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    action: AuditedAction,
) -> Result<Transaction<'a, C>, Failure> {
    let store = tx.store();
    let entry = action.entry(|now| {
        let mut random = [0; 10];
        store.entropy.fill(&mut random);
        IdSeed { now, random }.uuid()
    });
    tx.put(on_failure, AUDITS, encode(&entry)?, Expr::new("attribute_not_exists(#id)"))
}

impl AuditLog for Store {
    async fn record_action(&self, action: AuditedAction) -> Result<WriteOutcome, Failure> {
        let tx = Transaction::new(self, RetryBudget::Short);
        let (gate, statuses) = (OwnedRowCondition::Gate, Status::NOT_TERMINAL);
        let tx = usage::require_status(tx, gate, action.customer_id, action.resource.1, statuses)?;
        let recorded = record(tx, OwnedRowCondition::Row, action)?.run();
        // Without the conditions of the request, because the entry is not its effect.
        Ok(write_outcome(with_conditions(RequestConditions::default(), recorded).await?))
    }
}

impl ReadAuditLog for Store {
    async fn audit_entries(
        &self,
        customer: CustomerId,
        below: Option<Uuid>,
        limit: usize,
    ) -> Result<QueryPage<AuditEntry>, Failure> {
        self.owned_rows(AUDITS, customer, below, limit).await?.try_map(decode)
    }
}
