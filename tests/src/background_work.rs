//! Runs the background work of a test app step by step: stream records, messages and scheduled jobs.

use aws_lambda_events::dynamodb::Event as StreamEvent;
use custodian_app::{Clock, Failure};
use custodian_cascade::CascadeTask;
use custodian_domain::Timestamp;
use custodian_domain::scheduled_job::Job;
use custodian_event_sources::{EventHandler, handle_stream_event};
use custodian_fn_reconcile::{Reconcile, ReconcileRequest};
use serde_json::json;

use crate::test_app::TestApp;

/// The tables whose streams are published.
const STREAMED: [&str; 3] = ["customers", "outbox", "deletions"];

impl TestApp {
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

    /// Runs `reconcile` with the input of a manual invocation: `recount` or `verify`. It ignores `restore`, which only
    /// `Reconcile::respond` handles.
    pub async fn reconcile_with(&self, request: ReconcileRequest) -> Result<(), Failure> {
        Reconcile.handle(&self.cx, request, self.invocation_deadline()).await
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

    /// Publishes the streams and delivers the messages in the queues of cascades, webhooks and deletion mails, until these queues
    /// are empty. The test bus enqueues no webhooks but deletion notices. Stream records that the last message wrote stay
    /// unpublished; call `publish` for them.
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
}
