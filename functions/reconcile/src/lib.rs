//! Repairs the effects of lost jobs and events: it purges and expires overdue accounts and resumes stalled cascades. It also
//! verifies completed deletions and sends last mails. These parts run concurrently, each page by page until nothing is left or the
//! time is over, so that none starves another. Before them, it counts incomplete deletions.
//!
//! With `{"recount": "<customer id>"}` it counts the customer's rows and corrects the counters instead. With
//! `{"verify": "<customer id>"}` it verifies that customer's deletion, however old it is. With `{"restore": {"table": "<name>"}}`
//! it repairs the tables after a restore, and responds with what it did and where the next invocation continues.

mod overdue;
mod until;

use std::borrow::Cow;
use std::time::Duration;

use custodian_app::brake::permits_purges;
use custodian_app::deletion_mails::remove_expired_recipient;
use custodian_app::ports::{
    ChangeCustomers, CountDue, Counter, DeletionBrake, DeletionLinks, DueCustomers, LastMail, Mailer,
    ReceiptKeys, Recount, Scheduler,
};
use custodian_app::retry::{Retry, RetryBudget};
use custodian_app::{Context, Failure, LogSubject, Metric};
use custodian_cascade::restore::{RestoreRequest, RestoreRows, restore};
use custodian_cascade::{
    CascadeQueue, CompletedLedgers, FindRows, OpenLedgers, RemoveFiles, VERIFY_AFTER, resume, send_last_mail,
    verify_empty,
};
use custodian_domain::{CustomerId, Status, Timestamp};
use custodian_event_sources::EventHandler;
use futures::future::join5;
use serde::Deserialize;
use serde_json::Value;

use crate::overdue::apply_deadlines;
use crate::until::{each_ledger, log_failure};

/// Reconcile resumes a cascade without progress for this long.
const STALLED_AFTER: Duration = Duration::from_secs(15 * 60);

pub struct Reconcile;

/// The input of a direct invocation. The schedule sends none of these fields.
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
        if let Ok(permitted) = &permitted {
            cx.metrics.record(&[Metric::DeletionsPaused(!permitted)]);
        }
        let (stalled, completed) = (cx.now().minus(STALLED_AFTER), cx.now().minus(VERIFY_AFTER));
        let (purged, expired, resumed, verified, mailed) = join5(
            Box::pin(apply_deadlines(cx, Status::Frozen, is_permitted, stop_at)),
            Box::pin(apply_deadlines(cx, Status::Initial, is_permitted, stop_at)),
            Box::pin(resume_stalled(cx, stalled, stop_at)),
            Box::pin(verify_completed(cx, completed, stop_at)),
            Box::pin(send_last_mails(cx, completed, stop_at)),
        )
        .await;
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

/// Resumes the deletions that have been stalled since `before`. Also removes the recipients of last mails whose time is over,
/// because a deletion on hold waits longer than its recipient may be kept.
async fn resume_stalled<S: OpenLedgers + FindRows + LastMail, E: CascadeQueue>(
    cx: &Context<S, E>,
    before: Timestamp,
    stop_at: Timestamp,
) -> Result<(), Failure> {
    let page = |after| cx.store.stalled_since(before, after);
    let resume = |id| async move {
        let resumed = resume(cx, id, before).await;
        resumed.and(remove_expired_recipient(cx, id).await).map(|()| 0)
    };
    each_ledger(cx, stop_at, page, resume).await.1
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
    let page = |after| cx.store.completed_before(before, after);
    let (rows_found, outcome) = each_ledger(cx, stop_at, page, |id| verify_empty(cx, id)).await;
    record_rows_found(cx, rows_found, outcome)
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
    let page = |after| cx.store.unsent_last_mails(before, after);
    let send = |id| async move { send_last_mail(cx, id).await.map(|()| 0) };
    each_ledger(cx, stop_at, page, send).await.1
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
        let mut retry = Retry::new("a counter", RetryBudget::Long);
        while !cx.store.recount(customer, counter).await? {
            retry.wait(&*cx.providers.entropy).await?;
        }
    }
    Ok(())
}
