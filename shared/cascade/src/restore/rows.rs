//! One page of a scanned table.

use std::collections::BTreeMap;

use custodian_app::ports::Scheduler;
use custodian_app::{Context, Failure};
use custodian_domain::CustomerId;

use super::account::{self, Owner};
use super::names;
use super::orphans::Orphans;
use super::plan::{Restored, Scan};
use super::ports::{RestoreRows, ScannedRow};
use super::report::RestoreReport;
use crate::ports::CascadeQueue;

/// What the pages of a scan have in common.
#[derive(Clone, Copy)]
pub(super) struct PageTask {
    pub(super) restored: Restored,
    pub(super) scan: Scan,
    /// Whether to delete rows whose account has neither a row nor a ledger.
    pub(super) purge_without_owner: bool,
}

/// Repairs the rows of a page.
pub(super) async fn repair_page<S: RestoreRows, E: Scheduler + CascadeQueue>(
    cx: &Context<S, E>,
    PageTask { restored, scan, purge_without_owner }: PageTask,
    rows: &[ScannedRow<S::Row>],
    orphans: &mut Orphans,
    report: &mut RestoreReport,
) -> Result<(), Failure> {
    let (mut not_terminal, mut order, mut purged) = (BTreeMap::new(), Vec::new(), Vec::new());
    for (id, rows) in by_owner(rows) {
        let owner = account::owner_of(cx, id, report).await?;
        match owner {
            Owner::NotTerminal(customer) => {
                order.push(id);
                not_terminal.insert(id, (customer, rows));
            }
            _ if !scan.purges() => {}
            Owner::Unknown if !purge_without_owner => orphans.report(id, rows.len(), report),
            terminal if terminal.leaves_rows_to_cascade(scan.table()) => {}
            Owner::Unknown | Owner::Terminal(_) => purged.extend(rows.into_iter().cloned()),
        }
    }
    if !purged.is_empty() {
        cx.store.purge_rows(scan.table(), &purged).await?;
        report.purged += purged.len() as u64;
    }
    for id in &order {
        let Some((customer, rows)) = not_terminal.get(id) else { continue };
        match scan {
            Scan::Customers => account::repair(cx, customer, report).await?,
            Scan::Counts => account::recount(cx, *id, restored.counters().into_iter(), report).await?,
            Scan::Ledgers => {}
            Scan::Names(_) => {
                if let Some(kind) = scan.kind() {
                    cx.store.record_holders(kind, rows).await?;
                }
            }
            Scan::Rows(_) => names::repair(cx, scan, *id, rows, report).await?,
            Scan::Pairs(_) => {
                report.released +=
                    cx.store.release_unused(customer, rows, &restored.recorded_kinds()).await?;
            }
        }
    }
    Ok(())
}

/// The rows of each owner. The rows of an owner's partition follow each other.
fn by_owner<R>(rows: &[ScannedRow<R>]) -> Vec<(CustomerId, Vec<&ScannedRow<R>>)> {
    let mut groups: Vec<(CustomerId, Vec<&ScannedRow<R>>)> = Vec::new();
    for row in rows {
        let Some(owner) = row.owner else { continue };
        match groups.iter_mut().find(|(id, _)| *id == owner) {
            Some((_, group)) => group.push(row),
            None => groups.push((owner, vec![row])),
        }
    }
    groups
}
