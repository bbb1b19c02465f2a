//! Repairs the effects of lost jobs and events: it purges and expires overdue accounts and resumes stalled cascades. It also
//! verifies completed deletions and counts incomplete ones.
//!
//! With `{"recount": "<customer id>"}` it counts the customer's rows and corrects the counters instead. With
//! `{"verify": "<customer id>"}` it verifies that customer's deletion, however old it is. With `{"restore": {"table": "<name>"}}` it
//! repairs the tables after a restore, and responds with what it did and where the next invocation continues.

use std::borrow::Cow;
use std::time::Duration;

use custodian_app::ports::{ChangeCustomers, Counter, DueCustomers, Recount, Scheduler};
use custodian_app::retry::{Retry, RetryBudget};
use custodian_app::{Context, Failure, LogSubject, Metric, change};
use custodian_cascade::restore::{RestoreRequest, RestoreRows, restore};
use custodian_cascade::{CascadeQueue, CompletedLedgers, FindRows, OpenLedgers, resume, verify_empty};
use custodian_domain::lifecycle::Command;
use custodian_domain::{Customer, CustomerId, Status, Timestamp};
use custodian_event_sources::EventHandler;
use serde::Deserialize;
use serde_json::Value;

/// Reconcile resumes a cascade without progress for this long, and verifies a completed deletion of this age.
const STALLED_AFTER: Duration = Duration::from_secs(15 * 60);

pub struct Reconcile;

/// The input of an operator. The schedule sends an empty one.
#[derive(Debug, Default, Deserialize)]
pub struct ReconcileRequest {
    pub recount: Option<CustomerId>,
    /// Earlier releases call it `survey`.
    #[serde(alias = "survey")]
    pub verify: Option<CustomerId>,
    pub restore: Option<RestoreRequest>,
}

impl LogSubject for ReconcileRequest {
    fn customer_id(&self) -> Option<CustomerId> {
        self.recount.or(self.verify)
    }

    fn message_type(&self) -> Cow<'_, str> {
        Cow::from(match self {
            Self { recount: Some(_), .. } => "recount",
            Self { verify: Some(_), .. } => "verify",
            Self { restore: Some(_), .. } => "restore",
            _ => "reconcile",
        })
    }
}

impl<S, E: Scheduler + CascadeQueue> EventHandler<S, E> for Reconcile
where
    S: DueCustomers + ChangeCustomers + OpenLedgers + CompletedLedgers + FindRows + Recount + RestoreRows,
{
    type Message = ReconcileRequest;

    async fn respond(
        &self,
        cx: &Context<S, E>,
        request: ReconcileRequest,
        stop_at: Timestamp,
    ) -> Result<Value, Failure> {
        match &request.restore {
            Some(request) => {
                let report = restore(cx, request, stop_at).await?;
                serde_json::to_value(report).map_err(|cause| Failure::unavailable("the response", cause))
            }
            None => self.handle(cx, request, stop_at).await.map(|()| Value::Null),
        }
    }

    async fn handle(
        &self,
        cx: &Context<S, E>,
        request: ReconcileRequest,
        stop_at: Timestamp,
    ) -> Result<(), Failure> {
        if let Some(customer) = request.recount {
            return recount(cx, customer).await;
        }
        if let Some(customer) = request.verify {
            return verify_deletions(cx, vec![customer], stop_at).await;
        }
        // A failure of one part or one customer must not block the others.
        let mut first_failure = record_unfinished(cx).await;
        for customer in read_or_empty(cx.store.overdue(cx.now()).await, &mut first_failure) {
            let id = customer.id;
            first_failure = first_failure.and(log_failure(id, apply_deadline(cx, customer).await));
            if cx.now() >= stop_at {
                return first_failure;
            }
        }
        let stalled_since = cx.now().minus(STALLED_AFTER);
        for id in read_or_empty(cx.store.stalled_since(stalled_since).await, &mut first_failure) {
            first_failure = first_failure.and(log_failure(id, resume(cx, id, stalled_since).await));
        }
        let completed = read_or_empty(cx.store.completed_before(stalled_since).await, &mut first_failure);
        first_failure.and(verify_deletions(cx, completed, stop_at).await)
    }
}

/// The rows of a query, or none if it failed.
fn read_or_empty<T>(read: Result<Vec<T>, Failure>, first_failure: &mut Result<(), Failure>) -> Vec<T> {
    read.unwrap_or_else(|failure| {
        if first_failure.is_ok() {
            *first_failure = Err(failure);
        }
        Vec::new()
    })
}

fn log_failure(customer: CustomerId, outcome: Result<(), Failure>) -> Result<(), Failure> {
    outcome.inspect_err(
        |failure| tracing::error!(customer_id = %customer, %failure, "reconcile failed for a customer"),
    )
}

async fn record_unfinished<S: OpenLedgers, E>(cx: &Context<S, E>) -> Result<(), Failure> {
    let unfinished = cx.store.unfinished().await?;
    let age = unfinished.oldest.map_or(Duration::ZERO, |oldest| cx.now().since(oldest));
    cx.metrics
        .record(&[Metric::UnfinishedDeletions(unfinished.count), Metric::OldestUnfinishedDeletion(age)]);
    Ok(())
}

/// Verifies that these completed deletions left no row.
async fn verify_deletions<S: CompletedLedgers + FindRows, E: CascadeQueue>(
    cx: &Context<S, E>,
    completed: Vec<CustomerId>,
    stop_at: Timestamp,
) -> Result<(), Failure> {
    let (mut rows_found, mut first_failure) = (0, Ok(()));
    for customer in completed {
        match verify_empty(cx, customer).await {
            Ok(rows) => rows_found += rows,
            Err(failure) => first_failure = first_failure.and(log_failure(customer, Err(failure))),
        }
        if cx.now() >= stop_at {
            break;
        }
    }
    cx.metrics.record(&[Metric::RowsFoundAfterDeletion(rows_found)]);
    first_failure
}

async fn recount<S: Recount, E>(cx: &Context<S, E>, customer: CustomerId) -> Result<(), Failure> {
    for counter in Counter::all() {
        let mut retry = Retry::new("a counter", RetryBudget::StatusChange);
        while !cx.store.recount(customer, counter).await? {
            retry.wait(&*cx.providers.entropy).await?;
        }
    }
    Ok(())
}

/// Purges or expires an overdue account.
async fn apply_deadline<S: ChangeCustomers, E: Scheduler>(
    cx: &Context<S, E>,
    row: Customer,
) -> Result<(), Failure> {
    let command = match row.status() {
        Status::Frozen => Command::Purge { freeze: row.freezes },
        _ => Command::Expire,
    };
    change(cx, row.id, Some(row), command, None).await.map(|_| ())
}
