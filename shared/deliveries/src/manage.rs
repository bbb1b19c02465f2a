//! What an account's admin does with its webhook.

use std::time::Duration;

use custodian_app::hooks::KeepHooks;
use custodian_app::ports::{ReadCustomers, Throttles, Written};
use custodian_app::retry::{Patience, Race};
use custodian_app::throttle::{WEBHOOK_BY_ACCOUNT, spend};
use custodian_app::{Context, Failure};
use custodian_domain::note::event_id;
use custodian_domain::webhook::{Delivery, DeliveryStatus, HookSecret, delivery_id};
use custodian_domain::{Customer, Reason, Secret, Status, gate};
use custodian_events::Event;
use custodian_webhooks::{Destination, Reach, SigningSecret};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::deliver::name;
use crate::ports::{Errand, Errands};
use crate::post::fresh;
use crate::view::DeliveryView;

/// The event that a test sends.
pub(crate) const TEST: &str = "webhook_test";

/// The destination, its method, of the secret its first letters, and whether it is in use.
pub async fn show<S: KeepHooks, E>(cx: &Context<S, E>, customer: &Customer) -> Result<Value, Failure> {
    let hook = cx.store.hook(customer.id).await?;
    let uri = &customer.profile.webhook_uri;
    let reach = if cx.settings.webhooks_to_loopback { Reach::Loopback } else { Reach::Public };
    let state = match uri.as_str() {
        "" => "off",
        uri if Destination::parse(uri, reach).is_err() => "refused",
        uri if hook.is_off(uri) => "disabled",
        _ => "active",
    };
    let secret = hook.secret.as_ref();
    let prefix = secret.and_then(|secret| SigningSecret::parse(secret.current.expose()));
    let replaced = secret.map(|secret| secret.previous.as_slice()).unwrap_or_default().iter();
    let until = replaced.map(|one| one.until).max().filter(|until| *until > cx.now());
    Ok(json!({
        "webhook_uri": uri, "webhook_method": customer.profile.webhook_method,
        "secret_prefix": prefix.as_ref().map_or("", |secret| secret.prefix()),
        "tm_previous_secret_until": until.map(|until| until.to_rfc3339()),
        "state": state,
    }))
}

/// Makes a new secret; the one before signs too for a day, and so does every other of the last day.
pub async fn rotate<S: KeepHooks + ReadCustomers, E>(
    cx: &Context<S, E>,
    customer: &Customer,
) -> Result<Value, Failure> {
    let mut race = Race::new("the webhook's secret", Patience::Request);
    loop {
        let before = cx.store.hook(customer.id).await?.secret;
        let (now, fresh): (_, Secret) = (cx.now(), fresh(cx));
        let kept = match &before {
            None => HookSecret::first(fresh.clone(), now),
            Some(before) => before.replaced(fresh.clone(), now).ok_or(Reason::StateInvalid)?,
        };
        let before = before.map(|before| before.tm_create);
        match cx.store.keep_hook_secret(customer.id, &kept, before, &[Status::Active]).await? {
            Written::Done => return Ok(json!({ "secret": fresh.expose() })),
            Written::Lost => {}
            Written::Closed => {
                let row = cx.store.customer(customer.id).await?.ok_or(Reason::InvalidCredentials)?;
                gate::open(&row)?;
            }
        }
        race.again(&*cx.sources.entropy).await?;
    }
}

/// Sends an event that says nothing, and answers its delivery as it will be listed.
pub async fn test<S: Throttles, E: Errands>(
    cx: &Context<S, E>,
    customer: &Customer,
) -> Result<Value, Failure> {
    let (now, random) = (cx.now(), Uuid::from_bytes(cx.sources.random()));
    let event = Event {
        id: event_id(&[&customer.id.to_string(), &random.to_string(), TEST]),
        kind: TEST.to_owned(),
        schema_version: 1,
        customer_id: customer.id,
        resource_id: None,
        version: customer.version,
        status: Some(customer.status()),
        changed: Vec::new(),
        removed: None,
        time: now.to_rfc3339(),
    };
    let id = delivery_id(event.id, now);
    send(cx, customer, Errand::first(event), id).await?;
    Ok(json!({ "id": id }))
}

/// Attempts a delivery once more, however it stands, and also where its destination was turned off.
pub async fn redeliver<S: KeepHooks + Throttles, E: Errands>(
    cx: &Context<S, E>,
    customer: &Customer,
    id: Uuid,
) -> Result<DeliveryView, Failure> {
    let known = cx.store.delivery(customer.id, id, cx.now()).await?.ok_or(Reason::DeliveryNotFound)?;
    let event = Event {
        id: known.event_id,
        kind: known.kind.clone(),
        schema_version: 1,
        customer_id: customer.id,
        resource_id: known.resource_id,
        version: known.version,
        status: known.resource_id.is_none().then(|| customer.status()),
        changed: Vec::new(),
        removed: None,
        time: known.time.clone(),
    };
    let errand = Errand { attempt: known.attempts + 1, asked: true, ..Errand::first(event) };
    send(cx, customer, errand, id).await?;
    Ok(DeliveryView::from(&Delivery { status: DeliveryStatus::Pending, ..known }))
}

async fn send<S: Throttles, E: Errands>(
    cx: &Context<S, E>,
    customer: &Customer,
    errand: Errand,
    id: Uuid,
) -> Result<(), Failure> {
    if customer.profile.webhook_uri.is_empty() {
        return Err(Reason::WebhookNotConfigured.into());
    }
    spend(cx, WEBHOOK_BY_ACCOUNT, &customer.id.to_string()).await?;
    cx.ends.errand(&errand, &name(id, errand.attempt), Duration::ZERO, cx.now()).await
}
