//! A watch that has the database say what each request costs, in the units that AWS bills.

use std::ops::Add;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use custodian_engine::{Fate, Watch};
use serde_json::Value;
use tokio::time::Instant;

/// How long an operation takes while rounds are told apart: long enough that those of one round begin well within it.
const ROUND: Duration = Duration::from_millis(40);

/// What was used: operations, how many of them one after the other, and units of on-demand capacity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Used {
    pub operations: Vec<String>,
    /// Operations that are under way at the same moment are one round. Counted while rounds are told apart.
    pub rounds: usize,
    pub reads: f64,
    pub writes: f64,
}

impl Add for Used {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self.operations.extend(other.operations);
        let (reads, writes) = (self.reads + other.reads, self.writes + other.writes);
        Self { rounds: self.rounds + other.rounds, reads, writes, ..self }
    }
}

#[derive(Debug, Default)]
struct State {
    used: Used,
    /// Whether rounds are told apart, and when the last began.
    tells: bool,
    began: Option<Instant>,
}

/// Reads the meter of every request.
#[derive(Debug, Default)]
pub struct Meter(Mutex<State>);

impl Meter {
    /// What was used since the last time.
    pub fn take(&self) -> Used {
        std::mem::take(&mut self.state().used)
    }

    /// Whether rounds are to be told apart from now on: every operation takes equally long then.
    pub fn tell_rounds(&self, tells: bool) {
        let mut state = self.state();
        state.tells = tells;
        state.began = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch for Meter {
    fn request(&self, operation: &str, _: &Value) -> Fate {
        let mut state = self.state();
        state.used.operations.push(operation.to_owned());
        if !state.tells {
            return Fate::Pass;
        }
        let now = Instant::now();
        if state.began.is_none_or(|began| now - began > ROUND / 2) {
            state.used.rounds += 1;
            state.began = Some(now);
        }
        Fate::Late(ROUND)
    }

    fn meters(&self) -> bool {
        true
    }

    /// Of one table, or of each of several. Condition checks are billed as writes, and so is a write whose condition does
    /// not hold, of which the engine tells nothing.
    fn cost(&self, operation: &str, consumed: &Value) {
        let each = consumed.as_array().map_or(std::slice::from_ref(consumed), Vec::as_slice);
        let units: f64 = each.iter().filter_map(|table| table["CapacityUnits"].as_f64()).sum();
        let used = &mut self.state().used;
        match operation {
            "GetItem" | "BatchGetItem" | "Query" | "Scan" => used.reads += units,
            "PutItem" | "UpdateItem" | "DeleteItem" if consumed.is_null() => used.writes += 1.0,
            _ => used.writes += units,
        }
    }
}
