//! Metrics in CloudWatch's embedded metric format.

use std::io::Write;
use std::sync::{Arc, Mutex};

use custodian_app::{Clock, Metric, Metrics};
use custodian_domain::Timestamp;
use custodian_runtime::{DIMENSION, Emf, NAMESPACE};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_micros(1_718_893_355_123_456);

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        NOW
    }
}

#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The lines that a function writes for these observations.
fn written_lines(observations: &[&[Metric]]) -> Vec<Value> {
    let output = Output::default();
    let metrics = Emf::new("custodian".to_owned(), Arc::new(FixedClock), output.clone());
    observations.iter().for_each(|observed| metrics.record(observed));
    let text = String::from_utf8(output.0.lock().unwrap().clone()).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The documented schema of the format, with only the units that this service uses.
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
fn recorded_metrics_are_lines_in_the_embedded_metric_format() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let lines = written_lines(&[&Metric::ALL, &[Metric::RowsErased(u64::MAX)]]);
    assert_eq!(lines.len(), 2, "one line for each call");
    for line in &lines {
        let errors: Vec<_> = validator.iter_errors(line).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?} in {line}");
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        for metric in directive["Metrics"].as_array().unwrap() {
            assert!(line[metric["Name"].as_str().unwrap()].is_u64(), "{metric} has a value: {line}");
        }
        for dimension in
            directive["Dimensions"].as_array().unwrap().iter().flat_map(|set| set.as_array().unwrap())
        {
            assert!(line[dimension.as_str().unwrap()].is_string(), "{dimension} has a value: {line}");
        }
    }
    assert_eq!(lines[0]["_aws"]["Timestamp"], 1_718_893_355_123_u64, "milliseconds");
    assert_eq!(
        lines[0]["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap().len(),
        Metric::ALL.len()
    );
}

/// Invariant I6: no personal data is left.
#[test]
fn the_stack_name_is_the_only_dimension() {
    let lines = written_lines(&[&[Metric::CustomersCreated]]);
    let directive = &lines[0]["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(
        (&directive["Namespace"], &directive["Dimensions"]),
        (&json!(NAMESPACE), &json!([[DIMENSION]]))
    );
    let members: Vec<_> = lines[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["_aws", DIMENSION, "CustomersCreated"], "no other member, such as a customer's id");
}

#[test]
fn no_metrics_write_no_line() {
    assert_eq!(written_lines(&[&[]]), Vec::<Value>::new());
}
