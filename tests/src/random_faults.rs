//! Random database faults: lost requests, lost responses, throttling, transaction conflicts and partial batches. The random
//! numbers depend only on a seed. Without these faults, the embedded engine never fails.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use custodian_engine::{Engine, Fault, RequestObserver};
use serde_json::{Map, Value, json};

use crate::observers::{throughput_exceeded, transaction_conflict};

/// Injects random faults from `start` to `stop`.
#[derive(Clone, Default)]
pub struct RandomFaults(Arc<Inner>);

#[derive(Default)]
struct Inner {
    engine: Mutex<Option<Engine>>,
    random: Mutex<u64>,
    injected: Mutex<BTreeMap<&'static str, usize>>,
}

impl RandomFaults {
    /// Starts to inject faults into this engine's requests.
    pub fn start(&self, engine: &Engine, seed: u64) {
        *self.0.random.lock().unwrap_or_else(PoisonError::into_inner) = seed | 1;
        *self.0.engine.lock().unwrap_or_else(PoisonError::into_inner) = Some(engine.clone());
    }

    /// Lets every request pass from now on.
    pub fn stop(&self) {
        *self.0.engine.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The number of injected faults of each type.
    pub fn injected(&self) -> BTreeMap<&'static str, usize> {
        self.0.injected.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fails the test if a type of fault was never injected.
    #[track_caller]
    pub fn assert_all_injected(&self) {
        let injected = self.injected();
        let all = ["request lost", "response lost", "throttled", "conflict", "partial batch"];
        assert!(all.iter().all(|fault| injected.contains_key(fault)), "{injected:?}");
    }

    /// Marsaglia's xorshift.
    fn next_random(&self) -> u64 {
        let mut random = self.0.random.lock().unwrap_or_else(PoisonError::into_inner);
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        *random >> 16
    }

    fn inject(&self, name: &'static str, fault: Fault) -> Fault {
        *self.0.injected.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default() += 1;
        fault
    }
}

impl RequestObserver for RandomFaults {
    fn on_request(&self, operation: &str, body: &Value) -> Fault {
        let engine = self.0.engine.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(engine) = engine else { return Fault::None };
        // A request gets a type of fault that was not injected yet, if it can have one, so that every type occurs.
        let is_divisible = batch_size(body) > 1;
        let first = match operation {
            "TransactWriteItems" if !self.injected().contains_key("conflict") => Some(3),
            _ if is_divisible && !self.injected().contains_key("partial batch") => Some(3),
            _ => ["request lost", "response lost", "throttled"]
                .into_iter()
                .zip(0..)
                .find_map(|(fault, number)| (!self.injected().contains_key(fault)).then_some(number)),
        };
        match (first.unwrap_or_else(|| self.next_random() % 16), operation) {
            (0, _) => self.inject("request lost", Fault::LoseRequest),
            (1, _) => self.inject("response lost", Fault::LoseResponse),
            (2, _) => self.inject("throttled", throughput_exceeded()),
            (3 | 4, "TransactWriteItems") => self.inject("conflict", transaction_conflict()),
            (3..=6, _) if is_divisible => {
                self.inject("partial batch", partial_batch(&engine, operation, body, 1))
            }
            _ => Fault::None,
        }
    }
}

/// The number of items in a batch. 0 for every other request.
fn batch_size(body: &Value) -> usize {
    let parts = body["RequestItems"].as_object().into_iter().flat_map(Map::values);
    parts.map(|part| part.get("Keys").unwrap_or(part).as_array().map_or(0, Vec::len)).sum()
}

/// Processes at most `max` items of a batch, and returns the others as unprocessed.
pub fn partial_batch(engine: &Engine, operation: &str, body: &Value, max: usize) -> Fault {
    let reads = operation == "BatchGetItem";
    let (mut processed, mut unprocessed, mut left) = (body.clone(), Map::new(), max);
    let tables = processed["RequestItems"].as_object_mut().unwrap();
    for (table, part) in tables.iter_mut() {
        let list = if reads { &mut part["Keys"] } else { &mut *part };
        let list = list.as_array_mut().unwrap();
        let rest = list.split_off(list.len().min(left));
        left -= list.len();
        if !rest.is_empty() {
            let mut later = part.clone();
            *(if reads { &mut later["Keys"] } else { &mut later }) = Value::Array(rest);
            unprocessed.insert(table.clone(), later);
        }
    }
    // The engine refuses an empty list, as DynamoDB does.
    let is_empty = |part: &Value| part.get("Keys").unwrap_or(part).as_array().is_none_or(Vec::is_empty);
    tables.retain(|_, part| !is_empty(part));
    let mut response = engine.call(operation, &processed).unwrap();
    response[if reads { "UnprocessedKeys" } else { "UnprocessedItems" }] = json!(unprocessed);
    Fault::Respond(200, response)
}
