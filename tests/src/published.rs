//! Every event that a suite's service has published, held against the event's schema when the test ends; and that no
//! deletion of it has left a row.

use std::collections::HashMap;
use std::sync::OnceLock;

use custodian_local::Service;
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

use custodian_events::{SOURCE, schema};

/// Compares what a service has published when the test that holds it ends.
pub struct Published(Service);

impl Published {
    pub fn of(service: &Service) -> Self {
        Self(service.clone())
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let faults: Vec<_> = self.0.published().unwrap().iter().filter_map(|entry| fault(entry)).collect();
        assert_eq!(self.0.counted().of("Survivors").sum, 0, "rows that sealed deletions have left");
        assert!(faults.is_empty(), "events that are not as docs/events.schema.json says: {faults:#?}");
    }
}

/// One schema of the document for each type of event.
fn validators() -> &'static HashMap<String, Validator> {
    static VALIDATORS: OnceLock<HashMap<String, Validator>> = OnceLock::new();
    VALIDATORS.get_or_init(|| {
        let document = schema::schemas();
        let options = || jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
        let types = document["$defs"].as_object().unwrap().iter();
        types.map(|(name, schema)| (name.clone(), options().build(schema).unwrap())).collect()
    })
}

/// What is wrong with an entry of the bus, if anything is.
pub fn fault(entry: &str) -> Option<String> {
    let parsed: Value = serde_json::from_str(entry).unwrap_or_default();
    let event = &parsed["detail"];
    let outside = json!({
        "source": SOURCE, "detail-type": event["type"], "time": event["time"], "detail": event,
    });
    if parsed != outside {
        return Some(format!("the envelope: {entry}"));
    }
    let Some(validator) = event["type"].as_str().and_then(|name| validators().get(name)) else {
        return Some(format!("an unknown type: {entry}"));
    };
    let faults: Vec<_> = validator.iter_errors(event).map(|error| error.to_string()).collect();
    (!faults.is_empty()).then(|| format!("{}: {entry}", faults.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(change: impl FnOnce(&mut Value)) -> Option<String> {
        let id = "0197a0b0-0000-7000-8000-000000000000";
        let mut event = json!({
            "id": id, "type": "tag_updated", "schema_version": 1, "customer_id": id, "resource_id": id,
            "version": 2, "changed": ["name"], "time": "2026-01-15T10:30:00.123456Z",
        });
        change(&mut event);
        let time = event["time"].clone();
        let entry = json!({ "source": SOURCE, "detail-type": event["type"], "time": time, "detail": event });
        fault(&entry.to_string())
    }

    #[test]
    fn an_event_as_described_passes_and_a_value_in_it_does_not() {
        assert_eq!(of(|_| {}), None);
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
            assert!(of(|event| event[member] = wrong).is_some(), "{member}");
        }
        assert!(of(|event| drop(event.as_object_mut().unwrap().remove("resource_id"))).is_some());
        assert!(fault("{}").is_some());
    }
}
