//! Where the news of an account's end goes: sealed in the transaction that ends it, opened when it is delivered. The
//! account itself has forgotten it by then.

use std::time::Duration;

use custodian_auth::sealed::Seal;
use custodian_domain::webhook::Farewell;
use custodian_domain::{Customer, CustomerId, Status};
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::failure::Failure;
use crate::keys::Keys;

/// How long the news is worth telling, and so the destination worth keeping.
const KEPT: Duration = Duration::from_secs(3600);

/// A destination that the account itself has forgotten.
#[derive(Serialize, Deserialize)]
pub struct Destination {
    pub uri: String,
    pub method: String,
}

fn sealing(keys: &Keys, customer: CustomerId) -> Result<Seal, Failure> {
    Ok(Seal::new("farewell", &keys.pseudonym("farewell", &customer.to_string())?))
}

/// What to keep of the destination of an account that ends, if it has one and has ever been verified.
pub(crate) fn seal<S, E>(
    cx: &Context<S, E>,
    before: &Customer,
    after: &Customer,
) -> Result<Option<Farewell>, Failure> {
    let Some(tm_delete) = after.tm_delete() else { return Ok(None) };
    let profile = &before.profile;
    if profile.webhook_uri.is_empty() || before.status() == Status::Initial {
        return Ok(None);
    }
    let kept = Destination { uri: profile.webhook_uri.clone(), method: profile.webhook_method.clone() };
    let plain = serde_json::to_vec(&kept).map_err(|cause| Failure::unavailable("a destination", cause))?;
    let sealed = sealing(&cx.keys, before.id)?.close(&plain, cx.sources.random());
    let sealed = sealed.ok_or_else(|| Failure::unavailable("a destination", "it could not be sealed"))?;
    Ok(Some(Farewell { sealed, until: tm_delete.plus(KEPT) }))
}

/// What was sealed; none if it was sealed by somebody else.
pub fn open(keys: &Keys, customer: CustomerId, farewell: &Farewell) -> Result<Option<Destination>, Failure> {
    let plain = sealing(keys, customer)?.open(&farewell.sealed);
    Ok(plain.and_then(|plain| serde_json::from_slice(&plain).ok()))
}
