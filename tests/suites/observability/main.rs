//! Observability: log lines and metrics.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod log_lines;
mod metric_format;
mod metrics;
