//! Checks of a local service at the end of each test. Every published event matches its schema, no verification found a row after a
//! completed deletion, and no database request broke a rule.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use custodian_local::Service;
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use custodian_events::{SOURCE, schema};

use crate::request_rules::RequestRules;

/// Checks the published events, the deletions and the database requests of a service when it is dropped at the end of a test.
pub struct ServiceCheck {
    service: Service,
    rules: Arc<RequestRules>,
}

impl ServiceCheck {
    pub fn new(service: &Service, rules: Arc<RequestRules>) -> Self {
        Self { service: service.clone(), rules }
    }
}

impl Drop for ServiceCheck {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let violations: Vec<_> =
            self.service.published_events().unwrap().iter().filter_map(|entry| violation(entry)).collect();
        assert_eq!(
            self.service.metrics().of("RowsFoundAfterDeletion").sum,
            0,
            "rows found after completed deletions"
        );
        assert_eq!(self.rules.broken(), Vec::<String>::new());
        assert!(violations.is_empty(), "events that do not match docs/events.schema.json: {violations:#?}");
    }
}

/// One validator for each type of event.
fn validators() -> &'static HashMap<String, Validator> {
    static VALIDATORS: OnceLock<HashMap<String, Validator>> = OnceLock::new();
    VALIDATORS.get_or_init(|| {
        let document = schema::schemas();
        let options = || jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
        let types = document["$defs"].as_object().unwrap().iter();
        types.map(|(name, schema)| (name.clone(), options().build(schema).unwrap())).collect()
    })
}

/// The reason why an entry of the event bus is invalid, or None if it is valid.
pub fn violation(entry: &str) -> Option<String> {
    let parsed: Value = serde_json::from_str(entry).unwrap_or_default();
    let event = &parsed["detail"];
    let envelope = json!({
        "source": SOURCE, "detail-type": event["type"], "time": event["time"], "detail": event,
    });
    if parsed != envelope {
        return Some(format!("wrong envelope: {entry}"));
    }
    let Some(validator) = event["type"].as_str().and_then(|name| validators().get(name)) else {
        return Some(format!("unknown type: {entry}"));
    };
    let violations: Vec<_> = validator.iter_errors(event).map(|error| error.to_string()).collect();
    (!violations.is_empty()).then(|| format!("{}: {entry}", violations.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violation_of(change: impl FnOnce(&mut Value)) -> Option<String> {
        let id = "0197a0b0-0000-7000-8000-000000000000";
        let mut event = json!({
            "id": id, "type": "tag_updated", "schema_version": 1, "customer_id": id, "resource_id": id,
            "version": 2, "changed": ["name"], "time": "2026-01-15T10:30:00.123456Z",
        });
        change(&mut event);
        let time = event["time"].clone();
        let entry = json!({ "source": SOURCE, "detail-type": event["type"], "time": time, "detail": event });
        violation(&entry.to_string())
    }

    #[test]
    fn a_valid_event_passes_and_an_event_with_a_wrong_member_does_not() {
        assert_eq!(violation_of(|_| {}), None);
        for (member, wrong) in [
            ("id", json!("7")),
            ("type", json!("tag_renamed")),
            ("schema_version", json!(2)),
            ("version", json!(0)),
            ("changed", json!([])),
            ("changed", json!(["Acme Corporation"])),
            ("time", json!("yesterday")),
            ("status", json!("active")),
            ("name", json!("Acme Corporation")),
            ("removed", json!({})),
        ] {
            assert!(violation_of(|event| event[member] = wrong).is_some(), "{member}");
        }
        assert!(violation_of(|event| drop(event.as_object_mut().unwrap().remove("resource_id"))).is_some());
        assert!(violation("{}").is_some());
    }
}
