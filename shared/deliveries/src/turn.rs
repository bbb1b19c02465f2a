//! What an errand comes to when it is taken up, from what is known of it and of its destination alone.

use custodian_domain::webhook::{Delivery, DeliveryStatus, Hook, KEPT};
use custodian_domain::{Customer, Timestamp};

use crate::manage::TEST;
use crate::ports::Errand;

/// What is to be done with an errand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Attempt,
    /// The attempt was made, but perhaps the next one was not seen to.
    SeeToNext,
    /// It will not be attempted any more, for this reason.
    Close(&'static str),
    Nothing,
}

/// Errands come late, twice and in any order. What was attempted is not attempted again, and what happened before webhooks
/// went where they go now is not told there.
pub(crate) fn turn(
    errand: &Errand,
    known: Option<&Delivery>,
    hook: &Hook,
    customer: &Customer,
    now: Timestamp,
) -> Turn {
    let uri = &customer.profile.webhook_uri;
    // A test is what turns a destination on again, and so is a delivery that somebody asks for.
    let is_wanted = errand.asked || errand.detail.kind == TEST;
    let is_off = hook.is_off(uri) && !is_wanted;
    let Some(known) = known else {
        let is_due = errand.detail.kind == TEST || is_due(errand, hook, customer, now);
        let may_begin = errand.attempt == 1 && !uri.is_empty() && !is_off && is_due;
        return if may_begin { Turn::Attempt } else { Turn::Nothing };
    };
    let is_pending = known.status == DeliveryStatus::Pending;
    if known.attempts == errand.attempt {
        return Turn::SeeToNext;
    }
    if known.attempts > errand.attempt || !(is_pending || errand.asked) {
        return Turn::Nothing;
    }
    match (uri.is_empty(), is_off) {
        (false, false) => Turn::Attempt,
        _ if !is_pending => Turn::Nothing,
        (true, _) => Turn::Close("no_destination"),
        (_, true) => Turn::Close("disabled"),
    }
}

/// Whether an event of which nothing is kept was ever to be told to where webhooks go now. Of one that is older than
/// deliveries are kept, nobody knows.
fn is_due(errand: &Errand, hook: &Hook, customer: &Customer, now: Timestamp) -> bool {
    let happened = errand.detail.happened().unwrap_or(now);
    let since = customer.webhook_since.max(hook.on_since);
    since.is_none_or(|since| since <= happened) && now < happened.plus(KEPT)
}
