//! Counts as CloudWatch reads them: lines in the embedded metric format.

use std::io::Write;
use std::sync::{Arc, Mutex};

use custodian_app::{Clock, Meter, Metric};
use custodian_domain::Timestamp;
use custodian_runtime::{DIMENSION, Emf, NAMESPACE};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_micros(1_718_893_355_123_456);

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        NOW
    }
}

#[derive(Clone, Default)]
struct Out(Arc<Mutex<Vec<u8>>>);

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The lines that a function writes for these observations.
fn written(notes: &[&[Metric]]) -> Vec<Value> {
    let out = Out::default();
    let meter = Emf::new("custodian".to_owned(), Arc::new(Stopped), out.clone());
    notes.iter().for_each(|metrics| meter.note(metrics));
    let text = String::from_utf8(out.0.lock().unwrap().clone()).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What AWS documents of the format's shape.
fn schema() -> Value {
    let name = json!({ "type": "string", "minLength": 1, "maxLength": 1024 });
    let units = ["Count", "Milliseconds", "Seconds"];
    let metric = json!({
        "type": "object", "required": ["Name"], "additionalProperties": false,
        "properties": { "Name": name, "Unit": { "enum": units }, "StorageResolution": { "enum": [1, 60] } },
    });
    let dimensions = json!({
        "type": "array", "minItems": 1,
        "items": {
            "type": "array", "minItems": 1, "maxItems": 30,
            "items": { "type": "string", "minLength": 1, "maxLength": 250 },
        },
    });
    let directive = json!({
        "type": "object", "required": ["Namespace", "Dimensions", "Metrics"], "additionalProperties": false,
        "properties": {
            "Namespace": { "type": "string", "pattern": "^[0-9A-Za-z.\\-_/#]{1,256}$" },
            "Dimensions": dimensions,
            "Metrics": { "type": "array", "minItems": 1, "maxItems": 100, "items": metric },
        },
    });
    json!({
        "type": "object", "required": ["_aws"],
        "properties": {
            "_aws": {
                "type": "object", "required": ["Timestamp", "CloudWatchMetrics"], "additionalProperties": false,
                "properties": {
                    "Timestamp": { "type": "integer", "minimum": 0 },
                    "CloudWatchMetrics": { "type": "array", "minItems": 1, "items": directive },
                },
            },
        },
    })
}

#[test]
fn what_is_counted_is_a_line_of_the_embedded_metric_format() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let lines = written(&[&Metric::ALL, &[Metric::RowsErased(u64::MAX)]]);
    assert_eq!(lines.len(), 2, "a line each time");
    for line in &lines {
        let faults: Vec<_> = validator.iter_errors(line).map(|fault| fault.to_string()).collect();
        assert!(faults.is_empty(), "{faults:?} in {line}");
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        for metric in directive["Metrics"].as_array().unwrap() {
            assert!(
                line[metric["Name"].as_str().unwrap()].is_u64(),
                "{metric} has its number beside: {line}"
            );
        }
        for dimension in
            directive["Dimensions"].as_array().unwrap().iter().flat_map(|set| set.as_array().unwrap())
        {
            assert!(line[dimension.as_str().unwrap()].is_string(), "{dimension} has its text beside: {line}");
        }
    }
    assert_eq!(lines[0]["_aws"]["Timestamp"], 1_718_893_355_123_u64, "milliseconds");
    assert_eq!(
        lines[0]["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap().len(),
        Metric::ALL.len()
    );
}

#[test]
fn the_stack_is_the_only_dimension() {
    let lines = written(&[&[Metric::CustomersCreated]]);
    let directive = &lines[0]["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(
        (&directive["Namespace"], &directive["Dimensions"]),
        (&json!(NAMESPACE), &json!([[DIMENSION]]))
    );
    let members: Vec<_> = lines[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["_aws", DIMENSION, "CustomersCreated"], "no other, such as a customer's id");
}

#[test]
fn nothing_counted_is_nothing_written() {
    assert_eq!(written(&[&[]]), Vec::<Value>::new());
}
