//! The unique names of a living account's rows.

use std::collections::HashSet;

use custodian_app::{Context, Failure};
use custodian_domain::CustomerId;

use super::plan::Scan;
use super::ports::{RestoreRows, ScannedRow};
use super::report::{Problem, RestoreConflict, RestoreReport};

/// What a run knows from the pages before.
#[derive(Default)]
pub(super) struct Memory {
    /// The account whose rows the last page ended with, and their names so far.
    pub(super) last: Option<(CustomerId, HashSet<String>)>,
}

/// Claims the names of these rows again, and reports those that another account or another row has.
pub(super) async fn repair<S: RestoreRows, E>(
    cx: &Context<S, E>,
    scan: Scan,
    owner: CustomerId,
    rows: &[&ScannedRow<S::Row>],
    memory: &mut Memory,
    report: &mut RestoreReport,
) -> Result<(), Failure> {
    let Some(kind) = scan.kind().filter(|kind| kind.holds_names()) else { return Ok(()) };
    let mut seen = match memory.last.take() {
        Some((id, seen)) if id == owner => seen,
        _ => HashSet::new(),
    };
    let mut conflict = |row: &ScannedRow<S::Row>, problem, held_by| {
        let (table, id) = (scan.table(), row.id.clone());
        report.conflicts.push(RestoreConflict { table, id, customer_id: owner, problem, held_by });
    };
    let mut unseen = Vec::new();
    for row in rows {
        let names = cx.store.names_of(kind, row)?;
        if names.iter().any(|name| seen.contains(name)) {
            conflict(row, Problem::NameTwice, Some(owner));
        } else {
            seen.extend(names);
            unseen.push(*row);
        }
    }
    let mut reclaimed = 0;
    for (row, repair) in unseen.iter().zip(cx.store.repair_names(kind, &unseen).await?) {
        reclaimed += repair.reclaimed;
        for holder in repair.held_by {
            let problem = if holder == owner { Problem::NameTwice } else { Problem::NameTaken };
            conflict(row, problem, Some(holder));
        }
    }
    report.reclaimed += reclaimed;
    memory.last = Some((owner, seen));
    Ok(())
}
