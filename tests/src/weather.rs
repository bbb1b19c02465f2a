//! Bad weather: calls to the database are lost, answered too late, refused as too many, met by others, or done in part, as
//! a sequence of numbers says that begins with a seed. No engine here does that by itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use custodian_engine::{Engine, Fate, Watch};
use serde_json::{Map, Value, json};

use crate::watches::Plan;

/// Trouble that follows a seed, from when it is let loose.
#[derive(Clone, Default)]
pub struct Weather(Arc<Inner>);

#[derive(Default)]
struct Inner {
    engine: Mutex<Option<Engine>>,
    drawn: Mutex<u64>,
    met: Mutex<BTreeMap<&'static str, usize>>,
}

impl Weather {
    /// Lets it loose on this engine's calls.
    pub fn break_over(&self, engine: &Engine, seed: u64) {
        *self.0.drawn.lock().unwrap_or_else(PoisonError::into_inner) = seed | 1;
        *self.0.engine.lock().unwrap_or_else(PoisonError::into_inner) = Some(engine.clone());
    }

    /// From now on everything passes.
    pub fn clear_up(&self) {
        *self.0.engine.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// How often which trouble was met.
    pub fn met(&self) -> BTreeMap<&'static str, usize> {
        self.0.met.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fails a test that was to be tried hard and was not.
    #[track_caller]
    pub fn assert_all_met(&self) {
        let met = self.met();
        let all = ["lost", "answer lost", "throttled", "conflict", "in part"];
        assert!(all.iter().all(|trouble| met.contains_key(trouble)), "{met:?}");
    }

    /// Marsaglia's xorshift: enough to look like weather.
    fn draw(&self) -> u64 {
        let mut drawn = self.0.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        *drawn ^= *drawn << 13;
        *drawn ^= *drawn >> 7;
        *drawn ^= *drawn << 17;
        *drawn >> 16
    }

    fn trouble(&self, kind: &'static str, fate: Fate) -> Fate {
        *self.0.met.lock().unwrap_or_else(PoisonError::into_inner).entry(kind).or_default() += 1;
        fate
    }
}

impl Watch for Weather {
    fn request(&self, operation: &str, body: &Value) -> Fate {
        let engine = self.0.engine.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(engine) = engine else { return Fate::Pass };
        // Each trouble is met at least once: the first call that can meet it does.
        let first = match operation {
            "TransactWriteItems" if !self.met().contains_key("conflict") => Some(3),
            "BatchGetItem" | "BatchWriteItem" if !self.met().contains_key("in part") => Some(3),
            _ => ["lost", "answer lost", "throttled"]
                .into_iter()
                .zip(0..)
                .find_map(|(trouble, drawn)| (!self.met().contains_key(trouble)).then_some(drawn)),
        };
        match (first.unwrap_or_else(|| self.draw() % 16), operation) {
            (0, _) => self.trouble("lost", Fate::Lose),
            (1, _) => self.trouble("answer lost", Fate::LoseAnswer),
            (2, _) => self.trouble("throttled", Plan::throttled()),
            (3 | 4, "TransactWriteItems") => self.trouble("conflict", Plan::conflict()),
            (3..=6, "BatchGetItem" | "BatchWriteItem") => {
                self.trouble("in part", in_part(&engine, operation, body, 1))
            }
            _ => Fate::Pass,
        }
    }
}

/// Does only so much of a batch (of each table's part), and hands the rest back as unprocessed.
pub fn in_part(engine: &Engine, operation: &str, body: &Value, most: usize) -> Fate {
    let reads = operation == "BatchGetItem";
    let (mut now, mut left) = (body.clone(), Map::new());
    for (table, part) in now["RequestItems"].as_object_mut().unwrap() {
        let list = if reads { &mut part["Keys"] } else { &mut *part };
        let list = list.as_array_mut().unwrap();
        let rest = list.split_off(list.len().min(most));
        if !rest.is_empty() {
            let mut later = part.clone();
            *(if reads { &mut later["Keys"] } else { &mut later }) = Value::Array(rest);
            left.insert(table.clone(), later);
        }
    }
    let mut answer = engine.call(operation, &now).unwrap();
    answer[if reads { "UnprocessedKeys" } else { "UnprocessedItems" }] = json!(left);
    Fate::Answer(200, answer)
}
