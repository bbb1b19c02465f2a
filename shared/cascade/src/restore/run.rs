//! One call of a restore run: page after page until its time is over.

use custodian_app::ports::Scheduler;
use custodian_app::request_conditions::{RequestConditions, with_conditions};
use custodian_app::{Context, Failure};
use custodian_domain::{CustomerId, FieldProblem, Reason, Refusal, Timestamp, ids};
use serde::Deserialize;

use super::account::{self, Owner};
use super::cursor::Cursor;
use super::orphans::Orphans;
use super::plan::{Restored, Scan};
use super::ports::RestoreRows;
use super::report::RestoreReport;
use super::rows::{self, PageTask};
use crate::ports::CascadeQueue;

/// The number of conflicts after which a call ends, so that its response stays small.
const MAX_CONFLICTS: usize = 500;

/// What an operator asks for.
#[derive(Clone, Debug, Deserialize)]
pub struct RestoreRequest {
    /// The restored table, or `all`.
    pub table: String,
    /// The `next` of the call before.
    #[serde(default)]
    pub start: Option<String>,
    /// Whether to delete rows whose account has neither a row in `customers` nor a ledger. Without it, they are reported.
    #[serde(default)]
    pub purge_without_owner: bool,
}

/// Repairs the tables until `stop_at` or the last row, or until there are too many conflicts or the brake is set. Every call
/// handles at least one page, unless the brake is set already.
///
/// A run can be repeated at any time, so none of its transactions counts as the effect of a request with `Idempotency-Key`. If one
/// did, the service would refuse to repeat a request that failed after its first repair.
pub async fn restore<S: RestoreRows, E: Scheduler + CascadeQueue>(
    cx: &Context<S, E>,
    request: &RestoreRequest,
    stop_at: Timestamp,
) -> Result<RestoreReport, Failure> {
    with_conditions(RequestConditions::default(), run(cx, request, stop_at)).await
}

async fn run<S: RestoreRows, E: Scheduler + CascadeQueue>(
    cx: &Context<S, E>,
    request: &RestoreRequest,
    stop_at: Timestamp,
) -> Result<RestoreReport, Failure> {
    let restored = Restored::parse(&request.table)
        .ok_or_else(|| Refusal::field(Reason::InvalidArgument, "table", FieldProblem::UnknownTable))?;
    let scans = restored.scans();
    let mut cursor = match request.start.as_deref() {
        None | Some("") => Cursor::default(),
        Some(start) => Cursor::parse(start, &scans).ok_or_else(invalid_start)?,
    };
    // Without the platform's account, the table of the customers is not the right one, and every row would look like an orphan.
    if cx.store.customer(ids::PLATFORM).await?.is_none() {
        return Err(Failure::unavailable("the restore", "the platform's account is missing"));
    }
    // A run deletes rows of terminal accounts.
    if cx.store.brake().await?.paused {
        return Err(Reason::DeletionsPaused.into());
    }
    let (mut report, mut orphans) = (RestoreReport::default(), Orphans::default());
    while let Some(scan) = scans.get(cursor.scan).copied() {
        let page = cx.store.scan(scan.table(), cursor.start.as_deref(), scan.page_size()).await?;
        let task = PageTask { restored, scan, purge_without_owner: request.purge_without_owner };
        rows::repair_page(cx, task, &page.rows, &mut orphans, &mut report).await?;
        if scan == Scan::Ledgers {
            resume_open(cx, page.rows.iter().filter_map(|row| row.owner), &mut report).await?;
        }
        cursor.start = page.next;
        if cursor.start.is_none() {
            cursor.scan += 1;
        }
        let is_full = cx.now() >= stop_at || report.conflicts.len() >= MAX_CONFLICTS;
        if is_full || cx.store.brake().await?.paused {
            break;
        }
    }
    report.next = cursor.text(&scans);
    log(&request.table, &report);
    Ok(report)
}

fn invalid_start() -> Refusal {
    Refusal::field(Reason::InvalidArgument, "start", FieldProblem::NotARestoreToken)
}

/// Resumes the deletions of a page of ledgers that are not complete.
async fn resume_open<S: RestoreRows, E: Scheduler + CascadeQueue>(
    cx: &Context<S, E>,
    customers: impl Iterator<Item = CustomerId>,
    report: &mut RestoreReport,
) -> Result<(), Failure> {
    let mut customers: Vec<_> = customers.collect();
    customers.dedup();
    for id in customers {
        if matches!(account::owner_of(cx, id, report).await?, Owner::Terminal(Some(_))) {
            crate::start::start(cx, id, cx.now()).await?;
        }
    }
    Ok(())
}

fn log(table: &str, report: &RestoreReport) {
    let RestoreReport { ended, resumed, purged, without_owner, reclaimed, released, .. } = report;
    let RestoreReport { repaired, recounted, .. } = report;
    let (conflicts, is_finished) = (report.conflicts.len(), report.next.is_none());
    tracing::info!(
        table,
        ended,
        resumed,
        purged,
        without_owner,
        reclaimed,
        released,
        repaired,
        recounted,
        conflicts,
        is_finished,
        "restore progressed"
    );
    for conflict in &report.conflicts {
        let (table, row_id, problem) = (conflict.table, &conflict.id, format!("{:?}", conflict.problem));
        tracing::warn!(customer_id = %conflict.customer_id, table, row_id, problem, "restore found a conflict");
    }
}
