//! What use costs by AWS's list prices.

use std::fmt::Write as _;

use custodian_cascade::STEPS;

use crate::requests::Line;

/// List prices in US dollars, of us-east-1, on demand, without any free tier, as they were in November 2026.
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

/// What is assumed, since it cannot be measured without AWS. A round of calls of DynamoDB takes so long.
const ROUND_MS: f64 = 5.0;
/// What an invocation logs, the platform's lines and the gateway's with it.
const LOG_KB: f64 = 1.0;
/// The share of requests that X-Ray records by default, beyond the first of each second.
const TRACED: f64 = 0.05;
/// An event is sent, received and deleted for the webhooks, and so it is for who ends operations.
const QUEUE_CALLS: f64 = 3.0;

/// The processor time of a request and of a hash on the machine of `docs/performance.md`, rounded up.
const CPU_MS: f64 = 1.0;
const HASH_MS: f64 = 20.0;
/// The memory at which a function has a processor to itself.
const WHOLE_CPU_MB: f64 = 1769.0;
/// The memory of functions as in the template: most, and those that hash a password.
const MEMORY_MB: f64 = 256.0;
const HASHING_MB: f64 = 1024.0;
const HASHING: [&str; 4] =
    ["POST /auth/login", "POST /auth/unregister", "POST /auth/unregister, immediate", "POST /v1.0/customers"];

/// What begins a cascade: a message and an invocation for each of its steps and one for the whole.
const ERASING: [&str; 2] = ["DELETE /v1.0/customers/{id}", "POST /auth/unregister, immediate"];
/// The rounds of a worker that finds nothing: the ledger, what the table holds, closing the step.
const WORKER_ROUNDS: f64 = 4.0;

/// A million read and write units, as dollars.
pub(crate) fn capacity(reads: f64, writes: f64) -> f64 {
    reads * READ_UNIT + writes * WRITE_UNIT
}

/// What a million invocations cost that compute for `cpu` ms and wait for this many rounds of calls.
fn invocations(memory: f64, cpu: f64, rounds: f64) -> f64 {
    let billed = (cpu * WHOLE_CPU_MB / memory + rounds * ROUND_MS).ceil();
    INVOCATION + billed * 1000.0 * memory / 1024.0 * GB_SECOND + LOG_KB * LOG_GB + TRACED * TRACE
}

/// What a million of these requests cost, with everything that they set going.
pub(crate) fn million(line: &Line) -> f64 {
    let (memory, cpu) =
        if HASHING.contains(&line.endpoint) { (HASHING_MB, CPU_MS + HASH_MS) } else { (MEMORY_MB, CPU_MS) };
    let answer = GATEWAY + invocations(memory, cpu, line.used.rounds as f64);
    // One function tells of the event, one looks whether there is a webhook.
    let event = EVENT + QUEUE_CALLS * QUEUE_CALL + 2.0 * invocations(MEMORY_MB, CPU_MS, 1.0);
    let units = capacity(line.used.reads + line.after.reads, line.used.writes + line.after.writes);
    let worker = QUEUE_CALLS * QUEUE_CALL + invocations(MEMORY_MB, CPU_MS, WORKER_ROUNDS);
    let workers = if ERASING.contains(&line.endpoint) { STEPS.len() as f64 + 1.0 } else { 0.0 };
    answer + units + line.events as f64 * event + workers * worker
}

/// What workers cost that remove a million rows of one table as fast as a partition allows: a thousand a second.
pub(crate) fn workers() -> f64 {
    1000.0 * MEMORY_MB / 1024.0 * GB_SECOND
}

/// The prices as a table.
pub(crate) fn prices() -> String {
    let mut table = String::from("| | US dollars | for |\n|---|---:|---|\n");
    for (what, price, of) in PRICES {
        writeln!(table, "| {what} | {price:.3} | {of} |").unwrap();
    }
    table
}
