//! Writing what an account owns: only while it is active, and only on the version that was read.

use custodian_domain::kinds::{Kind, TRANSCRIPTIONS};
use custodian_domain::resource::ResourcePatch;
use custodian_domain::{CustomerId, Reason, Refusal, Resource, Status, Timestamp, gate};
use serde_json::{Map, json};

use crate::context::Context;
use crate::failure::Failure;
use crate::ports::{
    CreateResources, DeleteResources, ListResources, ReadCustomers, ReadResources, Stored, UpdateResources,
};
use crate::retry::{Patience, Race};
use crate::scope;

pub async fn create<S: CreateResources, E>(
    cx: &Context<S, E>,
    kind: &'static Kind,
    customer: CustomerId,
    patch: ResourcePatch,
) -> Result<Resource, Failure> {
    let now = cx.now();
    let row = patch.create(customer, cx.sources.stamp(now).uuid(), now);
    let mut race = race();
    loop {
        match cx.store.create_resource(kind, &row).await? {
            Stored::Done => return Ok(row),
            Stored::Lost => return Err(Failure::unavailable("the new id", "in use already")),
            Stored::Closed => why_closed(&cx.store, customer).await?,
            refused => return Err(refusal(kind, refused).into()),
        }
        race.again(&*cx.sources.entropy).await?;
    }
}

/// Stores what `next` makes of a row; if it makes nothing, the row stays as it is.
pub async fn update<S: UpdateResources, E>(
    cx: &Context<S, E>,
    kind: &'static Kind,
    seen: Resource,
    next: impl Fn(&Resource, Timestamp) -> Result<Option<Resource>, Refusal> + Send + Sync,
) -> Result<Resource, Failure> {
    let (mut before, mut race) = (seen, race());
    loop {
        let Some(after) = next(&before, cx.now())? else { return Ok(before) };
        match cx.store.update_resource(kind, &[Status::Active], &before, &after).await? {
            Stored::Done => return Ok(after),
            Stored::Lost => before = reread(cx, &mut race, kind, &before).await?,
            Stored::Closed => {
                why_closed(&cx.store, before.customer_id).await?;
                race.again(&*cx.sources.entropy).await?;
            }
            refused => return Err(refusal(kind, refused).into()),
        }
    }
}

pub async fn delete<S: DeleteResources, E>(
    cx: &Context<S, E>,
    kind: &'static Kind,
    seen: Resource,
) -> Result<Resource, Failure> {
    let (mut row, mut race) = (seen, race());
    loop {
        match cx.store.delete_resource(kind, &row, cx.now()).await? {
            Stored::Done => return Ok(row),
            Stored::Lost => row = reread(cx, &mut race, kind, &row).await?,
            Stored::Closed => {
                why_closed(&cx.store, row.customer_id).await?;
                race.again(&*cx.sources.entropy).await?;
            }
            refused => return Err(refusal(kind, refused).into()),
        }
    }
}

async fn reread<S: ReadResources, E>(
    cx: &Context<S, E>,
    race: &mut Race,
    kind: &'static Kind,
    row: &Resource,
) -> Result<Resource, Failure> {
    scope::may_reread()?;
    race.again(&*cx.sources.entropy).await?;
    Ok(cx.store.resource(kind, row.customer_id, row.id).await?.ok_or(kind.not_found)?)
}

/// The gate was closed between the admission and the write: says why, unless it has opened again by now.
async fn why_closed<S: ReadCustomers>(store: &S, customer: CustomerId) -> Result<(), Failure> {
    let row = store.customer(customer).await?.ok_or(Reason::InvalidCredentials)?;
    Ok(gate::open(&row)?)
}

/// Ends every transcription that runs for a frozen customer; if the time is over before, the rest is for another attempt.
pub async fn stop_all<S: ListResources + UpdateResources, E>(
    cx: &Context<S, E>,
    customer: CustomerId,
    stop_at: Timestamp,
) -> Result<(), Failure> {
    const PAGE: usize = 100;
    let (kind, mut below) = (&TRANSCRIPTIONS, None);
    loop {
        let page = cx.store.resources(kind, customer, below, PAGE).await?;
        for row in page.rows {
            let now = cx.now();
            let Some(after) = stopped(&row, now) else { continue };
            if now >= stop_at {
                return Err(Failure::unavailable("the transcriptions", "more than the time allows"));
            }
            // Whoever has changed it meanwhile was not let in: the account is frozen. Once it is not, this is over.
            if cx.store.update_resource(kind, &[Status::Frozen], &row, &after).await? == Stored::Closed {
                return Ok(());
            }
        }
        below = page.next;
        if below.is_none() {
            return Ok(());
        }
    }
}

/// A transcription that has been ended; none if it had ended before.
pub fn stopped(row: &Resource, now: Timestamp) -> Option<Resource> {
    let running = row.fields.get("status").is_some_and(|status| status == "progressing");
    running.then(|| row.changed(Map::from_iter([("status".to_owned(), json!("done"))]), now))
}

fn refusal(kind: &Kind, refused: Stored) -> Refusal {
    match refused {
        Stored::Full => Reason::ResourceLimitExceeded.into(),
        Stored::Taken => kind.unique.as_ref().map_or(Reason::Internal, |unique| unique.taken).into(),
        Stored::Missing(field) => missing(field),
        // These are for the callers above to act on.
        Stored::Done | Stored::Lost | Stored::Closed => Reason::Internal.into(),
    }
}

/// What a field leads to is not there.
pub(crate) fn missing(field: &str) -> Refusal {
    Refusal::field(Reason::InvalidArgument, field, "leads to something that the account does not have")
}

fn race() -> Race {
    Race::new("the row", Patience::Request)
}
