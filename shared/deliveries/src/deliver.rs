//! One errand: post it, keep how it went, see to the next attempt.

use std::time::Duration;

use custodian_app::hooks::KeepHooks;
use custodian_app::ports::{ReadCustomers, Written};
use custodian_app::{Context, Failure, Metric, ignore};
use custodian_cascade::Tasks;
use custodian_domain::webhook::{
    Delivery, DeliveryStatus, Finding, Hook, KEPT, Slow, delivery_id, fingerprint,
};
use custodian_domain::{Customer, Status, Timestamp};
use custodian_events::CUSTOMER_DELETED;
use custodian_webhooks::{Attempt, Outcome, Patience, Report, next};
use uuid::Uuid;

use crate::farewell::say_farewell;
use crate::ports::{Errand, Errands, Posting, ReadRows};
use crate::post::{post, secrets};
use crate::turn::{Turn, turn};

/// A destination that keeps an attempt waiting for so long is slow,
const SLOW_FROM: Duration = Duration::from_secs(5);
/// and stays so for so long.
const SLOW_FOR: Duration = Duration::from_secs(15 * 60);
/// Longer than an attempt takes: whoever has claimed one and is not done by then does not work on it any more. It has ended
/// before a message that could not be handled comes again.
const CLAIM: Duration = Duration::from_secs(25);

/// Does an errand. It may come again and it may come late: an attempt that was made is not made again, and what is told is
/// what is so now.
pub async fn deliver<S, E>(cx: &Context<S, E>, errand: &Errand) -> Result<(), Failure>
where
    S: ReadCustomers + ReadRows + KeepHooks,
    E: Posting + Errands + Tasks,
{
    let Some(customer) = cx.store.customer(errand.detail.customer_id).await? else { return Ok(()) };
    match customer.status() {
        Status::Active | Status::Frozen => tell(cx, errand, &customer).await,
        Status::Deleted if errand.detail.kind == CUSTOMER_DELETED => {
            say_farewell(cx, errand, &customer).await
        }
        // Nobody has shown that an account that was never verified may have something sent anywhere.
        _ => Ok(()),
    }
}

async fn tell<S, E>(cx: &Context<S, E>, errand: &Errand, customer: &Customer) -> Result<(), Failure>
where
    S: ReadRows + KeepHooks,
    E: Posting + Errands,
{
    let now = cx.now();
    let hook = cx.store.hook(customer.id).await?;
    let id = delivery_id(errand.detail.id, errand.detail.happened().unwrap_or(now));
    let known = cx.store.delivery(customer.id, id, now).await?;
    match (turn(errand, known.as_ref(), &hook, customer, now), &known) {
        (Turn::Attempt, _) if !errand.slow && hook.is_slow(&customer.profile.webhook_uri, now) => {
            wait_elsewhere(cx, errand, id).await
        }
        (Turn::Attempt, Some(known)) if !claim(cx, known, now).await? => leave_to_other(errand),
        (Turn::Attempt, _) => attempt(cx, errand, customer, &hook, id, known.as_ref()).await,
        (Turn::SeeToNext, Some(known)) => see_to_next(cx, errand, known).await,
        (Turn::Close(reason), Some(known)) => close(cx, known, reason, now).await,
        _ => Ok(()),
    }
}

/// Passes an errand on to where waiting for its destination keeps nobody else waiting.
pub(crate) async fn wait_elsewhere<S, E: Errands>(
    cx: &Context<S, E>,
    errand: &Errand,
    id: Uuid,
) -> Result<(), Failure> {
    let same = Errand { slow: true, ..errand.clone() };
    cx.ends.errand(&same, &name(id, errand.attempt), Duration::ZERO, cx.now()).await
}

/// The name of an errand's own.
pub(crate) fn name(delivery: Uuid, attempt: u32) -> String {
    format!("webhook-{delivery}-{attempt}")
}

/// Somebody else makes this attempt. Who was asked for it has done enough; whoever is to see to it by itself has to look again,
/// since the other may not come to its end.
fn leave_to_other(errand: &Errand) -> Result<(), Failure> {
    if errand.asked {
        return Ok(());
    }
    Err(Failure::unavailable("the attempt", "another makes it at this moment"))
}

/// Of several who would make one attempt at the same moment, one makes it.
async fn claim<S: KeepHooks, E>(
    cx: &Context<S, E>,
    known: &Delivery,
    now: Timestamp,
) -> Result<bool, Failure> {
    if known.claimed_until.is_some_and(|until| now < until) {
        return Ok(false);
    }
    Ok(cx.store.claim_attempt(known, now.plus(CLAIM)).await? == Written::Done)
}

async fn attempt<S, E>(
    cx: &Context<S, E>,
    errand: &Errand,
    customer: &Customer,
    hook: &Hook,
    id: Uuid,
    known: Option<&Delivery>,
) -> Result<(), Failure>
where
    S: ReadRows + KeepHooks,
    E: Posting + Errands,
{
    let profile = &customer.profile;
    let Some(secrets) = secrets(cx, customer.id, hook).await? else { return Ok(()) };
    let to = (&*profile.webhook_uri, &*profile.webhook_method);
    let begun = cx.now();
    let report = post(cx, errand, customer, to, id, &secrets).await?;
    // What follows is counted from the answer, for which it may have taken its time.
    let ended = cx.now();
    let begun = known.map_or(begun, |known| known.tm_create);
    let attempt =
        Attempt { number: errand.attempt, since_first: ended.since(begun), patience: Patience::Usual };
    let delay = next(attempt, report.outcome, u32::from_be_bytes(cx.sources.random()));
    // What is kept of it ends before an attempt that comes later than this.
    let delay = delay.filter(|delay| ended.plus(*delay) < begun.plus(KEPT));
    let delivery = record(errand, id, begun, &report, delay, ended);
    let finding = finding(&report, hook, &profile.webhook_uri, ended);
    let before = known.map_or(0, |known| known.attempts);
    if cx.store.keep_delivery(&delivery, before, &finding).await? != Written::Done {
        return Ok(());
    }
    if delivery.status == DeliveryStatus::Failed {
        cx.meter.note(&[Metric::WebhooksGivenUp]);
    }
    if report.latency >= SLOW_FROM {
        let slow = Slow { fingerprint: fingerprint(&profile.webhook_uri), until: ended.plus(SLOW_FOR) };
        // Apart from the attempt: many come to it at the same moment, and none of them may fail by the others.
        let noted = cx.store.note_slow(customer.id, &slow).await;
        ignore(noted.map(|_| ()), "the next slow attempt shows it again");
    }
    see_to_next(cx, errand, &delivery).await
}

/// What an attempt has shown of its destination.
fn finding(report: &Report, hook: &Hook, uri: &str, now: Timestamp) -> Finding {
    match report.outcome {
        Outcome::Disabled => Finding::Off(fingerprint(uri)),
        Outcome::Succeeded { .. } if hook.is_off(uri) => Finding::On(now),
        _ => Finding::Nothing,
    }
}

/// Sees to the next attempt, if there is to be one.
async fn see_to_next<S, E: Errands>(
    cx: &Context<S, E>,
    errand: &Errand,
    delivery: &Delivery,
) -> Result<(), Failure> {
    let Some(due) = delivery.tm_next else { return Ok(()) };
    let now = cx.now();
    let next = errand.following();
    cx.ends.errand(&next, &name(delivery.id, next.attempt), due.since(now), now).await
}

/// Nothing will be tried any more, and whoever looks is told why.
async fn close<S: KeepHooks, E>(
    cx: &Context<S, E>,
    known: &Delivery,
    reason: &str,
    now: Timestamp,
) -> Result<(), Failure> {
    let closed = Delivery {
        status: DeliveryStatus::Failed,
        error: Some(reason.to_owned()),
        tm_next: None,
        claimed_until: None,
        tm_update: now,
        ..known.clone()
    };
    if cx.store.keep_delivery(&closed, known.attempts, &Finding::Nothing).await? == Written::Done {
        cx.meter.note(&[Metric::WebhooksGivenUp]);
    }
    Ok(())
}

fn record(
    errand: &Errand,
    id: Uuid,
    begun: Timestamp,
    report: &Report,
    delay: Option<Duration>,
    now: Timestamp,
) -> Delivery {
    let event = &errand.detail;
    let succeeded = matches!(report.outcome, Outcome::Succeeded { .. });
    let status = match delay {
        Some(_) => DeliveryStatus::Pending,
        None if succeeded => DeliveryStatus::Succeeded,
        None => DeliveryStatus::Failed,
    };
    Delivery {
        customer_id: event.customer_id,
        id,
        event_id: event.id,
        kind: event.kind.clone(),
        resource_id: event.resource_id,
        version: event.version,
        time: event.time.clone(),
        status,
        attempts: errand.attempt,
        status_code: report.outcome.status(),
        error: (!succeeded).then(|| report.outcome.name().to_owned()),
        latency_ms: u64::try_from(report.latency.as_millis()).ok(),
        tm_next: delay.map(|delay| now.plus(delay)),
        claimed_until: None,
        tm_create: begun,
        tm_update: now,
    }
}
