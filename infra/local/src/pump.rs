//! What drives everything that is not a request: the stream, the queues, the jobs.

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::dynamodb::Event as StreamEvent;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use custodian_app::Failure;
use custodian_domain::alarm::Job as Alarm;
use custodian_domain::{CustomerId, Timestamp};
use custodian_engine::Engine;
use custodian_events::consume;
use futures::stream::{StreamExt, iter};
use serde_json::{Value, json};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use crate::ends::{CASCADE, CASCADE_START, MAIL, OPERATIONS, REQUESTS, SLOW_WEBHOOKS, WEBHOOKS};
use crate::journal::{Job, Journal, Message};
use crate::routes::Cx;
use crate::stream::Stream;
use crate::told::Told;

/// How long one invocation may work before it hands on what is left.
const TIME_SLICE: Duration = Duration::from_secs(5);
/// How long something that failed waits before it is tried again, times the attempts it had.
const BACKOFF: Duration = Duration::from_secs(30);
/// How often a message is tried before it is put aside.
const RECEIVES: u32 = 5;
/// Messages under way at once.
const ABREAST: usize = 8;
/// Webhooks to slow destinations under way at once, as the template says.
pub(crate) const SLOW_ABREAST: usize = 5;
/// For how long a message that is under way is hidden.
const HIDDEN: Duration = Duration::from_secs(180);
const DEAD_LETTERS: &str = "dead-letters";
/// Far enough away never to come up again.
const NEVER: Timestamp = Timestamp::from_micros(i64::MAX);

/// Both have worked, and either has done something; else the first failure.
fn both(first: Result<bool, Failure>, second: Result<bool, Failure>) -> Result<bool, Failure> {
    Ok(first? | second?)
}

/// The name under which it is kept how far a stream was told.
fn place_in(stream: &Stream) -> String {
    format!("stream position {}", stream.table)
}

pub(crate) struct Pump {
    pub(crate) cx: Arc<Cx>,
    pub(crate) engine: Engine,
    /// The tables whose changes are told.
    pub(crate) streams: Vec<Stream>,
    pub(crate) told: Told,
    /// Webhooks under way.
    pub(crate) flights: Mutex<JoinSet<Result<(), Failure>>>,
    /// How many more of them may wait for slow destinations.
    pub(crate) slow: Arc<Semaphore>,
}

impl Pump {
    fn journal(&self) -> &Journal {
        &self.cx.ends.journal
    }

    fn stop_at(&self) -> Timestamp {
        self.cx.now().plus(TIME_SLICE)
    }

    /// Works until nothing is due.
    pub(crate) async fn drain(&self) -> Result<(), Failure> {
        while self.step().await? || self.landed().await? {}
        Ok(())
    }

    /// Forgets what was told before the process was killed, and not forgotten any more.
    pub(crate) fn forget(&self) -> Result<(), Failure> {
        for stream in &self.streams {
            if let Some(position) = self.journal().fact(&place_in(stream))? {
                self.told.forget(&stream.table, &position)?;
            }
        }
        self.settle()
    }

    /// Has the files hold nothing any more of what was removed from them.
    pub(crate) fn settle(&self) -> Result<(), Failure> {
        self.journal().settle()?;
        self.told.settle()
    }

    /// Does what is due now; false if nothing was.
    pub(crate) async fn step(&self) -> Result<bool, Failure> {
        // One of them in trouble must not keep the others from their work.
        let mut told = Ok(false);
        for stream in &self.streams {
            told = both(told, self.tell(stream).await);
        }
        let (delivered, fired) = (self.messages().await, self.jobs().await);
        both(both(told, delivered), fired)
    }

    /// What the template's rate schedule invokes.
    pub(crate) async fn reconcile(&self) -> Result<(), Failure> {
        let wish = custodian_fn_reconcile::Wish::default();
        consume::direct(&custodian_fn_reconcile::Reconcile, &self.cx, wish, self.stop_at()).await
    }

    /// What an operator may have `reconcile` do.
    pub(crate) async fn recount(&self, customer: CustomerId) -> Result<(), Failure> {
        let wish = custodian_fn_reconcile::Wish { recount: Some(customer), survey: None };
        consume::direct(&custodian_fn_reconcile::Reconcile, &self.cx, wish, self.stop_at()).await
    }

    async fn tell(&self, stream: &Stream) -> Result<bool, Failure> {
        let place = place_in(stream);
        let position = self.journal().fact(&place)?;
        let records = stream.after(&self.engine, position.as_deref());
        let records = records.map_err(|cause| Failure::unavailable("the stream", cause))?;
        if records.is_empty() {
            return Ok(false);
        }
        let event: StreamEvent = serde_json::from_value(json!({ "Records": records }))
            .map_err(|cause| Failure::unavailable("a stream record that can be read", cause))?;
        let tell = custodian_fn_customer_events::Tell;
        let answer = consume::stream(&tell, &self.cx, event, self.stop_at()).await;
        let failed = answer.batch_item_failures.first().and_then(|failure| failure.item_identifier.clone());
        let number = |record: &Value| record["dynamodb"]["SequenceNumber"].as_str().map(str::to_owned);
        let handled =
            records.iter().filter_map(number).take_while(|number| failed.as_ref() != Some(number)).last();
        if let Some(last) = &handled {
            self.journal().set_fact(&place, last)?;
            self.told.forget(&stream.table, last)?;
        }
        Ok(handled.is_some())
    }

    async fn messages(&self) -> Result<bool, Failure> {
        let now = self.cx.now();
        while let Some(landed) = self.flights.lock().await.try_join_next() {
            landed.map_err(|cause| Failure::unavailable("a webhook's task", cause))??;
        }
        let errands = self.journal().visible_messages(&[WEBHOOKS], now)?;
        let mut any = !errands.is_empty();
        for errand in errands {
            self.fly(errand, None).await?;
        }
        for errand in self.journal().visible_messages(&[SLOW_WEBHOOKS], now)? {
            let Ok(place) = Arc::clone(&self.slow).try_acquire_owned() else { break };
            any = true;
            self.fly(errand, Some(place)).await?;
        }
        let queues = [MAIL, REQUESTS, CASCADE_START, CASCADE, OPERATIONS];
        let messages = self.journal().visible_messages(&queues, now)?;
        any |= !messages.is_empty();
        let outcomes: Vec<_> = iter(messages)
            .map(|message| deliver(&self.cx, message))
            .buffer_unordered(ABREAST)
            .collect()
            .await;
        outcomes.into_iter().collect::<Result<(), _>>().map(|()| any)
    }

    /// Sends a webhook off, which nobody waits for: its receiver may take its time.
    async fn fly(&self, errand: Message, place: Option<OwnedSemaphorePermit>) -> Result<(), Failure> {
        // Hidden while it is under way, as a queue hides it.
        self.journal().put_off_message(errand.id, &errand.queue, self.cx.now().plus(HIDDEN), 0)?;
        let cx = Arc::clone(&self.cx);
        self.flights.lock().await.spawn(async move {
            let _place = place;
            deliver(&cx, errand).await
        });
        Ok(())
    }

    /// Waits for one of the webhooks that are under way; false if none is.
    async fn landed(&self) -> Result<bool, Failure> {
        match self.flights.lock().await.join_next().await {
            None => Ok(false),
            Some(Ok(outcome)) => outcome.map(|()| true),
            Some(Err(cause)) => Err(Failure::unavailable("a webhook's task", cause)),
        }
    }

    async fn jobs(&self) -> Result<bool, Failure> {
        let jobs = self.journal().due_jobs(self.cx.now())?;
        let any = !jobs.is_empty();
        for job in jobs {
            self.fire(job).await?;
        }
        Ok(any)
    }

    async fn fire(&self, job: Job) -> Result<(), Failure> {
        let (cx, stop_at) = (&*self.cx, self.stop_at());
        let input: Alarm = serde_json::from_str(&job.input)
            .map_err(|cause| Failure::unavailable("a job that can be read", cause))?;
        let done = match input {
            Alarm::Purge { .. } => consume::direct(&custodian_fn_purge::Purge, cx, input, stop_at).await,
            Alarm::Expire { .. } => consume::direct(&custodian_fn_expire::Expire, cx, input, stop_at).await,
        };
        if let Err(failure) = done {
            tracing::error!(%failure, job = job.name, "a job failed and will be tried again");
            let again = self.cx.now().plus(BACKOFF * (job.attempts + 1));
            return self.journal().put_off_job(&job.name, again);
        }
        self.journal().remove_job(&job.name)
    }
}

async fn deliver(cx: &Cx, message: Message) -> Result<(), Failure> {
    let (journal, stop_at) = (&cx.ends.journal, cx.now().plus(TIME_SLICE));
    let event = sqs_event(&message);
    let answer = match message.queue.as_str() {
        MAIL => consume::queue(&custodian_fn_mail::Post, cx, event, stop_at).await,
        REQUESTS => consume::queue(&custodian_fn_requests::DoRequest, cx, event, stop_at).await,
        CASCADE_START => consume::queue(&custodian_fn_cascade::Cascade, cx, event, stop_at).await,
        CASCADE => consume::queue(&custodian_fn_cascade_worker::Worker, cx, event, stop_at).await,
        OPERATIONS => consume::queue(&custodian_fn_operations_terminate::Terminate, cx, event, stop_at).await,
        WEBHOOKS | SLOW_WEBHOOKS => {
            consume::queue(&custodian_fn_webhook_deliver::Deliver, cx, event, stop_at).await
        }
        _ => return journal.put_off_message(message.id, DEAD_LETTERS, NEVER, 1),
    };
    if answer.batch_item_failures.is_empty() {
        return journal.delete_message(message.id);
    }
    if message.receives + 1 >= RECEIVES {
        return journal.put_off_message(message.id, DEAD_LETTERS, NEVER, 1);
    }
    let again = cx.now().plus(BACKOFF * (message.receives + 1));
    journal.put_off_message(message.id, &message.queue, again, 1)
}

fn sqs_event(message: &Message) -> SqsEvent {
    let mut record = SqsMessage::default();
    record.message_id = Some(message.id.to_string());
    record.body = Some(message.body.clone());
    let mut event = SqsEvent::default();
    event.records = vec![record];
    event
}
