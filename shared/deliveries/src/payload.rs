//! The body of a webhook: `{"type","data"}` as in production, and the version that orders the events of one row.

use custodian_app::Failure;
use custodian_domain::kinds::{ALL, Kind};
use custodian_domain::{AgentId, Customer};
use custodian_events::Event;
use custodian_http::view::{AgentView, CustomerView, KeyView, ResourceView};
use serde::Serialize;
use serde_json::{Value, json};

use crate::manage::TEST;
use crate::ports::ReadRows;

/// The body for an event: the row as callers see it now, without its secrets, or, of a row that is gone, its ids.
pub async fn payload<S: ReadRows>(store: &S, customer: &Customer, event: &Event) -> Result<String, Failure> {
    let data = match row(store, customer, event).await? {
        Some(row) => row,
        None => gone(event),
    };
    Ok(json!({ "type": event.kind, "data": data, "version": event.version }).to_string())
}

fn gone(event: &Event) -> Value {
    let tm_delete = event.kind.ends_with("_deleted").then_some(&event.time);
    json!({ "id": event.resource_id, "customer_id": event.customer_id, "tm_delete": tm_delete })
}

/// A row as its owner reads it, but for what is for readers alone.
fn without_secrets(kind: &Kind, mut data: Value) -> Value {
    if let Value::Object(fields) = &mut data {
        fields.retain(|name, _| kind.field(name).is_none_or(|field| !field.secret));
    }
    data
}

fn shown(view: &impl Serialize) -> Option<Value> {
    serde_json::to_value(view).ok()
}

async fn row<S: ReadRows>(store: &S, customer: &Customer, event: &Event) -> Result<Option<Value>, Failure> {
    if event.kind == TEST {
        return Ok(Some(json!({ "id": customer.id, "customer_id": customer.id })));
    }
    let Some(id) = event.resource_id else {
        return Ok(shown(&CustomerView::from(customer)));
    };
    if event.kind.ends_with("_deleted") {
        return Ok(None);
    }
    let noun = event.kind.rsplit_once('_').map_or("", |(noun, _)| noun);
    Ok(match noun {
        "agent" => store.agent(customer.id, AgentId(id)).await?.and_then(|row| shown(&AgentView::from(&row))),
        "accesskey" => store.access_key(customer.id, id).await?.and_then(|row| shown(&KeyView::from(&row))),
        noun => match ALL.iter().find(|kind| kind.noun == noun) {
            Some(kind) => {
                let row = store.resource(kind, customer.id, id).await?;
                let view = row.and_then(|row| shown(&ResourceView::new(kind, &row)));
                view.map(|data| without_secrets(kind, data))
            }
            None => None,
        },
    })
}
