//! What the product does when its database does not: it waits, it repeats, it says so, and it never guesses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod conflicts;
mod down;
mod lost;
mod unprocessed;

use std::sync::Arc;

use custodian_tests::{Client, Script, Tables};

/// A service under a script, an account, and its admin.
struct Stage {
    script: Arc<Script>,
    client: Client,
    id: String,
    tenant: Client,
}

impl Stage {
    async fn set() -> Self {
        let script = Arc::new(Script::default());
        let client = Client::start_watched(Arc::clone(&script) as _).await;
        let (id, tenant) = client.tenant("ada").await;
        Self { script, client, id, tenant }
    }

    fn tables(&self) -> Tables {
        Tables(self.client.engine().clone())
    }
}
