//! Creates, updates and deletes access keys. Only the response to the creation contains the token.

use custodian_auth::access_key::mint;
use custodian_domain::access_key::{DEFAULT_LIFETIME, KeyPatch};
use custodian_domain::{AccessKey, CustomerId, Reason, Secret};

use crate::closed_gate;
use crate::context::Context;
use crate::failure::Failure;
use crate::ports::{
    AccessKeys, CreateAccessKeys, CreateOutcome, DeleteAccessKeys, UpdateAccessKeys, WriteOutcome,
};
use crate::request_conditions::{self, RequestConditions};
use crate::retry::{Retry, RetryBudget};

/// The read limit when looking for expired keys. It exceeds the maximum number of keys, so one read returns all.
const EXPIRED_KEYS_READ_LIMIT: usize = 1000;

/// A new key with its token. The token cannot be read again.
#[derive(Debug)]
pub struct NewKey {
    pub key: AccessKey,
    pub token: Secret,
}

/// Builds a new key, without storing it.
pub fn new_key<S, E>(cx: &Context<S, E>, customer_id: CustomerId, patch: KeyPatch) -> NewKey {
    let now = cx.now();
    let id = cx.providers.id_seed(now).uuid();
    let minted = mint(cx.providers.random(), id, customer_id);
    let key = AccessKey {
        customer_id,
        id,
        version: 1,
        name: patch.name.unwrap_or_default(),
        detail: patch.detail.unwrap_or_default(),
        secret_hash: minted.secret_hash,
        token_prefix: minted.token_prefix,
        tm_expire: now.plus(patch.lifetime.unwrap_or(DEFAULT_LIFETIME)),
        tm_create: now,
        tm_update: now,
        tm_last_used: None,
    };
    NewKey { key, token: minted.token }
}

/// Creates a key. At the limit, it deletes expired keys to make room.
pub async fn create<S: CreateAccessKeys, E>(
    cx: &Context<S, E>,
    customer: CustomerId,
    patch: KeyPatch,
) -> Result<NewKey, Failure> {
    let new = new_key(cx, customer, patch);
    let mut retry = retry();
    loop {
        match cx.store.create_access_key(&new.key).await? {
            CreateOutcome::Done => return Ok(new),
            CreateOutcome::GateClosed => closed_gate::recheck_status(&cx.store, customer).await?,
            CreateOutcome::LimitReached if make_room(cx, customer).await? => {}
            CreateOutcome::LimitReached => return Err(Reason::ResourceLimitExceeded.into()),
        }
        retry.wait(&*cx.providers.entropy).await?;
    }
}

/// Deletes expired keys. Returns whether that made room.
async fn make_room<S: DeleteAccessKeys, E>(
    cx: &Context<S, E>,
    customer: CustomerId,
) -> Result<bool, Failure> {
    let keys = cx.store.access_keys(customer, None, EXPIRED_KEYS_READ_LIMIT).await?;
    let mut has_room = false;
    for expired in keys.rows.iter().filter(|key| !key.is_live(cx.now())) {
        // This deletion is not the effect of the request, so the request's conditions do not apply to it. If another request
        // deleted the key first, there is room as well.
        let removal = cx.store.delete_access_key(expired, cx.now());
        has_room |= request_conditions::with_conditions(RequestConditions::default(), removal).await?
            != WriteOutcome::GateClosed;
    }
    Ok(has_room)
}

pub async fn update<S: UpdateAccessKeys, E>(
    cx: &Context<S, E>,
    key: AccessKey,
    patch: KeyPatch,
) -> Result<AccessKey, Failure> {
    patch.require_same_lifetime(&key)?;
    let (mut before, mut retry) = (key, retry());
    loop {
        let mut after = before.clone();
        after.version += 1;
        after.tm_update = cx.now();
        after.name = patch.name.clone().unwrap_or(after.name);
        after.detail = patch.detail.clone().unwrap_or(after.detail);
        match cx.store.update_access_key(&before, &after).await? {
            WriteOutcome::Done => return Ok(after),
            WriteOutcome::Stale => before = reread(cx, &mut retry, &before).await?,
            WriteOutcome::GateClosed => {
                closed_gate::recheck_status(&cx.store, before.customer_id).await?;
                retry.wait(&*cx.providers.entropy).await?;
            }
        }
    }
}

pub async fn delete<S: DeleteAccessKeys, E>(
    cx: &Context<S, E>,
    key: AccessKey,
) -> Result<AccessKey, Failure> {
    let (mut key, mut retry) = (key, retry());
    loop {
        match cx.store.delete_access_key(&key, cx.now()).await? {
            WriteOutcome::Done => return Ok(key),
            WriteOutcome::Stale => key = reread(cx, &mut retry, &key).await?,
            WriteOutcome::GateClosed => {
                closed_gate::recheck_status(&cx.store, key.customer_id).await?;
                retry.wait(&*cx.providers.entropy).await?;
            }
        }
    }
}

async fn reread<S: AccessKeys, E>(
    cx: &Context<S, E>,
    retry: &mut Retry,
    key: &AccessKey,
) -> Result<AccessKey, Failure> {
    request_conditions::permit_reread()?;
    retry.wait(&*cx.providers.entropy).await?;
    Ok(cx.store.access_key(key.customer_id, key.id).await?.ok_or(Reason::AccessKeyNotFound)?)
}

fn retry() -> Retry {
    Retry::new("the access key", RetryBudget::Request)
}
