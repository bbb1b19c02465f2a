//! A failing database: the product waits, retries, reports the failure, and never guesses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod conflicts;
mod lost_requests;
mod panics;
mod partial_batches;
mod unavailable;

use std::sync::Arc;

use custodian_engine::Fault;
use custodian_tests::{Client, ExpectedFaults, ScriptedFaults, Tables};

/// A service with scripted faults, an account, and its admin.
struct Fixture {
    script: Arc<ScriptedFaults>,
    client: Client,
    id: String,
    tenant: Client,
}

impl Fixture {
    async fn new() -> Self {
        let script = Arc::new(ScriptedFaults::default());
        let client = Client::start_observed(Arc::clone(&script) as _).await;
        let (id, tenant) = client.tenant("ada").await;
        Self { script, client, id, tenant }
    }

    /// Injects a fault into the next `times` requests of an operation. The work after earlier requests is done, so it takes no
    /// fault.
    async fn fault_next(&self, operation: &'static str, times: usize, fault: &Fault) -> ExpectedFaults {
        self.client.idle().await;
        self.script.fault_next(operation, times, fault)
    }

    fn tables(&self) -> Tables {
        Tables(self.client.engine().clone())
    }
}
