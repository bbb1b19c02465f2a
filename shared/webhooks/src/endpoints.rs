//! The webhook endpoints as administrators see and change them.

use custodian_app::ports::ChangeCustomers;
use custodian_app::update::update;
use custodian_app::{Context, Failure};
use custodian_domain::account_status::require_active;
use custodian_domain::failing_endpoint::FailingEndpoint;
use custodian_domain::webhook::WebhookEndpoint;
use custodian_domain::webhook_endpoints::{EndpointPatch, EndpointSettings};
use custodian_domain::{CallerMessage, Customer, Reason, Refusal};
use custodian_views::{EndpointSettingsView, Time, WebhookState, WebhookView};
use custodian_webhook_client::{Destination, DestinationRules, SigningSecret};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::ports::WebhookStore;
use crate::secrets::decrypt;

/// All endpoints of an account, the first one first.
pub async fn list_endpoints<S: WebhookStore, E>(
    cx: &Context<S, E>,
    customer: &Customer,
    destinations: &DestinationRules,
) -> Result<Vec<WebhookView>, Failure> {
    let endpoints = customer.endpoints();
    let ids: Vec<_> = endpoints.iter().map(|endpoint| endpoint.id_of(customer.id)).collect();
    let states = cx.store.webhook_endpoints(&ids).await?;
    let views = endpoints.into_iter().zip(states);
    views.map(|(settings, state)| view(cx, customer, settings, &state, destinations)).collect()
}

/// One endpoint of an account.
pub async fn show_endpoint<S: WebhookStore, E>(
    cx: &Context<S, E>,
    customer: &Customer,
    endpoint: Uuid,
    destinations: &DestinationRules,
) -> Result<WebhookView, Failure> {
    let settings = customer.endpoint(endpoint).ok_or(Reason::WebhookEndpointNotFound)?;
    let state = cx.store.webhook_endpoint(settings.id_of(customer.id)).await?;
    view(cx, customer, settings, &state, destinations)
}

/// Adds an endpoint.
pub async fn create_endpoint<S: ChangeCustomers + WebhookStore, E>(
    cx: &Context<S, E>,
    customer: Customer,
    body: &Map<String, Value>,
    destinations: &DestinationRules,
) -> Result<WebhookView, Failure> {
    let patch = EndpointPatch::read_new(body, destinations)?;
    let id = cx.providers.id_seed(cx.now()).uuid();
    let permits = |row: &Customer| {
        require_active(row)?;
        if row.has_endpoint_left() {
            Ok(())
        } else {
            Err(Refusal::with_message(CallerMessage::EndpointLimit))
        }
    };
    let next = |row: &Customer, now| row.with_new_endpoint(id, &patch, now);
    let customer = update(cx, customer, permits, next).await?;
    show_endpoint(cx, &customer, id, destinations).await
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
    let next = |row: &Customer, now| row.with_endpoint(id, &patch, now);
    let customer = update(cx, customer, |row| require_endpoint(row, id), next).await?;
    show_endpoint(cx, &customer, id, destinations).await
}

/// Deletes an endpoint with its secret. The first endpoint only loses its URI. Returns the endpoint as it was.
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
    settings: EndpointSettings,
    endpoint: &WebhookEndpoint,
    destinations: &DestinationRules,
) -> Result<WebhookView, Failure> {
    let id = settings.id_of(customer.id);
    let uri = &settings.webhook_uri;
    let failing_until = endpoint.failing(uri).and_then(FailingEndpoint::paused_until);
    let state = match uri.as_str() {
        "" => WebhookState::Off,
        uri if Destination::parse(uri, destinations).is_err() => WebhookState::Refused,
        uri if endpoint.is_disabled(uri) => WebhookState::Disabled,
        _ if failing_until.is_some() => WebhookState::Failing,
        _ => WebhookState::Active,
    };
    let failing_until = failing_until.filter(|_| state == WebhookState::Failing);
    let secret = endpoint.secret.as_ref().map(|stored| decrypt(cx, id, stored)).transpose()?;
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
