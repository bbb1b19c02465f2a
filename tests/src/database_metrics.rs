//! An observer that measures what database requests cost, in the units that AWS bills.

use std::ops::Add;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use custodian_engine::{Fault, RequestObserver};
use serde_json::Value;
use tokio::time::Instant;

/// The duration of an operation while rounds are counted: long enough that all operations of one round start well within it.
const ROUND: Duration = Duration::from_millis(100);

/// Database usage: operations, rounds of concurrent operations, and units of on-demand capacity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatabaseUsage {
    pub operations: Vec<String>,
    /// Operations that run at the same time are one round. Zero unless rounds are counted.
    pub rounds: usize,
    pub read_units: f64,
    pub write_units: f64,
}

impl Add for DatabaseUsage {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self.operations.extend(other.operations);
        Self {
            rounds: self.rounds + other.rounds,
            read_units: self.read_units + other.read_units,
            write_units: self.write_units + other.write_units,
            ..self
        }
    }
}

#[derive(Debug, Default)]
struct State {
    usage: DatabaseUsage,
    counts_rounds: bool,
    round_started: Option<Instant>,
}

/// Measures every database request.
#[derive(Debug, Default)]
pub struct DatabaseMetrics(Mutex<State>);

impl DatabaseMetrics {
    /// The usage since the last call.
    pub fn take(&self) -> DatabaseUsage {
        std::mem::take(&mut self.state().usage)
    }

    /// Turns the counting of rounds on or off. While it is on, every operation is delayed by the same real time.
    pub fn count_rounds(&self, on: bool) {
        let mut state = self.state();
        state.counts_rounds = on;
        state.round_started = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RequestObserver for DatabaseMetrics {
    fn on_request(&self, operation: &str, _: &Value) -> Fault {
        let mut state = self.state();
        state.usage.operations.push(operation.to_owned());
        if !state.counts_rounds {
            return Fault::None;
        }
        let now = Instant::now();
        if state.round_started.is_none_or(|started| now - started > ROUND / 2) {
            state.usage.rounds += 1;
            state.round_started = Some(now);
        }
        Fault::Delay(ROUND)
    }

    fn wants_consumed_capacity(&self) -> bool {
        true
    }

    /// Adds the capacity that one or more tables consumed. DynamoDB bills condition checks as writes. It also bills a write whose
    /// condition fails. The engine reports no capacity for it, so a single write counts as one unit; a cancelled transaction counts
    /// as none.
    fn on_consumed_capacity(&self, operation: &str, consumed: &Value) {
        let tables = consumed.as_array().map_or(std::slice::from_ref(consumed), Vec::as_slice);
        let units: f64 = tables.iter().filter_map(|table| table["CapacityUnits"].as_f64()).sum();
        let usage = &mut self.state().usage;
        match operation {
            "GetItem" | "BatchGetItem" | "Query" | "Scan" => usage.read_units += units,
            "PutItem" | "UpdateItem" | "DeleteItem" if consumed.is_null() => usage.write_units += 1.0,
            _ => usage.write_units += units,
        }
    }
}
