//! Creates, updates and deletes access keys. Only the response to the creation contains the token.

use custodian_auth::access_key::mint;
use custodian_domain::access_key::{KeyPatch, MadeKeys};
use custodian_domain::{AccessKey, CreatedBy, CustomerId, Principal, Reason, Refusal, Secret, Timestamp};
use uuid::Uuid;

use crate::closed_gate;
use crate::context::Context;
use crate::failure::Failure;
use crate::ports::{
    AccessKeys, CreateAccessKeys, DeleteAccessKeys, KeyCreateOutcome, KeyDeleteOutcome, UpdateAccessKeys,
    WriteOutcome,
};
use crate::request_conditions::{self, RequestConditions};
use crate::retry::{Retry, RetryBudget};
use crate::revoke_keys::keys_to_revoke;

/// The read limit when looking for expired keys. It exceeds the maximum number of keys, so one read returns all.
const EXPIRED_KEYS_READ_LIMIT: usize = 1000;

/// A new key with its token. The token cannot be read again.
#[derive(Debug)]
pub struct NewKey {
    pub key: AccessKey,
    pub token: Secret,
}

/// Where a new key comes from, and how long it lives.
#[derive(Clone, Debug)]
pub struct KeyOrigin {
    created_by: CreatedBy,
    chain: Vec<Uuid>,
    tm_create: Timestamp,
    tm_expire: Timestamp,
}

impl KeyOrigin {
    /// Refuses a key that would be stronger than the key on which its maker depends, or is requested to live longer. Without a
    /// requested lifetime, the new key expires with that key at the latest.
    pub fn of(caller: &Principal, patch: &KeyPatch, now: Timestamp) -> Result<Self, Refusal> {
        patch.require_scopes_within(caller.key())?;
        let tm_expire = patch.expiry(caller.key(), now)?;
        Ok(Self { created_by: caller.created_by(), chain: caller.chain()?, tm_create: now, tm_expire })
    }

    /// The first key of an account.
    pub fn signup(patch: &KeyPatch, now: Timestamp) -> Result<Self, Refusal> {
        let tm_expire = patch.expiry(None, now)?;
        Ok(Self { created_by: CreatedBy::Signup, chain: Vec::new(), tm_create: now, tm_expire })
    }
}

/// Builds a new key, without storing it.
pub fn new_key<S, E>(
    cx: &Context<S, E>,
    customer_id: CustomerId,
    patch: KeyPatch,
    origin: KeyOrigin,
) -> NewKey {
    let now = origin.tm_create;
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
        tm_expire: origin.tm_expire,
        tm_create: now,
        tm_update: now,
        tm_last_used: None,
        created_by: Some(origin.created_by),
        chain: origin.chain,
        scopes: patch.scopes.unwrap_or_default(),
    };
    NewKey { key, token: minted.token }
}

/// Creates a key. At the limit, it deletes expired keys to make room.
pub async fn create<S: CreateAccessKeys, E>(
    cx: &Context<S, E>,
    customer: CustomerId,
    caller: &Principal,
    patch: KeyPatch,
) -> Result<NewKey, Failure> {
    let origin = KeyOrigin::of(caller, &patch, cx.now())?;
    let new = new_key(cx, customer, patch, origin);
    let mut retry = retry();
    loop {
        match cx.store.create_access_key(&new.key, caller).await? {
            KeyCreateOutcome::Done => return Ok(new),
            KeyCreateOutcome::GateClosed => closed_gate::recheck_status(&cx.store, customer).await?,
            KeyCreateOutcome::CallerRevoked => return Err(Reason::InvalidCredentials.into()),
            KeyCreateOutcome::LimitReached if make_room(cx, customer).await? => {}
            KeyCreateOutcome::LimitReached => return Err(Reason::ResourceLimitExceeded.into()),
        }
        retry.wait(&*cx.providers.entropy).await?;
    }
}

/// Deletes expired keys. Returns whether there may be room now.
async fn make_room<S: DeleteAccessKeys, E>(
    cx: &Context<S, E>,
    customer: CustomerId,
) -> Result<bool, Failure> {
    let keys = cx.store.access_keys(customer, None, EXPIRED_KEYS_READ_LIMIT).await?;
    let mut has_room = false;
    for expired in keys.rows.iter().filter(|key| !key.is_live(cx.now())) {
        // This deletion is not the effect of the request, so the request's conditions do not apply to it. If another request
        // deleted the key first, there is room as well.
        let removal = cx.store.delete_access_key(expired, None, cx.now());
        has_room |= request_conditions::with_conditions(RequestConditions::default(), removal).await?
            != KeyDeleteOutcome::GateClosed;
    }
    Ok(has_room)
}

pub async fn update<S: UpdateAccessKeys, E>(
    cx: &Context<S, E>,
    key: AccessKey,
    patch: KeyPatch,
) -> Result<AccessKey, Failure> {
    patch.require_same_limits(&key)?;
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

/// Deletes a key and, unless they are to be kept, the keys that were made through it.
pub async fn delete<S: DeleteAccessKeys, E>(
    cx: &Context<S, E>,
    key: AccessKey,
    made_keys: MadeKeys,
) -> Result<AccessKey, Failure> {
    let (mut key, mut retry) = (key, retry());
    loop {
        let revoked = keys_to_revoke(cx, key.customer_id, key.id, made_keys).await?;
        match cx.store.delete_access_key(&key, revoked.as_ref(), cx.now()).await? {
            KeyDeleteOutcome::Done => return Ok(key),
            KeyDeleteOutcome::Stale => key = reread(cx, &mut retry, &key).await?,
            KeyDeleteOutcome::KeysChanged => retry.wait(&*cx.providers.entropy).await?,
            KeyDeleteOutcome::GateClosed => {
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
    Retry::new("the access key", RetryBudget::Short)
}
