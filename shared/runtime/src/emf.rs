//! Metrics as log lines in CloudWatch's embedded metric format. CloudWatch extracts them from the log group, so a function
//! sends no requests to CloudWatch.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use custodian_app::metrics::Unit;
use custodian_app::{Clock, Metric, Metrics};
use custodian_domain::Timestamp;
use serde_json::{Map, Value, json};

/// The CloudWatch namespace of the metrics.
pub const NAMESPACE: &str = "Custodian";
/// The only dimension. A customer is never a dimension, which would create millions of metrics that outlive their accounts.
pub const DIMENSION: &str = "Stack";

/// Writes the metrics of each call of `record` as one line.
pub struct Emf<W> {
    stack: String,
    clock: Arc<dyn Clock>,
    out: Mutex<W>,
}

impl<W: Write + Send> Emf<W> {
    pub fn new(stack: String, clock: Arc<dyn Clock>, out: W) -> Self {
        Self { stack, clock, out: Mutex::new(out) }
    }
}

impl<W: Write + Send> Metrics for Emf<W> {
    fn record(&self, metrics: &[Metric]) {
        if metrics.is_empty() {
            return;
        }
        let line = format!("{}\n", line(&self.stack, self.clock.now(), metrics));
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(cause) = out.write_all(line.as_bytes()).and_then(|()| out.flush()) {
            tracing::warn!(%cause, "metrics lost");
        }
    }
}

fn line(stack: &str, now: Timestamp, metrics: &[Metric]) -> Value {
    let definitions =
        metrics.iter().map(|metric| json!({ "Name": metric.name(), "Unit": unit(metric.unit()) }));
    let directive = json!({
        "Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": definitions.collect::<Vec<_>>(),
    });
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({ "Timestamp": now.micros().div_euclid(1000), "CloudWatchMetrics": [directive] }),
    );
    line.insert(DIMENSION.to_owned(), stack.into());
    line.extend(metrics.iter().map(|metric| (metric.name().to_owned(), metric.value().into())));
    line.into()
}

const fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "Count",
        Unit::Milliseconds => "Milliseconds",
        Unit::Seconds => "Seconds",
    }
}
