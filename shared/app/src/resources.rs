//! Creates, updates and deletes the resources of an account. Every write except that of [`stop_transcriptions`] requires an
//! active account. Updates and deletions also require that the row still has the version that was read.

use custodian_domain::kinds::{Kind, TRANSCRIPTIONS, UniqueScope};
use custodian_domain::resource::ResourcePatch;
use custodian_domain::{
    CallerMessage, CustomerId, FieldProblem, Reason, Refusal, Resource, Status, Timestamp,
};
use serde_json::{Map, json};

use crate::closed_gate;
use crate::context::Context;
use crate::failure::Failure;
use crate::field_encryption::{decrypt_row, encrypt_row};
use crate::ports::{
    CreateResources, DeleteResources, ListResources, ReadResources, ReadThrottles, ResourceWriteOutcome,
    Throttle, UpdateResources,
};
use crate::request_conditions;
use crate::retry::{Retry, RetryBudget};
use crate::throttle::{refuse_taken_name, require_taken_name_quota};

/// Creates a row. The refusal of a name that must be unique on the platform can reveal that another account has it. So an account
/// may try only a limited number of taken names.
pub async fn create<S: CreateResources + Throttle + ReadThrottles, E>(
    cx: &Context<S, E>,
    kind: &'static Kind,
    customer: CustomerId,
    patch: ResourcePatch,
) -> Result<Resource, Failure> {
    let now = cx.now();
    let row = patch.create(customer, cx.providers.id_seed(now).uuid(), now);
    let platform_names = kind.unique.as_ref().filter(|unique| unique.scope == UniqueScope::Platform);
    let names = platform_names.filter(|unique| !(unique.names)(&row.fields).is_empty());
    if names.is_some() {
        require_taken_name_quota(cx, customer).await?;
    }
    let mut retry = retry();
    loop {
        match cx.store.create_resource(kind, &encrypt_row(cx, kind, &row)?).await? {
            ResourceWriteOutcome::Done => return Ok(row),
            ResourceWriteOutcome::Stale => return Err(Failure::unavailable("the new id", "in use already")),
            ResourceWriteOutcome::GateClosed => closed_gate::recheck_status(&cx.store, customer).await?,
            refused => {
                let taken = names.filter(|_| refused == ResourceWriteOutcome::NameTaken);
                return Err(match taken {
                    Some(unique) => refuse_taken_name(cx, customer, unique.taken_reason).await,
                    None => refusal(kind, refused).into(),
                });
            }
        }
        retry.wait(&*cx.providers.entropy).await?;
    }
}

/// Stores the next version of a row. If `next` returns `None`, the row is unchanged.
pub async fn update<S: UpdateResources, E>(
    cx: &Context<S, E>,
    kind: &'static Kind,
    row: Resource,
    next: impl Fn(&Resource, Timestamp) -> Result<Option<Resource>, Refusal> + Send + Sync,
) -> Result<Resource, Failure> {
    let (mut before, mut retry) = (row, retry());
    loop {
        let Some(after) = next(&before, cx.now())? else { return Ok(before) };
        let encrypted = encrypt_row(cx, kind, &after)?;
        match cx.store.update_resource(kind, &[Status::Active], &before, &encrypted).await? {
            ResourceWriteOutcome::Done => return Ok(after),
            ResourceWriteOutcome::Stale => before = reread(cx, &mut retry, kind, &before).await?,
            ResourceWriteOutcome::GateClosed => {
                closed_gate::recheck_status(&cx.store, before.customer_id).await?;
                retry.wait(&*cx.providers.entropy).await?;
            }
            refused => return Err(refusal(kind, refused).into()),
        }
    }
}

pub async fn delete<S: DeleteResources, E>(
    cx: &Context<S, E>,
    kind: &'static Kind,
    row: Resource,
) -> Result<Resource, Failure> {
    let (mut row, mut retry) = (row, retry());
    loop {
        match cx.store.delete_resource(kind, &row, cx.now()).await? {
            ResourceWriteOutcome::Done => return Ok(row),
            ResourceWriteOutcome::Stale => row = reread(cx, &mut retry, kind, &row).await?,
            ResourceWriteOutcome::GateClosed => {
                closed_gate::recheck_status(&cx.store, row.customer_id).await?;
                retry.wait(&*cx.providers.entropy).await?;
            }
            refused => return Err(refusal(kind, refused).into()),
        }
    }
}

async fn reread<S: ReadResources, E>(
    cx: &Context<S, E>,
    retry: &mut Retry,
    kind: &'static Kind,
    row: &Resource,
) -> Result<Resource, Failure> {
    request_conditions::permit_reread()?;
    retry.wait(&*cx.providers.entropy).await?;
    let stored = cx.store.resource(kind, row.customer_id, row.id).await?.ok_or(kind.not_found)?;
    decrypt_row(cx, kind, &stored)
}

/// Stops every running transcription of a frozen customer. It fails if some still run at `stop_at`; a retry stops the rest.
pub async fn stop_transcriptions<S: ListResources + UpdateResources, E>(
    cx: &Context<S, E>,
    customer: CustomerId,
    stop_at: Timestamp,
) -> Result<(), Failure> {
    const PAGE: usize = 100;
    let (kind, mut below) = (&TRANSCRIPTIONS, None);
    loop {
        let page = cx.store.resources(kind, customer, below, PAGE).await?;
        for stored in page.rows {
            let row = decrypt_row(cx, kind, &stored)?;
            let now = cx.now();
            let Some(after) = stopped_transcription(&row, now) else { continue };
            if now >= stop_at {
                return Err(Failure::unavailable("the transcriptions", "not all stopped in time"));
            }
            // Only this function changes transcriptions of a frozen account, so a concurrent run has stopped a stale row. A closed
            // gate means that the account is no longer frozen, and the other transcriptions keep running.
            let encrypted = encrypt_row(cx, kind, &after)?;
            let outcome = cx.store.update_resource(kind, &[Status::Frozen], &row, &encrypted).await?;
            if outcome == ResourceWriteOutcome::GateClosed {
                return Ok(());
            }
        }
        below = page.next;
        if below.is_none() {
            return Ok(());
        }
    }
}

/// The next version of a running transcription, with the status `done`. `None` if it is not running.
pub fn stopped_transcription(row: &Resource, now: Timestamp) -> Option<Resource> {
    let running = row.fields.get("status").is_some_and(|status| status == "progressing");
    running.then(|| row.with_fields(Map::from_iter([("status".to_owned(), json!("done"))]), now))
}

fn refusal(kind: &Kind, refused: ResourceWriteOutcome) -> Refusal {
    match refused {
        ResourceWriteOutcome::LimitReached => Reason::ResourceLimitExceeded.into(),
        ResourceWriteOutcome::BytesLimitReached => Refusal::with_message(CallerMessage::PlanBytes),
        ResourceWriteOutcome::NameTaken => {
            kind.unique.as_ref().map_or(Reason::Internal, |unique| unique.taken_reason).into()
        }
        ResourceWriteOutcome::ReferenceNotFound(field) => reference_not_found(field),
        // The callers handle these outcomes themselves.
        ResourceWriteOutcome::Done | ResourceWriteOutcome::Stale | ResourceWriteOutcome::GateClosed => {
            Reason::Internal.into()
        }
    }
}

/// The refusal for a reference to a row that does not exist.
pub(crate) fn reference_not_found(field: &str) -> Refusal {
    Refusal::field(Reason::InvalidArgument, field, FieldProblem::UnknownReference)
}

fn retry() -> Retry {
    Retry::new("the row", RetryBudget::Short)
}
