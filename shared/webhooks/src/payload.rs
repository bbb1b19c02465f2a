//! The body of a webhook: `{"type","data"}` as in VoIPBIN's API, the id and the time of the event, and the version that orders the
//! events of one row.

use custodian_app::field_encryption::decrypt_row_without_secrets;
use custodian_app::{Context, Failure};
use custodian_domain::kinds::ALL;
use custodian_domain::webhook_endpoints::EndpointId;
use custodian_domain::{AgentId, Customer, EventType, access_key, kinds};
use custodian_events::Event;
use custodian_views::{AccessKeyView, AgentView, CustomerView, ResourceView};
use serde::Serialize;
use serde_json::{Value, json};

use crate::payload_size::limited;
use crate::ports::ReadPayloadRows;

/// The body for an event: the current row without its secrets, or the ids and `tm_delete` if the row is deleted. Only the first
/// endpoint gets the `webhook_uri` of an account. It is the URI of that endpoint, and such a URI may contain a password.
pub async fn payload<S: ReadPayloadRows, E: Sync>(
    cx: &Context<S, E>,
    customer: &Customer,
    event: &Event,
    endpoint: EndpointId,
) -> Result<String, Failure> {
    let data = match row(cx, customer, event).await? {
        Some(row) => row,
        None => ids(event),
    };
    let (id, timestamp, version) = (event.id, event.time.to_rfc3339(), event.version);
    let omitted: &[&str] = if endpoint.is_first() { &[] } else { &["webhook_uri"] };
    Ok(limited(
        json!({ "id": id, "type": event.event_type, "timestamp": timestamp, "data": data, "version": version }),
        omitted,
    ))
}

fn ids(event: &Event) -> Value {
    let tm_delete = event.event_type.is_deletion().then(|| event.time.to_rfc3339());
    json!({ "id": event.resource_id, "customer_id": event.customer_id, "tm_delete": tm_delete })
}

fn to_json(view: &impl Serialize) -> Option<Value> {
    serde_json::to_value(view).ok()
}

async fn row<S: ReadPayloadRows, E: Sync>(
    cx: &Context<S, E>,
    customer: &Customer,
    event: &Event,
) -> Result<Option<Value>, Failure> {
    if event.event_type == EventType::WebhookTest {
        return Ok(Some(json!({ "id": customer.id, "customer_id": customer.id })));
    }
    let Some(id) = event.resource_id else {
        return Ok(to_json(&CustomerView::new(customer, cx.now())));
    };
    let EventType::Row { noun, .. } = event.event_type else { return Ok(None) };
    if event.event_type.is_deletion() {
        return Ok(None);
    }
    if noun == kinds::AGENTS.noun {
        let agent = cx.store.agent(customer.id, AgentId(id)).await?;
        return Ok(agent.and_then(|row| to_json(&AgentView::from(&row))));
    }
    if noun == access_key::NOUN {
        return Ok(cx
            .store
            .access_key(customer.id, id)
            .await?
            .and_then(|row| to_json(&AccessKeyView::from(&row))));
    }
    let Some(kind) = ALL.iter().find(|kind| kind.noun == noun) else { return Ok(None) };
    let Some(stored) = cx.store.resource(kind, customer.id, id).await? else { return Ok(None) };
    let row = decrypt_row_without_secrets(cx, kind, &stored)?;
    Ok(to_json(&ResourceView::new(kind, &row)))
}
