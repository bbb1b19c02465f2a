//! The product without HTTP: its functions over the embedded database, with test doubles of all services and a manual clock.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aws_lambda_events::dynamodb::Event as StreamEvent;
use custodian_app::MetricCounters;
use custodian_app::ports::{FindNames, PlatformKeySet};
use custodian_app::{
    ChangeOutcome, Clock, Context, Failure, PlatformKeys, Providers, ReadBudget, Settings, change,
};
use custodian_auth::{KeyRing, KeyedHasher};
use custodian_cascade::CascadeTask;
use custodian_domain::EventType;
use custodian_domain::lifecycle::Command;
use custodian_domain::scheduled_job::Job;
use custodian_domain::{Cause, Customer, CustomerId, Secret, Timestamp};
use custodian_engine::Engine;
use custodian_event_sources::{EventHandler, handle_stream_event};
use custodian_fn_reconcile::{Reconcile, ReconcileRequest};
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

/// The tables whose streams are published.
const STREAMED: [&str; 3] = ["customers", "outbox", "deletions"];

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
    pub fn newest_link(&self) -> Secret {
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

    /// Runs the function of a scheduled job.
    pub async fn run_job(&self, job: Job) -> Result<(), Failure> {
        let deadline = self.invocation_deadline();
        match job {
            Job::Purge { .. } => custodian_fn_purge::Purge.handle(&self.cx, job, deadline).await,
            Job::Remind { .. } => custodian_fn_remind::Remind.handle(&self.cx, job, deadline).await,
            Job::Expire { .. } => custodian_fn_expire::Expire.handle(&self.cx, job, deadline).await,
        }
    }

    /// Runs `reconcile` as its schedule does.
    pub async fn reconcile(&self) -> Result<(), Failure> {
        self.reconcile_with(ReconcileRequest::default()).await
    }

    /// Runs `reconcile` with a platform admin's request.
    pub async fn reconcile_with(&self, request: ReconcileRequest) -> Result<(), Failure> {
        Reconcile.handle(&self.cx, request, self.invocation_deadline()).await
    }

    /// The deadline of an invocation that starts now. It passes only if the test moves the clock.
    pub fn invocation_deadline(&self) -> Timestamp {
        self.clock.now().plus(Duration::from_secs(60))
    }

    /// Another app with the same rows and the same time, whose streams are all published.
    pub fn fork(&self) -> Self {
        let fork = Self::default();
        fork.clock.set(self.clock.now());
        for table in self.tables.names() {
            fork.tables.insert(&table, &self.tables.scan(&table));
        }
        fork.skip_stream_records();
        fork
    }

    /// Treats all stream records as published.
    pub fn skip_stream_records(&self) {
        for table in STREAMED {
            let records = self.tables.stream_records(table).len();
            self.cx.services.state().published_records.insert(table, records);
        }
    }

    /// Publishes the stream records that are not published yet.
    pub async fn publish(&self) -> Result<(), Failure> {
        for table in STREAMED {
            self.publish_stream(table).await?;
        }
        Ok(())
    }

    async fn publish_stream(&self, table: &'static str) -> Result<(), Failure> {
        let published = self.cx.services.state().published_records.get(table).copied().unwrap_or(0);
        for record in self.tables.stream_records(table).into_iter().skip(published) {
            let event: StreamEvent = serde_json::from_value(json!({ "Records": [record] })).unwrap();
            let handler = custodian_fn_customer_events::PublishEvents;
            let response = handle_stream_event(&handler, &self.cx, event, self.invocation_deadline()).await;
            if !response.batch_item_failures.is_empty() {
                return Err(Failure::unavailable("the stream", "a record failed"));
            }
            *self.cx.services.state().published_records.entry(table).or_default() += 1;
        }
        Ok(())
    }

    /// Publishes the streams and delivers the messages of cascades, webhooks and deletion mails, in order, until none is left.
    pub async fn run_until_idle(&self) -> Result<(), Failure> {
        loop {
            self.run_next().await?;
            let state = self.cx.services.state();
            if state.cascade_starts.is_empty()
                && state.delivery_jobs.is_empty()
                && state.cascade_tasks.is_empty()
                && state.next_deletion_mail().is_none()
            {
                return Ok(());
            }
        }
    }

    /// Publishes the streams and delivers the next message. A message that fails stays in its queue.
    pub async fn run_next(&self) -> Result<(), Failure> {
        self.publish().await?;
        let start = self.cx.services.state().cascade_starts.first().cloned();
        if let Some(start) = start {
            custodian_fn_cascade::Cascade.handle(&self.cx, start, self.invocation_deadline()).await?;
            self.cx.services.state().cascade_starts.remove(0);
            return Ok(());
        }
        let job = self.cx.services.state().delivery_jobs.first().cloned();
        if let Some(job) = job {
            custodian_fn_webhook_deliver::Deliver.handle(&self.cx, job, self.invocation_deadline()).await?;
            self.cx.services.state().delivery_jobs.remove(0);
            return Ok(());
        }
        let mail = self.cx.services.state().next_deletion_mail();
        if let Some(event) = mail {
            custodian_fn_mail::SendMail.handle(&self.cx, event.clone(), self.invocation_deadline()).await?;
            self.cx.services.state().mail_events.retain(|other| other.detail.id != event.detail.id);
            return Ok(());
        }
        let task = self.cx.services.state().cascade_tasks.first().cloned();
        if let Some(task) = task {
            self.run_worker(task, self.invocation_deadline()).await?;
            self.cx.services.state().cascade_tasks.remove(0);
        }
        Ok(())
    }

    /// Delivers a task to a cascade worker.
    pub async fn run_worker(&self, task: CascadeTask, stop_at: Timestamp) -> Result<(), Failure> {
        custodian_fn_cascade_worker::Worker.handle(&self.cx, task, stop_at).await
    }

    /// Delivers the messages to the export workers, in order, until none is left. A message that fails stays in its queue.
    pub async fn run_exports(&self) -> Result<(), Failure> {
        loop {
            let task = self.cx.services.state().export_tasks.first().copied();
            let Some(task) = task else { return Ok(()) };
            custodian_fn_export_worker::WriteExport
                .handle(&self.cx, task, self.invocation_deadline())
                .await?;
            self.cx.services.state().export_tasks.remove(0);
        }
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
