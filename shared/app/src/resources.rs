//! Writing what an account owns: only while it is active, and only on the version that was read.

use custodian_domain::kinds::Kind;
use custodian_domain::resource::ResourcePatch;
use custodian_domain::{CustomerId, Reason, Resource, gate};
use uuid::Uuid;

use crate::change::ATTEMPTS;
use crate::context::Context;
use crate::failure::Failure;
use crate::ports::{
    CreateResources, DeleteResources, ReadCustomers, ReadResources, UpdateResources, Written,
};
use crate::scope;

pub async fn create<S: CreateResources, E>(
    cx: &Context<S, E>,
    kind: &'static Kind,
    customer: CustomerId,
    patch: ResourcePatch,
) -> Result<Resource, Failure> {
    let now = cx.now();
    let row = patch.create(kind, customer, cx.sources.stamp(now).uuid(), now);
    for _ in 0..ATTEMPTS {
        match cx.store.create_resource(kind, &row).await? {
            Written::Done => return Ok(row),
            Written::Lost => return Err(Failure::unavailable("the new id", "in use already")),
            Written::Closed => why_closed(&cx.store, customer).await?,
        }
    }
    Err(flickering())
}

pub async fn update<S: UpdateResources, E>(
    cx: &Context<S, E>,
    kind: &'static Kind,
    seen: Resource,
    patch: ResourcePatch,
) -> Result<Resource, Failure> {
    let mut before = seen;
    for _ in 0..ATTEMPTS {
        let after = patch.clone().apply(&before, cx.now());
        match cx.store.update_resource(kind, &after).await? {
            Written::Done => return Ok(after),
            Written::Lost => before = reread(&cx.store, kind, &before).await?,
            Written::Closed => why_closed(&cx.store, before.customer_id).await?,
        }
    }
    Err(flickering())
}

pub async fn delete<S: DeleteResources, E>(
    cx: &Context<S, E>,
    kind: &'static Kind,
    seen: Resource,
) -> Result<Resource, Failure> {
    let mut row = seen;
    for _ in 0..ATTEMPTS {
        match cx.store.delete_resource(kind, &row).await? {
            Written::Done => return Ok(row),
            Written::Lost => row = reread(&cx.store, kind, &row).await?,
            Written::Closed => why_closed(&cx.store, row.customer_id).await?,
        }
    }
    Err(flickering())
}

async fn reread<S: ReadResources>(
    store: &S,
    kind: &'static Kind,
    row: &Resource,
) -> Result<Resource, Failure> {
    scope::may_reread()?;
    let (customer, id): (CustomerId, Uuid) = (row.customer_id, row.id);
    Ok(store.resource(kind, customer, id).await?.ok_or(kind.not_found)?)
}

/// The gate was closed between the admission and the write: says why, unless it has opened again by now.
async fn why_closed<S: ReadCustomers>(store: &S, customer: CustomerId) -> Result<(), Failure> {
    let row = store.customer(customer).await?.ok_or(Reason::InvalidCredentials)?;
    Ok(gate::open(&row)?)
}

fn flickering() -> Failure {
    Failure::unavailable("the row", "changed by others each time it was read")
}
