//! Observers of database requests, and the error responses that they can return.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use custodian_engine::{Fault, RequestObserver};
use serde_json::{Value, json};

/// Records the operation of every database request.
#[derive(Debug, Default)]
pub struct OperationRecorder(Mutex<Vec<String>>);

impl OperationRecorder {
    /// The operations since the last call.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl RequestObserver for OperationRecorder {
    fn on_request(&self, operation: &str, _: &Value) -> Fault {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(operation.to_owned());
        Fault::None
    }
}

/// The response to a transaction that conflicts with another one on the same items.
pub fn transaction_conflict() -> Fault {
    let reasons =
        json!([{ "Code": "TransactionConflict", "Message": "Transaction is ongoing for the item" }]);
    Fault::Respond(
        400,
        json!({
            "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
            "message": "Transaction cancelled, please refer cancellation reasons for specific reasons [TransactionConflict]",
            "CancellationReasons": reasons,
        }),
    )
}

/// The response to a request beyond the table's throughput.
pub fn throughput_exceeded() -> Fault {
    let kind = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException";
    Fault::Respond(
        400,
        json!({ "__type": kind, "message": "Rate of requests exceeds the allowed throughput." }),
    )
}

type FaultFunction = dyn FnMut(&str, &Value) -> Fault + Send;

/// Decides every request's fault with a function that a test can replace at any time.
#[derive(Default)]
pub struct ScriptedFaults(Mutex<Option<Box<FaultFunction>>>);

impl ScriptedFaults {
    /// Uses this function from now on.
    pub fn set(&self, function: impl FnMut(&str, &Value) -> Fault + Send + 'static) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(function));
    }

    /// Injects this fault into the next `times` requests of an operation, and lets every other request pass.
    pub fn fault_next(&self, operation: &'static str, times: usize, fault: &Fault) -> ExpectedFaults {
        let left = Arc::new(AtomicUsize::new(times));
        let (expected, fault) = (ExpectedFaults { operation, left: Arc::clone(&left) }, fault.clone());
        self.set(move |called, _| {
            // The lock around this function makes the two accesses one step.
            if called != operation || left.load(Ordering::SeqCst) == 0 {
                return Fault::None;
            }
            left.fetch_sub(1, Ordering::SeqCst);
            fault.clone()
        });
        expected
    }

    /// Lets every request pass from now on.
    pub fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Faults that a test expects to be injected. If this is dropped while some are left, it fails the test: without these faults, the
/// test would prove nothing.
#[must_use = "dropped at once, it fails the test"]
pub struct ExpectedFaults {
    operation: &'static str,
    left: Arc<AtomicUsize>,
}

impl Drop for ExpectedFaults {
    fn drop(&mut self) {
        let left = self.left.load(Ordering::SeqCst);
        let is_fulfilled = left == 0 || std::thread::panicking();
        assert!(is_fulfilled, "{left} faults of {} met no request", self.operation);
    }
}

impl RequestObserver for ScriptedFaults {
    fn on_request(&self, operation: &str, body: &Value) -> Fault {
        let mut function = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        function.as_mut().map_or(Fault::None, |function| function(operation, body))
    }
}
