//! The webhook endpoints as administrators see and change them.

use custodian_app::ports::{ChangeCustomers, NewEndpointSecret};
use custodian_app::update::{update, update_with_secret};
use custodian_app::{Context, Failure};
use custodian_domain::account_status::require_active;
use custodian_domain::failing_endpoint::FailingEndpoint;
use custodian_domain::webhook::EndpointState;
use custodian_domain::webhook_endpoints::{EndpointId, EndpointPatch};
use custodian_domain::webhook_secret::{StoredWebhookSecret, WebhookSecret};
use custodian_domain::{CallerMessage, Customer, Reason, Refusal};
use custodian_views::{EndpointSettingsView, Time, WebhookState, WebhookView};
use custodian_webhook_client::{Destination, DestinationRules, SigningSecret};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::ports::WebhookStore;
use crate::secrets::{decrypt, encrypt, new_secret};

/// All endpoints of an account, the first one first.
pub async fn list_endpoints<S: WebhookStore, E>(
    cx: &Context<S, E>,
    customer: &Customer,
    destinations: &DestinationRules,
) -> Result<Vec<WebhookView>, Failure> {
    let ids: Vec<_> = customer.endpoints().iter().map(|endpoint| endpoint.id_of(customer.id)).collect();
    let states = cx.store.webhook_endpoints(&ids).await?;
    let views = ids.iter().zip(states);
    views.map(|(id, state)| view(cx, customer, id.id, &state, destinations)).collect()
}

/// One endpoint of an account.
pub async fn show_endpoint<S: WebhookStore, E>(
    cx: &Context<S, E>,
    customer: &Customer,
    endpoint: Uuid,
    destinations: &DestinationRules,
) -> Result<WebhookView, Failure> {
    let id = EndpointId { customer_id: customer.id, id: endpoint };
    let state = cx.store.webhook_endpoint(id).await?;
    view(cx, customer, endpoint, &state, destinations)
}

/// Adds an endpoint.
pub async fn create_endpoint<S: ChangeCustomers + WebhookStore, E>(
    cx: &Context<S, E>,
    customer: Customer,
    body: &Map<String, Value>,
    destinations: &DestinationRules,
) -> Result<WebhookView, Failure> {
    let patch = EndpointPatch::read_new(body, destinations)?;
    let now = cx.now();
    let id = cx.providers.id_seed(now).uuid();
    let endpoint = EndpointId { customer_id: customer.id, id };
    let secret = encrypt(cx, endpoint, &WebhookSecret::unseen(new_secret(cx), now))?;
    let secret = NewEndpointSecret { endpoint, secret };
    let permits = |row: &Customer| {
        require_active(row)?;
        if row.may_add_endpoint() { Ok(()) } else { Err(Refusal::with_message(CallerMessage::EndpointLimit)) }
    };
    let next = |row: &Customer, now| row.with_new_endpoint(id, &patch, now);
    let customer = update_with_secret(cx, customer, permits, next, Some(&secret)).await?;
    let state = EndpointState {
        secret: Some(StoredWebhookSecret::Encrypted(secret.secret)),
        ..EndpointState::default()
    };
    view(cx, &customer, id, &state, destinations)
}

/// Changes an endpoint.
pub async fn update_endpoint<S: ChangeCustomers + WebhookStore, E>(
    cx: &Context<S, E>,
    customer: Customer,
    id: Uuid,
    body: &Map<String, Value>,
    destinations: &DestinationRules,
) -> Result<WebhookView, Failure> {
    let current = customer.endpoint(id).ok_or(Reason::WebhookEndpointNotFound)?;
    let patch = EndpointPatch::read(body, &current, current.id_of(customer.id), destinations)?;
    // The state is read before the change, because a change that took effect must not fail.
    let state = cx.store.webhook_endpoint(current.id_of(customer.id)).await?;
    let next = |row: &Customer, now| row.with_changed_endpoint(id, &patch, now);
    let customer = update(cx, customer, |row| require_endpoint(row, id), next).await?;
    view(cx, &customer, id, &state, destinations)
}

/// Deletes an endpoint with its secret. The first endpoint only loses its settings. Returns the endpoint as it was.
pub async fn delete_endpoint<S: ChangeCustomers + WebhookStore, E>(
    cx: &Context<S, E>,
    customer: Customer,
    id: Uuid,
    destinations: &DestinationRules,
) -> Result<WebhookView, Failure> {
    let deleted = show_endpoint(cx, &customer, id, destinations).await?;
    let next = |row: &Customer, now| row.without_endpoint(id, now);
    update(cx, customer, |row| require_endpoint(row, id), next).await?;
    Ok(deleted)
}

fn require_endpoint(customer: &Customer, id: Uuid) -> Result<(), Refusal> {
    require_active(customer)?;
    customer.endpoint(id).map(|_| ()).ok_or_else(|| Reason::WebhookEndpointNotFound.into())
}

fn view<S, E>(
    cx: &Context<S, E>,
    customer: &Customer,
    id: Uuid,
    stored: &EndpointState,
    destinations: &DestinationRules,
) -> Result<WebhookView, Failure> {
    let settings = customer.endpoint(id).ok_or(Reason::WebhookEndpointNotFound)?;
    let id = settings.id_of(customer.id);
    let uri = &settings.webhook_uri;
    let failing_until = stored.failing(uri).and_then(FailingEndpoint::paused_until);
    let state = match uri.as_str() {
        "" => WebhookState::Off,
        uri if Destination::parse(uri, destinations).is_err() => WebhookState::Refused,
        uri if stored.is_disabled(uri) => WebhookState::Disabled,
        _ if failing_until.is_some() => WebhookState::Failing,
        _ => WebhookState::Active,
    };
    let failing_until = failing_until.filter(|_| state == WebhookState::Failing);
    let secret = stored.secret.as_ref().map(|secret| decrypt(cx, id, secret)).transpose()?;
    let secret = secret.as_ref();
    let current = secret.and_then(|secret| SigningSecret::parse(secret.current.expose()));
    let previous = secret.map(|secret| secret.previous.as_slice()).unwrap_or_default().iter();
    let until = previous.map(|one| one.until).max().filter(|until| *until > cx.now());
    Ok(WebhookView {
        secret_prefix: current.as_ref().map_or_else(String::new, |secret| secret.prefix().to_owned()),
        tm_previous_secret_until: until.map(Time),
        state,
        tm_failing_until: failing_until.map(Time),
        settings: EndpointSettingsView::new(customer.id, settings),
    })
}
