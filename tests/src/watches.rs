//! Watches: what they let through, refuse, lose and count.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use custodian_engine::{Fate, Watch};
use serde_json::{Value, json};

/// Counts the requests to the database, by operation.
#[derive(Debug, Default)]
pub struct Counter(Mutex<Vec<String>>);

impl Counter {
    /// The operations since the last call.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Watch for Counter {
    fn request(&self, operation: &str, _: &Value) -> Fate {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(operation.to_owned());
        Fate::Pass
    }
}

/// Gives the next requests of an operation the fates that a test has planned, and lets everything else pass.
#[derive(Debug, Default)]
pub struct Plan(Mutex<VecDeque<(String, Fate)>>);

impl Plan {
    /// Plans what becomes of the next request of this operation.
    pub fn next(&self, operation: &str, fate: Fate) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back((operation.to_owned(), fate));
    }

    /// How many planned fates have not come to pass.
    pub fn left(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// A transaction that met others at work on the same items.
    pub fn conflict() -> Fate {
        let reasons =
            json!([{ "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" }]);
        Fate::Answer(
            400,
            json!({
                "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
                "message": "Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict]",
                "CancellationReasons": reasons,
            }),
        )
    }

    /// A request that came too fast.
    pub fn throttled() -> Fate {
        let kind = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException";
        Fate::Answer(
            400,
            json!({ "__type": kind, "message": "Rate of requests exceeds the allowed throughput." }),
        )
    }
}

impl Watch for Plan {
    fn request(&self, operation: &str, _: &Value) -> Fate {
        let mut planned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if planned.front().is_some_and(|(wanted, _)| wanted == operation) {
            return planned.pop_front().map_or(Fate::Pass, |(_, fate)| fate);
        }
        Fate::Pass
    }
}

type Fates = dyn FnMut(&str, &Value) -> Fate + Send;

/// Decides about every request by a function that a test may change.
#[derive(Default)]
pub struct Script(Mutex<Option<Box<Fates>>>);

impl Script {
    /// From now on this function decides.
    pub fn set(&self, fates: impl FnMut(&str, &Value) -> Fate + Send + 'static) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(fates));
    }

    /// From now on everything passes.
    pub fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Watch for Script {
    fn request(&self, operation: &str, body: &Value) -> Fate {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.as_mut().map_or(Fate::Pass, |fates| fates(operation, body))
    }
}
