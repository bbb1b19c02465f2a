//! Accounts after a restore: which are terminal, and what the others lack.

use custodian_app::ports::{Counter, Scheduler};
use custodian_app::retry::{Retry, RetryBudget};
use custodian_app::{Context, Failure, ignore};
use custodian_domain::{Customer, CustomerId, ScheduledJob, State, Status};

use super::ports::{LedgerSummary, RestoreRows};
use super::report::{Problem, RestoreConflict, RestoreReport};
use crate::ledger::Ledger;
use crate::ports::CascadeQueue;
use crate::start::start;

/// The owner of a row.
pub(super) enum Owner {
    NotTerminal(Box<Customer>),
    /// The account has neither a row nor a ledger: it never existed, or its row is lost.
    Unknown,
    /// The account is deleted or expired. The ledger is that of a deletion that still runs.
    Terminal(Option<Box<Ledger>>),
}

impl Owner {
    /// Whether the account's running deletion will delete its rows of a table. A deletion on hold queries every table once more
    /// after its release.
    pub(super) fn leaves_rows_to_cascade(&self, table: &str) -> bool {
        let Self::Terminal(Some(ledger)) = self else { return false };
        let is_open = ledger.step(table).is_some_and(|state| !state.closed);
        ledger.header.hold.is_some() || ledger.steps.is_empty() || is_open
    }
}

/// Reads the owner of rows. If its row is not terminal although it has a ledger, terminates it again. If its row is terminal and it
/// has no ledger, opens one.
pub(super) async fn owner_of<S: RestoreRows, E: Scheduler + CascadeQueue>(
    cx: &Context<S, E>,
    id: CustomerId,
    report: &mut RestoreReport,
) -> Result<Owner, Failure> {
    let mut retry = Retry::new("the customer", RetryBudget::Long);
    loop {
        let (row, summary) = (cx.store.customer(id).await?, cx.store.ledger_summary(id).await?);
        let is_running = match (row, summary) {
            (Some(row), None) if row.status().is_terminal() => {
                cx.store.open_ledger(&row).await?;
                report.resumed += 1;
                start(cx, id, cx.now()).await?;
                true
            }
            (Some(row), Some(summary)) if !row.status().is_terminal() && !row.platform => {
                if !terminate_again(cx, &row, summary).await? {
                    retry.wait(&*cx.providers.entropy).await?;
                    continue;
                }
                report.ended += 1;
                report.resumed += 1;
                true
            }
            (Some(row), _) if !row.status().is_terminal() => return Ok(Owner::NotTerminal(Box::new(row))),
            (None, None) => return Ok(Owner::Unknown),
            (_, summary) => summary.is_some_and(|summary| !summary.completed),
        };
        return Ok(Owner::Terminal(if is_running { cx.store.ledger(id).await?.map(Box::new) } else { None }));
    }
}

/// Deletes or expires an account as its ledger says, and runs its deletion again. Returns false if the customer's row has changed.
async fn terminate_again<S: RestoreRows, E: Scheduler + CascadeQueue>(
    cx: &Context<S, E>,
    row: &Customer,
    summary: LedgerSummary,
) -> Result<bool, Failure> {
    let mut after = row.anonymised(terminal_state(summary), cx.now());
    after.version = after.version.max(summary.version);
    if !cx.store.terminate_again(row, &after).await? {
        return Ok(false);
    }
    tracing::warn!(customer_id = %row.id, "a restored account was terminated again");
    for scheduled in ScheduledJob::of(row, &cx.settings.reminder_days) {
        ignore(cx.services.cancel(&scheduled.job).await, "a job for a past state does nothing");
    }
    cx.store.reopen_all(row.id, cx.now()).await?;
    start(cx, row.id, cx.now()).await?;
    Ok(true)
}

const fn terminal_state(summary: LedgerSummary) -> State {
    let tm_delete = summary.tm_open;
    match summary.terminal_status {
        Status::Expired => State::Expired { tm_delete },
        _ => State::Deleted { tm_delete },
    }
}

/// Repairs what an account that is not terminal needs besides its rows: gates, counters, its address and its jobs.
pub(super) async fn repair<S: RestoreRows, E: Scheduler>(
    cx: &Context<S, E>,
    customer: &Customer,
    report: &mut RestoreReport,
) -> Result<(), Failure> {
    let id = customer.id;
    for (table, row) in cx.store.missing_rows(customer).await? {
        let problem = Problem::RowMissing;
        report.conflicts.push(RestoreConflict { table, id: row, customer_id: id, problem, held_by: None });
    }
    let is_repaired = cx.store.repair_usage(customer).await?;
    report.repaired += u64::from(is_repaired);
    let email = cx.store.repair_email(customer).await?;
    report.reclaimed += email.reclaimed;
    report.conflicts.extend(email.held_by.into_iter().map(|holder| RestoreConflict {
        table: "customers",
        id: id.to_string(),
        customer_id: id,
        problem: Problem::NameTaken,
        held_by: Some(holder),
    }));
    // Reconcile handles a deadline that has passed.
    let jobs = ScheduledJob::of(customer, &cx.settings.reminder_days);
    for job in jobs.iter().filter(|job| job.due > cx.now()) {
        cx.services.schedule(job).await?;
        report.scheduled += 1;
    }
    // The counters of new gates are empty.
    if is_repaired {
        recount(cx, id, Counter::all(), report).await?;
    }
    Ok(())
}

/// Counts an account's rows and corrects its counters.
pub(super) async fn recount<S: RestoreRows, E>(
    cx: &Context<S, E>,
    id: CustomerId,
    counters: impl Iterator<Item = Counter>,
    report: &mut RestoreReport,
) -> Result<(), Failure> {
    for counter in counters {
        let mut retry = Retry::new("a counter", RetryBudget::Short);
        let mut is_counted = true;
        while !cx.store.recount(id, counter).await? {
            if retry.wait(&*cx.providers.entropy).await.is_err() {
                let (table, row, problem) = ("usage", id.to_string(), Problem::NotCounted);
                report.conflicts.push(RestoreConflict {
                    table,
                    id: row,
                    customer_id: id,
                    problem,
                    held_by: None,
                });
                is_counted = false;
                break;
            }
        }
        report.recounted += u64::from(is_counted);
    }
    Ok(())
}
