//! A watch that has the database say what each request costs, in the units that AWS bills.

use std::ops::Add;
use std::sync::{Mutex, PoisonError};

use custodian_engine::{Fate, Watch};
use serde_json::Value;

/// What was used: operations, and units of on-demand capacity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Used {
    pub operations: Vec<String>,
    pub reads: f64,
    pub writes: f64,
}

impl Add for Used {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self.operations.extend(other.operations);
        Self { reads: self.reads + other.reads, writes: self.writes + other.writes, ..self }
    }
}

/// Reads the meter of every request.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Used>);

impl Meter {
    /// What was used since the last time.
    pub fn take(&self) -> Used {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Watch for Meter {
    fn request(&self, operation: &str, _: &Value) -> Fate {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).operations.push(operation.to_owned());
        Fate::Pass
    }

    fn meters(&self) -> bool {
        true
    }

    /// Of one table, or of each of several. Condition checks are billed as writes.
    fn cost(&self, operation: &str, consumed: &Value) {
        let each = consumed.as_array().map_or(std::slice::from_ref(consumed), Vec::as_slice);
        let units: f64 = each.iter().filter_map(|table| table["CapacityUnits"].as_f64()).sum();
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match operation {
            "GetItem" | "BatchGetItem" | "Query" | "Scan" => used.reads += units,
            _ => used.writes += units,
        }
    }
}
