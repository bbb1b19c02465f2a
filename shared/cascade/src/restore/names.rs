//! The unique names of the rows of accounts that are not terminal.

use custodian_app::{Context, Failure};
use custodian_domain::CustomerId;

use super::plan::Scan;
use super::ports::{RestoreRows, ScannedRow};
use super::report::{Problem, RestoreConflict, RestoreReport};

/// Claims the names of these rows again, and reports those that another account or another row has.
pub(super) async fn repair<S: RestoreRows, E>(
    cx: &Context<S, E>,
    scan: Scan,
    owner: CustomerId,
    rows: &[&ScannedRow<S::Row>],
    report: &mut RestoreReport,
) -> Result<(), Failure> {
    let Some(kind) = scan.kind().filter(|kind| kind.holds_names()) else { return Ok(()) };
    for (row, repair) in rows.iter().zip(cx.store.repair_names(kind, rows).await?) {
        report.reclaimed += repair.reclaimed;
        for holder in repair.held_by {
            let problem = if holder == owner { Problem::NameTwice } else { Problem::NameTaken };
            report.conflicts.push(RestoreConflict {
                table: scan.table(),
                id: row.id.clone(),
                customer_id: owner,
                problem,
                held_by: Some(holder),
            });
        }
    }
    Ok(())
}
