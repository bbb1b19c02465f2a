//! The price of measured usage, at AWS's list prices.

use std::fmt::Write as _;

use custodian_cascade::STEPS;

use crate::round_trips::EndpointCost;

/// List prices in US dollars for us-east-1, on demand, without free tiers, as of November 2026.
const PRICES: [(&str, f64, &str); 9] = [
    ("DynamoDB, read request units", READ_UNIT, "a million"),
    ("DynamoDB, write request units", WRITE_UNIT, "a million"),
    ("API Gateway, requests of an HTTP API", GATEWAY, "a million"),
    ("Lambda, requests", INVOCATION, "a million"),
    ("Lambda, arm64", GB_SECOND * 1e6, "a million GB-seconds"),
    ("EventBridge, own events", EVENT, "a million"),
    ("SQS, calls of a standard queue", QUEUE_CALL, "a million"),
    ("CloudWatch, logs taken in", LOG_GB, "a GB"),
    ("X-Ray, traces recorded", TRACE, "a million"),
];
const READ_UNIT: f64 = 0.125;
const WRITE_UNIT: f64 = 0.625;
const GATEWAY: f64 = 1.00;
const INVOCATION: f64 = 0.20;
const GB_SECOND: f64 = 0.000_013_333_4;
const EVENT: f64 = 1.00;
const QUEUE_CALL: f64 = 0.40;
const LOG_GB: f64 = 0.50;
const TRACE: f64 = 5.00;

/// Assumption: the duration of one round of DynamoDB calls. Without AWS, the tests cannot measure this and the next four
/// values.
const ROUND_MS: f64 = 5.0;
/// Assumption: the log volume of an invocation, including the lines of Lambda and API Gateway.
const LOG_KB: f64 = 1.0;
/// Assumption: the share of requests that X-Ray records by default, beyond the first of each second.
const TRACED: f64 = 0.05;
/// Assumption: the queue calls of a message, which are one send, one receive and one delete.
const QUEUE_CALLS: f64 = 3.0;
/// Assumption: how long the receiver of a webhook takes to respond.
const RECEIVER_MS: f64 = 200.0;

/// The processor time of a request and of a password hash on the machine of `docs/performance.md`, rounded up.
const CPU_MS: f64 = 1.0;
const HASH_MS: f64 = 20.0;
/// The memory at which a function gets one whole processor.
const WHOLE_CPU_MB: f64 = 1769.0;
/// The memory of functions as in the template: most of them, and those that hash a password.
const MEMORY_MB: f64 = 256.0;
const HASHING_MB: f64 = 1024.0;
/// A request without a hash to a function that also hashes.
const DRY_RUN: &str = "POST /auth/unregister, dry run";
const HASHING: [&str; 4] =
    ["POST /auth/login", "POST /auth/unregister", "POST /auth/unregister, immediate", "POST /v1.0/customers"];

/// The requests that cause a webhook.
const WITH_WEBHOOK: [&str; 1] = ["POST /v1.0/tags, with a webhook"];
/// The rounds of a delivery after the check for a webhook: read the delivery, the endpoint and the row, count the attempt, and store the
/// delivery.
const DELIVERY_ROUNDS: f64 = 5.0;

/// The requests that start a cascade. Assumption: a cascade takes one message and one invocation for each step, and one for its
/// start.
const DELETING: [&str; 2] = ["DELETE /v1.0/customers/{id}", "POST /auth/unregister, immediate"];
/// The rounds of a worker that finds no rows: read the ledger, read the hold and the brake, query the table, close the step, and
/// read the ledger again.
const WORKER_ROUNDS: f64 = 5.0;

/// The price of a million times these read and write units.
pub(crate) fn capacity(reads: f64, writes: f64) -> f64 {
    reads * READ_UNIT + writes * WRITE_UNIT
}

/// The price of a million invocations with `cpu` ms of computing and this many rounds of calls.
fn invocations(memory: f64, cpu: f64, rounds: f64) -> f64 {
    let billed = (cpu * WHOLE_CPU_MB / memory + rounds * ROUND_MS).ceil();
    INVOCATION + billed * 1000.0 * memory / 1024.0 * GB_SECOND + LOG_KB * LOG_GB + TRACED * TRACE
}

/// The price of a million of these requests, including the background work that they start.
pub(crate) fn price_of_a_million(endpoint: &EndpointCost) -> f64 {
    let (memory, cpu) = match endpoint.endpoint {
        DRY_RUN => (HASHING_MB, CPU_MS),
        hashing if HASHING.contains(&hashing) => (HASHING_MB, CPU_MS + HASH_MS),
        _ => (MEMORY_MB, CPU_MS),
    };
    let request = GATEWAY + invocations(memory, cpu, endpoint.usage.rounds as f64);
    // One function publishes the event, another one checks for a webhook.
    let event = EVENT + QUEUE_CALLS * QUEUE_CALL + 2.0 * invocations(MEMORY_MB, CPU_MS, 1.0);
    let units = capacity(
        endpoint.usage.read_units + endpoint.background.read_units,
        endpoint.usage.write_units + endpoint.background.write_units,
    );
    let task = QUEUE_CALLS * QUEUE_CALL + invocations(MEMORY_MB, CPU_MS, WORKER_ROUNDS);
    let workers = if DELETING.contains(&endpoint.endpoint) { STEPS.len() as f64 + 1.0 } else { 0.0 };
    let webhook = if WITH_WEBHOOK.contains(&endpoint.endpoint) { price_of_a_million_webhooks() } else { 0.0 };
    request + units + endpoint.events as f64 * event + workers * task + webhook
}

/// The price of the time that a million deliveries take after the check for a webhook.
fn price_of_a_million_webhooks() -> f64 {
    (RECEIVER_MS + DELIVERY_ROUNDS * ROUND_MS) * 1000.0 * MEMORY_MB / 1024.0 * GB_SECOND
}

/// The price of workers that delete a million rows of one table at a partition's limit of a thousand rows a second.
pub(crate) fn price_of_workers() -> f64 {
    1000.0 * MEMORY_MB / 1024.0 * GB_SECOND
}

/// The prices as a table.
pub(crate) fn price_table() -> String {
    let mut table = String::from("| | US dollars | for |\n|---|---:|---|\n");
    for (name, price, of) in PRICES {
        writeln!(table, "| {name} | {price:.3} | {of} |").unwrap();
    }
    table
}
