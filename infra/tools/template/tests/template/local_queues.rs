//! The local service puts every event into the queues to which the template's rules send it.

use std::collections::BTreeSet;

use custodian_domain::outbox_record::ADMINISTRATOR;
use custodian_domain::{CustomerId, EventType, Timestamp};
use custodian_events::schema::schemas;
use custodian_events::{Event, SOURCE};
use custodian_local::target_queues;
use custodian_template::deployed::{list, resources, text};
use serde_json::{Value, json};
use uuid::Uuid;

/// The changed fields that cause a mail about an agent, and others.
const CHANGED: [&[&str]; 5] = [&[], &[ADMINISTRATOR], &["password"], &["username"], &["name"]];

#[test]
fn the_local_service_sends_every_event_to_the_queues_of_the_rules() {
    for event_type in schemas()["$defs"].as_object().unwrap().keys() {
        for changed in CHANGED {
            let (id, time) = (Uuid::nil(), Timestamp::from_micros(0));
            let event = Event {
                changed: changed.iter().map(|field| (*field).to_owned()).collect(),
                ..Event::new(id, EventType::parse(event_type), CustomerId(id), 1, time)
            };
            let local: BTreeSet<_> = target_queues(&event).iter().map(|queue| (*queue).to_owned()).collect();
            assert_eq!(local, queues_of_rules(&event), "{event_type} with the changes {changed:?}");
        }
    }
}

/// The queues of the rules that an event matches, by their names in the local service.
fn queues_of_rules(event: &Event) -> BTreeSet<String> {
    let sent = json!({ "source": SOURCE, "detail-type": event.event_type, "detail": event });
    let rules = resources("AWS::Events::Rule");
    let matching = rules.values().filter(|rule| matches(&rule["EventPattern"], &sent));
    let targets = matching.flat_map(|rule| list(&rule["Targets"]));
    targets.map(|target| local_name(&text(&target["Arn"]["GetAtt"])).to_owned()).collect()
}

fn local_name(queue: &str) -> &'static str {
    match queue {
        "CascadeStartQueue.Arn" => "cascade-start",
        "MailQueue.Arn" => "mail",
        "OperationsQueue.Arn" => "operations",
        "WebhookQueue.Arn" => "webhooks",
        other => panic!("{other} is no queue of the local service"),
    }
}

/// Whether an event has one of the permitted values in every field of a pattern, as EventBridge decides it.
fn matches(pattern: &Value, event: &Value) -> bool {
    pattern.as_object().unwrap().iter().all(|(name, permitted)| match permitted {
        Value::Object(_) => matches(permitted, &event[name]),
        _ => list(permitted).iter().any(|permitted| permits(permitted, &event[name])),
    })
}

/// Whether one entry of a pattern permits a value. It permits an array if it permits one of its values.
fn permits(permitted: &Value, value: &Value) -> bool {
    match permitted.get("anything-but") {
        Some(excluded) => list(value).iter().any(|value| !list(excluded).contains(value)),
        None => list(value).contains(permitted),
    }
}
