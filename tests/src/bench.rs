//! The product without HTTP: its functions over the embedded database, with ends and a clock in the test's hand.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aws_lambda_events::dynamodb::Event as StreamEvent;
use custodian_app::metrics::Tally;
use custodian_app::ports::{Cause, SharedKeys};
use custodian_app::{Clock, Context, Failure, Keys, Outcome, Settings, Sources, change};
use custodian_auth::{KeyRing, Pseudonyms};
use custodian_cascade::Task;
use custodian_domain::alarm::Job;
use custodian_domain::lifecycle::Command;
use custodian_domain::{Customer, CustomerId, Secret, Timestamp};
use custodian_engine::Engine;
use custodian_events::{CUSTOMER_ERASED, Consumer, consume};
use custodian_fn_reconcile::{Reconcile, Wish};
use custodian_store::Store;
use serde_json::{Value, json};

use crate::ends::Ends;
use crate::fuse::Fuse;
use crate::logs::Watched;
use crate::meter::Meter;
use crate::rules::Rules;
use crate::tables::{PREFIX, Tables};

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.micros(), Ordering::SeqCst);
    }

    pub fn advance(&self, by: Duration) {
        self.set(self.now().plus(by));
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// What functions get as their surroundings here.
pub type Cx = Context<Store, Ends>;

/// The product on a bench.
#[derive(Clone)]
pub struct Bench {
    pub cx: Arc<Cx>,
    pub clock: Arc<HandClock>,
    pub fuse: Arc<Fuse>,
    pub meter: Arc<Tally>,
    pub tables: Tables,
    _watched: Arc<Watched>,
}

/// The tables whose changes are told.
const STREAMED: [&str; 3] = ["customers", "outbox", "deletions"];

/// When every bench begins: some microseconds after a whole second.
pub const BEGINNING: Timestamp = Timestamp::from_micros(1_718_893_355_123_456);

impl Default for Bench {
    fn default() -> Self {
        Self::with(Fuse::default())
    }
}

impl Bench {
    /// A bench at which every request is metered.
    pub fn metered(meter: &Arc<Meter>) -> Self {
        let rules = Arc::new(Rules::before(Arc::clone(meter) as _));
        Self::with(Fuse::with(rules))
    }

    fn with(fuse: Fuse) -> Self {
        let engine = Engine::in_memory().unwrap();
        let (fuse, clock) = (Arc::new(fuse), Arc::new(HandClock(AtomicI64::new(BEGINNING.micros()))));
        let entropy = custodian_runtime::sources().entropy;
        let store = Store::new(engine.watched(fuse.clone()), PREFIX, Arc::clone(&entropy));
        engine.create_tables(&store.tables()).unwrap();
        let ends = Ends::new(Arc::clone(&fuse));
        let sources = Sources { clock: Arc::clone(&clock) as Arc<dyn Clock>, entropy };
        let keys = Keys::new(SharedKeys {
            ring: KeyRing::default(),
            pseudonyms: Some(Pseudonyms::new(Secret::new("of the bench"))),
        });
        let meter = Arc::new(Tally::default());
        let settings = Settings::default();
        let cx = Context { store, ends, sources, settings, keys, meter: meter.clone() };
        Self {
            cx: Arc::new(cx),
            clock,
            fuse,
            meter,
            tables: Tables(engine),
            _watched: Arc::new(Watched::start()),
        }
    }

    /// Freezes with the usual grace period.
    pub fn freezing(&self) -> Command {
        Command::Freeze { grace: self.cx.settings.grace }
    }

    pub async fn change(&self, id: CustomerId, command: Command) -> Result<Outcome, Failure> {
        change(&self.cx, id, None, command, None).await
    }

    /// Changes a status, which must succeed, and answers the row.
    pub async fn changed(&self, id: CustomerId, command: Command) -> Customer {
        self.change(id, command).await.unwrap().customer().unwrap()
    }

    /// Something that happens now and has a mail sent.
    pub fn cause(&self) -> Cause {
        Cause { at: self.clock.now(), id: uuid::Uuid::nil() }
    }

    /// A customer as it is stored.
    pub async fn customer(&self, id: CustomerId) -> Customer {
        use custodian_app::ports::ReadCustomers;
        self.cx.store.customer(id).await.unwrap().unwrap()
    }

    /// Lets a job fire.
    pub async fn fire(&self, job: Job) -> Result<(), Failure> {
        match job {
            Job::Purge { .. } => custodian_fn_purge::Purge.consume(&self.cx, job, self.later()).await,
            Job::Expire { .. } => custodian_fn_expire::Expire.consume(&self.cx, job, self.later()).await,
        }
    }

    /// Lets the recurring job run.
    pub async fn reconcile(&self) -> Result<(), Failure> {
        self.wish(Wish::default()).await
    }

    /// Has it do something else, as an operator may.
    pub async fn wish(&self, wish: Wish) -> Result<(), Failure> {
        Reconcile.consume(&self.cx, wish, self.later()).await
    }

    /// An invocation's end that never comes while the clock stands still.
    pub fn later(&self) -> Timestamp {
        self.clock.now().plus(Duration::from_secs(60))
    }

    /// Another bench with the same rows, at the same time, that has told everything.
    pub fn twin(&self) -> Self {
        let twin = Self::default();
        twin.clock.set(self.clock.now());
        for table in self.tables.names() {
            twin.tables.insert(&table, &self.tables.scan(&table));
        }
        for table in STREAMED {
            let told = twin.records(table).len();
            twin.cx.ends.held().told.insert(table, told);
        }
        twin
    }

    /// The records of a table's stream, as a function gets them.
    fn records(&self, table: &str) -> Vec<Value> {
        let table = self.tables.call("DescribeTable", &json!({ "TableName": format!("{PREFIX}{table}") }));
        let arn = &table["Table"]["LatestStreamArn"];
        let stream = self.tables.call("DescribeStream", &json!({ "StreamArn": arn }));
        let shard = &stream["StreamDescription"]["Shards"][0]["ShardId"];
        let wanted = json!({ "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
        let iterator = self.tables.call("GetShardIterator", &wanted);
        let answer = self.tables.call("GetRecords", &json!({ "ShardIterator": iterator["ShardIterator"] }));
        let mut records = answer["Records"].as_array().unwrap().clone();
        records.iter_mut().for_each(|record| record["eventSourceARN"] = arn.clone());
        records
    }

    /// Tells what the streams have not told yet.
    pub async fn tell(&self) -> Result<(), Failure> {
        for table in STREAMED {
            self.tell_of(table).await?;
        }
        Ok(())
    }

    async fn tell_of(&self, table: &'static str) -> Result<(), Failure> {
        let told = self.cx.ends.held().told.get(table).copied().unwrap_or(0);
        for record in self.records(table).into_iter().skip(told) {
            let event: StreamEvent = serde_json::from_value(json!({ "Records": [record] })).unwrap();
            let tell = custodian_fn_customer_events::Tell;
            let answer = consume::stream(&tell, &self.cx, event, self.later()).await;
            if !answer.batch_item_failures.is_empty() {
                return Err(Failure::unavailable("the stream", "a record failed"));
            }
            *self.cx.ends.held().told.entry(table).or_default() += 1;
        }
        Ok(())
    }

    /// Delivers everything until nothing is left, in order.
    pub async fn settle(&self) -> Result<(), Failure> {
        loop {
            self.settle_one().await?;
            let held = self.cx.ends.held();
            if held.starts.is_empty() && held.errands.is_empty() && held.tasks.is_empty() {
                return Ok(());
            }
        }
    }

    /// Tells the stream and delivers the next message; one that fails stays where it was.
    pub async fn settle_one(&self) -> Result<(), Failure> {
        self.tell().await?;
        let start = self.cx.ends.held().starts.first().cloned();
        if let Some(start) = start {
            custodian_fn_cascade::Cascade.consume(&self.cx, start, self.later()).await?;
            self.cx.ends.held().starts.remove(0);
            return Ok(());
        }
        let errand = self.cx.ends.held().errands.first().cloned();
        if let Some(errand) = errand {
            custodian_fn_webhook_deliver::Deliver.consume(&self.cx, errand, self.later()).await?;
            self.cx.ends.held().errands.remove(0);
            return Ok(());
        }
        let task = self.cx.ends.held().tasks.first().cloned();
        if let Some(task) = task {
            self.work(task, self.later()).await?;
            self.cx.ends.held().tasks.remove(0);
        }
        Ok(())
    }

    /// Lets a worker have a message.
    pub async fn work(&self, task: Task, stop_at: Timestamp) -> Result<(), Failure> {
        custodian_fn_cascade_worker::Worker.consume(&self.cx, task, stop_at).await
    }

    /// What happened to a customer itself, each event once, by version, up to its end.
    pub fn history(&self, id: CustomerId) -> Vec<(u64, String)> {
        let held = self.cx.ends.held();
        let is_own = |kind: &str| kind.starts_with("customer_") && kind != CUSTOMER_ERASED;
        let of = held.events.iter().filter(|event| event.customer_id == id && is_own(&event.kind));
        let told: BTreeSet<_> = of.map(|event| (event.version, event.kind.clone())).collect();
        told.into_iter().collect()
    }
}
