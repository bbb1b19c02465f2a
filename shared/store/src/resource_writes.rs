//! Writes to rows that customers own. The same transaction checks the customer's gate, updates the counters, claims and
//! releases unique names, and checks references.

use custodian_app::Failure;
use custodian_app::ports::{CreateResources, DeleteResources, ResourceWriteOutcome, UpdateResources};
use custodian_app::request_origin::{AuditedAction, is_platform_admin};
use custodian_app::retry::{Retry, RetryBudget};
use custodian_domain::kinds::Kind;
use custodian_domain::resource::Reference;
use custodian_domain::{EncryptedResource, Resource, Status, Timestamp};

use crate::Store;
use crate::claims::{self, Claim};
use crate::expr::Expr;
use crate::gate_refusal::GateRefusal;
use crate::identifiers::{IdentifierRow, NameAvailability, Strength};
use crate::item::Item;
use crate::owned_row::OwnedRowCondition;
use crate::resources::{encode_before, encode_resource, row_key, version_is};
use crate::row_write::RowWrite;
use crate::transaction::{Transaction, TransactionResult};
use crate::usage::{self, UsageChange};
use crate::{audit_log, outbox};

const ACTIVE: &[Status] = &[Status::Active];

impl CreateResources for Store {
    async fn create_resource(
        &self,
        kind: &'static Kind,
        row: &EncryptedResource<'_>,
    ) -> Result<ResourceWriteOutcome, Failure> {
        self.write_row(RowWrite {
            kind,
            statuses: ACTIVE,
            before: None,
            after: Some(row),
            now: row.row.tm_create,
        })
        .await
    }
}

impl UpdateResources for Store {
    async fn update_resource(
        &self,
        kind: &'static Kind,
        statuses: &'static [Status],
        before: &Resource,
        after: &EncryptedResource<'_>,
    ) -> Result<ResourceWriteOutcome, Failure> {
        self.write_row(RowWrite {
            kind,
            statuses,
            before: Some(before),
            after: Some(after),
            now: after.row.tm_update,
        })
        .await
    }
}

impl DeleteResources for Store {
    async fn delete_resource(
        &self,
        kind: &'static Kind,
        row: &Resource,
        now: Timestamp,
    ) -> Result<ResourceWriteOutcome, Failure> {
        self.write_row(RowWrite { kind, statuses: ACTIVE, before: Some(row), after: None, now }).await
    }
}

impl Store {
    async fn write_row(&self, write: RowWrite<'_>) -> Result<ResourceWriteOutcome, Failure> {
        let Some(subject) = write.plain_after().or(write.before) else {
            return Ok(ResourceWriteOutcome::Done);
        };
        let item = write.after.map(|after| encode_resource(write.kind, after)).transpose()?;
        let mut usage_change = write.usage_change(item.as_ref())?;
        let (mut previous, mut retry) = (None, Retry::new("a name", RetryBudget::Short));
        let mut lost = Vec::new();
        loop {
            match self.try_write_row(write, item.as_ref(), usage_change, previous, &lost).await? {
                Ok(()) => return Ok(ResourceWriteOutcome::Done),
                Err(OwnedRowCondition::Gate) => {
                    let refusal =
                        self.gate_refusal(subject.customer_id, write.statuses, usage_change.bytes).await?;
                    match refusal {
                        GateRefusal::Closed => return Ok(ResourceWriteOutcome::GateClosed),
                        GateRefusal::BytesUsedUp => return Ok(ResourceWriteOutcome::BytesLimitReached),
                        // Several writes may choose the same gate at once.
                        GateRefusal::RetryWith(gate, gate_limits_bytes) => {
                            let is_same = (gate, gate_limits_bytes)
                                == (usage_change.gate, usage_change.gate_limits_bytes);
                            if is_same {
                                retry.wait(&*self.entropy).await?;
                            }
                            usage_change = UsageChange { gate, gate_limits_bytes, ..usage_change };
                        }
                    }
                }
                Err(OwnedRowCondition::LimitReached) => return Ok(ResourceWriteOutcome::LimitReached),
                Err(OwnedRowCondition::Row) => return Ok(ResourceWriteOutcome::Stale),
                Err(OwnedRowCondition::Reference(field)) => {
                    return Ok(ResourceWriteOutcome::ReferenceNotFound(field));
                }
                // A restored row may lack its name, so there is nothing to release.
                Err(OwnedRowCondition::ReleasedName(index)) => {
                    let Some(name) = write.names().0.into_iter().nth(index) else {
                        return Ok(ResourceWriteOutcome::Stale);
                    };
                    let holder = self.identifier(&name.0).await?;
                    if lost.contains(&index) || holder.is_some_and(|row| row.owner == subject.customer_id) {
                        return Ok(ResourceWriteOutcome::Stale);
                    }
                    lost.push(index);
                }
                Err(OwnedRowCondition::UniqueName(index)) => {
                    let Some(name) = write.names().1.into_iter().nth(index) else {
                        return Ok(ResourceWriteOutcome::Stale);
                    };
                    match self.name_availability(&name.0, Strength::Unconfirmed).await? {
                        NameAvailability::Replaceable(row) if previous != Some((index, row)) => {
                            previous = Some((index, row));
                        }
                        NameAvailability::Free => retry.wait(&*self.entropy).await?,
                        _ => return Ok(ResourceWriteOutcome::NameTaken),
                    }
                }
            }
        }
    }

    async fn try_write_row(
        &self,
        write: RowWrite<'_>,
        item: Option<&Item>,
        usage_change: UsageChange<'_>,
        previous: Option<(usize, IdentifierRow)>,
        lost: &[usize],
    ) -> Result<TransactionResult<OwnedRowCondition>, Failure> {
        let RowWrite { kind, before, .. } = write;
        let Some(subject) = write.plain_after().or(before) else { return Ok(Ok(())) };
        let owner = subject.customer_id;
        let mut tx = usage::require_status_and_count(
            Transaction::new(self, RetryBudget::Short),
            (OwnedRowCondition::Gate, OwnedRowCondition::LimitReached),
            owner,
            write.statuses,
            usage_change,
        )?;
        let expected =
            before.map_or_else(|| Expr::new("attribute_not_exists(#id)"), |row| version_is(row.version));
        let key = row_key(owner, subject.id);
        tx = match (item, before) {
            (Some(item), None) => tx.put(OwnedRowCondition::Row, kind.table, item.clone(), expected)?,
            (Some(item), Some(before)) => {
                let rows = (&encode_before(kind, before)?, item);
                tx.replace(OwnedRowCondition::Row, kind.table, key, rows, expected)?
            }
            (None, _) => tx.delete(OwnedRowCondition::Row, kind.table, key, expected)?,
        };
        let outbox_record = write.outbox_record();
        tx = outbox::record(tx, OwnedRowCondition::Row, outbox_record.as_ref())?;
        if let Some(record) = outbox_record.filter(|_| is_platform_admin()) {
            tx = audit_log::record(tx, OwnedRowCondition::Row, AuditedAction::of_row(&record))?;
        }
        for Reference { table, id, field } in write.new_references() {
            let exists = Expr::new("attribute_exists(#id)");
            tx = tx.check(OwnedRowCondition::Reference(field), table, row_key(owner, id), exists)?;
        }
        let (old_names, new_names) = write.names();
        for (index, name) in new_names.iter().enumerate().filter(|(_, name)| !old_names.contains(name)) {
            let previous = previous.filter(|(of, _)| *of == index).map(|(_, row)| row);
            let row_id = Some(subject.id);
            let claim = Claim { name: &name.0, owner, agent: None, row_id, confirmed: None, previous };
            tx = claims::claim(tx, OwnedRowCondition::UniqueName(index), &claim)?;
        }
        let released = old_names.iter().enumerate().filter(|(_, name)| !new_names.contains(name));
        for (index, name) in released.filter(|(index, _)| !lost.contains(index)) {
            tx = claims::release(tx, OwnedRowCondition::ReleasedName(index), &name.0, owner)?;
        }
        tx.run().await
    }
}
