//! The product without HTTP: its functions over the embedded database, with test doubles of services and a manual clock.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use custodian_app::MetricCounters;
use custodian_app::ports::{FindNames, PlatformKeySet};
use custodian_app::{
    ChangeOutcome, Clock, Context, Failure, PlatformKeys, Providers, ReadBudget, Settings, change,
};
use custodian_auth::{KeyRing, KeyedHasher};
use custodian_domain::EventType;
use custodian_domain::lifecycle::Command;
use custodian_domain::{Cause, Customer, CustomerId, Secret, Timestamp};
use custodian_engine::Engine;
use custodian_store::Store;
use serde_json::json;

use crate::database_metrics::DatabaseMetrics;
use crate::fault_injector::FaultInjector;
use crate::log_checks::LogLeakCheck;
use crate::request_rules::RequestRules;
use crate::services::TestServices;
use crate::tables::{PREFIX, Tables};

/// A clock that moves only when a test moves it.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.micros(), Ordering::SeqCst);
    }

    pub fn advance(&self, by: Duration) {
        self.set(self.now().plus(by));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// The context that the product's functions run with.
pub type TestContext = Context<Store, TestServices>;

/// The product, in an environment that the test controls.
#[derive(Clone)]
pub struct TestApp {
    pub cx: Arc<TestContext>,
    pub clock: Arc<ManualClock>,
    pub fault_injector: Arc<FaultInjector>,
    pub metrics: Arc<MetricCounters>,
    pub tables: Tables,
    _log_check: Arc<LogLeakCheck>,
}

/// The initial time of every test app: some microseconds after a whole second.
pub const START_TIME: Timestamp = Timestamp::from_micros(1_718_893_355_123_456);

impl Default for TestApp {
    fn default() -> Self {
        Self::with_faults(FaultInjector::default())
    }
}

impl TestApp {
    /// An app whose database requests are measured.
    pub fn with_metrics(metrics: &Arc<DatabaseMetrics>) -> Self {
        let rules = Arc::new(RequestRules::before(Arc::clone(metrics) as _));
        Self::with_faults(FaultInjector::with_rules(rules))
    }

    fn with_faults(fault_injector: FaultInjector) -> Self {
        let engine = Engine::in_memory().unwrap();
        let fault_injector = Arc::new(fault_injector);
        let clock = Arc::new(ManualClock(AtomicI64::new(START_TIME.micros())));
        let entropy = custodian_runtime::providers().entropy;
        let store =
            Store::new(engine.client_with_observer(fault_injector.clone()), PREFIX, Arc::clone(&entropy));
        engine.create_tables(&store.tables()).unwrap();
        let receipt_key = json!({
            "id": { "S": "current" }, "key_id": { "S": "receipts" }, "private": { "S": "07".repeat(32) },
        });
        Tables(engine.clone()).insert("receipt_signing_keys", &[receipt_key]);
        let services = TestServices::new(Arc::clone(&fault_injector));
        let providers = Providers { clock: Arc::clone(&clock) as Arc<dyn Clock>, entropy };
        let keys = PlatformKeys::new(PlatformKeySet {
            ring: KeyRing::default(),
            keyed_hasher: Some(KeyedHasher::new(Secret::new("a secret of the tests"))),
        });
        let metrics = Arc::new(MetricCounters::default());
        let settings = Settings::default();
        let read_budget = ReadBudget::new(settings.read_bytes_per_second);
        let cx =
            Context { store, services, providers, settings, keys, metrics: metrics.clone(), read_budget };
        Self {
            cx: Arc::new(cx),
            clock,
            fault_injector,
            metrics,
            tables: Tables(engine),
            _log_check: Arc::new(LogLeakCheck::start()),
        }
    }

    /// The command that freezes with the default grace period.
    pub fn freeze_command(&self) -> Command {
        Command::Freeze { grace: self.cx.settings.grace }
    }

    pub async fn try_change(&self, id: CustomerId, command: Command) -> Result<ChangeOutcome, Failure> {
        change(&self.cx, id, None, command, None).await
    }

    /// Changes a status, which must succeed. Returns the row.
    pub async fn change(&self, id: CustomerId, command: Command) -> Customer {
        self.try_change(id, command).await.unwrap().customer().unwrap()
    }

    /// A cause for a mail, at the current time.
    pub fn cause(&self) -> Cause {
        Cause { at: self.clock.now(), id: uuid::Uuid::nil() }
    }

    /// The token of the newest mail.
    pub fn newest_token(&self) -> Secret {
        let state = self.cx.services.state();
        let text = &state.mails.last().expect("a mail was sent").text;
        text.split_once("token=").map(|(_, token)| Secret::new(&token[..64])).expect("the mail has a link")
    }

    /// The account that holds an e-mail address.
    pub async fn email_holder(&self, email: &str) -> Option<CustomerId> {
        self.cx.store.name_holders(email).await.unwrap().email.map(|holder| holder.customer)
    }

    /// The stored row of a customer.
    pub async fn customer(&self, id: CustomerId) -> Customer {
        use custodian_app::ports::ReadCustomers;
        self.cx.store.customer(id).await.unwrap().unwrap()
    }

    /// The deadline of an invocation that starts now. It passes only if the test moves the clock.
    pub fn invocation_deadline(&self) -> Timestamp {
        self.clock.now().plus(Duration::from_secs(60))
    }

    /// The version and type of a customer's own events up to its deletion, without duplicates, by version.
    pub fn customer_events(&self, id: CustomerId) -> Vec<(u64, String)> {
        let state = self.cx.services.state();
        let is_own = |event_type: &EventType| {
            event_type.to_string().starts_with("customer_") && *event_type != EventType::CustomerErased
        };
        let own = state.events.iter().filter(|event| event.customer_id == id && is_own(&event.event_type));
        let unique: BTreeSet<_> = own.map(|event| (event.version, event.event_type.to_string())).collect();
        unique.into_iter().collect()
    }
}
