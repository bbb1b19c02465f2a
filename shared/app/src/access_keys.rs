//! Access keys: made, renamed, removed. The token is shown once, when it is made.

use custodian_auth::access_key::mint;
use custodian_domain::access_key::{DEFAULT_LIFE, KeyPatch};
use custodian_domain::{AccessKey, CustomerId, Reason, Secret, gate};

use crate::context::Context;
use crate::failure::Failure;
use crate::ports::{AccessKeys, Counted, CreateAccessKeys, DeleteAccessKeys, UpdateAccessKeys, Written};
use crate::retry::{Patience, Race};
use crate::scope::{self, Scope};

/// How many keys are looked at to find those that have ended: more than there may be, and one read gives them all.
const LOOKED_AT: usize = 1000;

/// A key with its token, which nobody can read again.
#[derive(Debug)]
pub struct NewKey {
    pub key: AccessKey,
    pub token: Secret,
}

/// Puts a new key together.
pub fn new_key<S, E>(cx: &Context<S, E>, customer_id: CustomerId, patch: KeyPatch) -> NewKey {
    let now = cx.now();
    let id = cx.sources.stamp(now).uuid();
    let minted = mint(cx.sources.random(), id, customer_id);
    let key = AccessKey {
        customer_id,
        id,
        version: 1,
        name: patch.name.unwrap_or_default(),
        detail: patch.detail.unwrap_or_default(),
        secret_hash: minted.secret_hash,
        token_prefix: minted.token_prefix,
        tm_expire: now.plus(patch.life.unwrap_or(DEFAULT_LIFE)),
        tm_create: now,
        tm_update: now,
        tm_last_used: None,
    };
    NewKey { key, token: minted.token }
}

/// Makes a key. When there are as many as there may be, those that have ended make room.
pub async fn create<S: CreateAccessKeys, E>(
    cx: &Context<S, E>,
    customer: CustomerId,
    patch: KeyPatch,
) -> Result<NewKey, Failure> {
    let made = new_key(cx, customer, patch);
    let mut race = race();
    loop {
        match cx.store.create_access_key(&made.key).await? {
            Counted::Done => return Ok(made),
            Counted::Closed => why_closed(&cx.store, customer).await?,
            Counted::Full if make_room(cx, customer).await? => {}
            Counted::Full => return Err(Reason::ResourceLimitExceeded.into()),
        }
        race.again(&*cx.sources.entropy).await?;
    }
}

/// Removes the keys that have ended; false if there were none.
async fn make_room<S: DeleteAccessKeys, E>(
    cx: &Context<S, E>,
    customer: CustomerId,
) -> Result<bool, Failure> {
    let keys = cx.store.access_keys(customer, None, LOOKED_AT).await?;
    let mut any = false;
    for ended in keys.rows.iter().filter(|key| !key.is_live(cx.now())) {
        // Tidying up is not the effect of the request, and if somebody else has done it there is room as well.
        let removal = cx.store.delete_access_key(ended, cx.now());
        any |= scope::within(Scope::default(), removal).await? != Written::Closed;
    }
    Ok(any)
}

pub async fn update<S: UpdateAccessKeys, E>(
    cx: &Context<S, E>,
    seen: AccessKey,
    patch: KeyPatch,
) -> Result<AccessKey, Failure> {
    let (mut before, mut race) = (seen, race());
    loop {
        let mut after = before.clone();
        after.version += 1;
        after.tm_update = cx.now();
        after.name = patch.name.clone().unwrap_or(after.name);
        after.detail = patch.detail.clone().unwrap_or(after.detail);
        match cx.store.update_access_key(&before, &after).await? {
            Written::Done => return Ok(after),
            Written::Lost => before = reread(cx, &mut race, &before).await?,
            Written::Closed => {
                why_closed(&cx.store, before.customer_id).await?;
                race.again(&*cx.sources.entropy).await?;
            }
        }
    }
}

pub async fn delete<S: DeleteAccessKeys, E>(
    cx: &Context<S, E>,
    seen: AccessKey,
) -> Result<AccessKey, Failure> {
    let (mut key, mut race) = (seen, race());
    loop {
        match cx.store.delete_access_key(&key, cx.now()).await? {
            Written::Done => return Ok(key),
            Written::Lost => key = reread(cx, &mut race, &key).await?,
            Written::Closed => {
                why_closed(&cx.store, key.customer_id).await?;
                race.again(&*cx.sources.entropy).await?;
            }
        }
    }
}

async fn reread<S: AccessKeys, E>(
    cx: &Context<S, E>,
    race: &mut Race,
    key: &AccessKey,
) -> Result<AccessKey, Failure> {
    scope::may_reread()?;
    race.again(&*cx.sources.entropy).await?;
    Ok(cx.store.access_key(key.customer_id, key.id).await?.ok_or(Reason::AccessKeyNotFound)?)
}

async fn why_closed<S: AccessKeys>(store: &S, customer: CustomerId) -> Result<(), Failure> {
    let row = store.customer(customer).await?.ok_or(Reason::InvalidCredentials)?;
    Ok(gate::open(&row)?)
}

fn race() -> Race {
    Race::new("the access key", Patience::Request)
}
