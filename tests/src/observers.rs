//! Observers of database requests, and the error responses that they can return.

use std::sync::{Mutex, PoisonError};

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

    /// Lets every request pass from now on.
    pub fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl RequestObserver for ScriptedFaults {
    fn on_request(&self, operation: &str, body: &Value) -> Fault {
        let mut function = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        function.as_mut().map_or(Fault::None, |function| function(operation, body))
    }
}
