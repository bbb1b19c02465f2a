//! Repairs the effects of lost jobs and events: it purges and expires overdue accounts and resumes stalled cascades. It also
//! verifies completed deletions and counts incomplete ones. These parts run concurrently, each page by page until nothing is left
//! or the time is over, so that none starves another.
//!
//! With `{"recount": "<customer id>"}` it counts the customer's rows and corrects the counters instead. With
//! `{"verify": "<customer id>"}` it verifies that customer's deletion, however old it is. With `{"restore": {"table": "<name>"}}` it
//! repairs the tables after a restore, and responds with what it did and where the next invocation continues.

mod overdue;
mod until;

use std::borrow::Cow;
use std::time::Duration;

use custodian_app::brake::permits_purges;
use custodian_app::ports::{
    ChangeCustomers, CountDue, Counter, DeletionBrake, DeletionLinks, DueCustomers, LastMail, Mailer,
    ReceiptKeys, Recount, Scheduler,
};
use custodian_app::retry::{Retry, RetryBudget};
use custodian_app::{Context, Failure, LogSubject, Metric};
use custodian_cascade::restore::{RestoreRequest, RestoreRows, restore};
use custodian_cascade::{
    CascadeQueue, CompletedLedgers, FindRows, OpenLedgers, RemoveFiles, resume, send_last_mail, verify_empty,
};
use custodian_domain::{CustomerId, Status, Timestamp};
use custodian_event_sources::EventHandler;
use futures::future::join4;
use serde::Deserialize;
use serde_json::Value;

use crate::overdue::apply_deadlines;
use crate::until::{log_failure, run_until};

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

impl<S, E: Scheduler + CascadeQueue + Mailer + RemoveFiles> EventHandler<S, E> for Reconcile
where
    S: DueCustomers + ChangeCustomers + OpenLedgers + CompletedLedgers + FindRows + Recount + RestoreRows,
    S: DeletionBrake + CountDue + ReceiptKeys + LastMail + DeletionLinks,
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
            let rows = log_failure(customer, verify_empty(cx, customer).await);
            return record_rows_found(cx, rows.as_ref().copied().unwrap_or_default(), rows.map(|_| ()));
        }
        // A failure of one part or one customer must not block the others.
        let recorded = record_ages(cx).await;
        let permitted = permits_purges(cx).await;
        let is_permitted = permitted.as_ref().is_ok_and(|permitted| *permitted);
        cx.metrics.record(&[Metric::DeletionsPaused(!is_permitted)]);
        let before = cx.now().minus(STALLED_AFTER);
        let (purged, expired, resumed, verified) = join4(
            Box::pin(apply_deadlines(cx, Status::Frozen, is_permitted, stop_at)),
            Box::pin(apply_deadlines(cx, Status::Initial, is_permitted, stop_at)),
            Box::pin(resume_stalled(cx, before, stop_at)),
            Box::pin(verify_completed(cx, before, stop_at)),
        )
        .await;
        let mailed = send_last_mails(cx, before, stop_at).await;
        recorded.and(permitted.map(|_| ())).and(mailed).and(purged).and(expired).and(resumed).and(verified)
    }
}

async fn record_ages<S: OpenLedgers + CompletedLedgers, E>(cx: &Context<S, E>) -> Result<(), Failure> {
    let (unfinished, unverified) = (cx.store.unfinished().await?, cx.store.oldest_unverified().await?);
    let age = |oldest: Option<Timestamp>| oldest.map_or(Duration::ZERO, |oldest| cx.now().since(oldest));
    cx.metrics.record(&[
        Metric::UnfinishedDeletions(unfinished.count),
        Metric::OldestUnfinishedDeletion(age(unfinished.oldest)),
        Metric::OldestUnconfirmedDeletion(age(unverified)),
    ]);
    Ok(())
}

/// Resumes the deletions that have been stalled since `before`.
async fn resume_stalled<S: OpenLedgers + FindRows, E: CascadeQueue>(
    cx: &Context<S, E>,
    before: Timestamp,
    stop_at: Timestamp,
) -> Result<(), Failure> {
    let (mut after, mut outcome) = (None, Ok(()));
    loop {
        let page = cx.store.stalled_since(before, after).await?;
        let resume = |id| async move { log_failure(id, resume(cx, id, before).await) };
        let resumed = run_until(cx, stop_at, page.customers.into_iter().map(resume).collect()).await;
        outcome = outcome.and(resumed.into_iter().collect());
        after = page.next;
        if after.is_none() || cx.now() >= stop_at {
            return outcome;
        }
    }
}

/// Verifies that the deletions completed before `before` left no row.
async fn verify_completed<S, E>(
    cx: &Context<S, E>,
    before: Timestamp,
    stop_at: Timestamp,
) -> Result<(), Failure>
where
    S: CompletedLedgers + FindRows + ReceiptKeys + LastMail + DeletionLinks,
    E: CascadeQueue + Mailer + RemoveFiles,
{
    let (mut after, mut rows_found, mut outcome) = (None, 0, Ok(()));
    loop {
        let page = match cx.store.completed_before(before, after).await {
            Ok(page) => page,
            Err(failure) => return record_rows_found(cx, rows_found, outcome.and(Err(failure))),
        };
        let verify = |id| async move { log_failure(id, verify_empty(cx, id).await) };
        for rows in run_until(cx, stop_at, page.customers.into_iter().map(verify).collect()).await {
            rows_found += rows.as_ref().copied().unwrap_or_default();
            outcome = outcome.and(rows.map(|_| ()));
        }
        after = page.next;
        if after.is_none() || cx.now() >= stop_at {
            return record_rows_found(cx, rows_found, outcome);
        }
    }
}

/// Sends the last mails that could not be sent when their deletions were verified.
async fn send_last_mails<S, E>(
    cx: &Context<S, E>,
    before: Timestamp,
    stop_at: Timestamp,
) -> Result<(), Failure>
where
    S: CompletedLedgers + LastMail + DeletionLinks,
    E: Mailer,
{
    let page = cx.store.unsent_last_mails(before).await?;
    let send = |id| async move { log_failure(id, send_last_mail(cx, id).await) };
    run_until(cx, stop_at, page.customers.into_iter().map(send).collect()).await.into_iter().collect()
}

fn record_rows_found<S, E>(
    cx: &Context<S, E>,
    rows: u64,
    outcome: Result<(), Failure>,
) -> Result<(), Failure> {
    cx.metrics.record(&[Metric::RowsFoundAfterDeletion(rows)]);
    outcome
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
