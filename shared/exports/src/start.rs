//! Starting an export.

use std::collections::BTreeMap;

use custodian_app::ports::{ReadCustomers, Throttle, WriteOutcome};
use custodian_app::rate_limits::EXPORT_BY_ACCOUNT;
use custodian_app::retry::{Retry, RetryBudget};
use custodian_app::throttle::consume;
use custodian_app::{Context, Failure};
use custodian_domain::export::ExportState;
use custodian_domain::{CustomerId, Export, Reason, Refusal, account_status};
use uuid::Uuid;

use crate::ports::{ExportQueue, StartExports};
use crate::task::ExportTask;

/// Starts an export, unless one is unfinished. An account starts a few exports a day.
pub async fn start<S: StartExports + ReadCustomers + Throttle, E: ExportQueue>(
    cx: &Context<S, E>,
    customer: CustomerId,
) -> Result<Export, Failure> {
    let mut last = require_finished(cx, customer).await?;
    consume(cx, EXPORT_BY_ACCOUNT, &customer.to_string()).await?;
    let mut retry = Retry::new("the exports", RetryBudget::Short);
    loop {
        let now = cx.now();
        let export = Export::new(customer, cx.providers.id_seed(now).uuid(), now);
        match cx.store.create_export(&export, last).await? {
            WriteOutcome::Done => {
                cx.services.enqueue_export(&ExportTask::first(customer, export.id)).await?;
                return Ok(export);
            }
            WriteOutcome::Stale => {}
            WriteOutcome::GateClosed => {
                let row = cx.store.customer(customer).await?.ok_or(Reason::InvalidCredentials)?;
                account_status::require_not_terminal(&row)?;
            }
        }
        retry.wait(&*cx.providers.entropy).await?;
        last = require_finished(cx, customer).await?;
    }
}

/// The refusal names the running export, because a caller that lost the response to its request does not know the id.
fn already_running(id: Uuid) -> Refusal {
    let running = BTreeMap::from([("export_id", id.to_string())]);
    Refusal::with_details(Reason::ExportAlreadyRunning, vec![running])
}

/// The id of the last export, which must not be unfinished. The message of an export that no worker has begun is sent again,
/// because the request that started it may have died before it sent the message.
async fn require_finished<S: StartExports, E: ExportQueue>(
    cx: &Context<S, E>,
    customer: CustomerId,
) -> Result<Option<Uuid>, Failure> {
    let Some(last) = cx.store.last_export(customer).await? else { return Ok(None) };
    let now = cx.now();
    let Some(unfinished) = last.export.filter(|export| export.is_unfinished_at(now)) else {
        return Ok(Some(last.id));
    };
    if unfinished.state_at(now) == ExportState::Pending {
        cx.services.enqueue_export(&ExportTask::first(customer, unfinished.id)).await?;
    }
    Err(already_running(unfinished.id).into())
}
