//! The messages that the rules of the event bus create from events, and their delivery to the functions, one by one.

use custodian_app::ports::QueuedRequest;
use custodian_domain::Timestamp;
use custodian_event_sources::EventHandler;
use custodian_events::{Event, EventMessage};
use custodian_tests::TestApp;
use custodian_webhooks::DeliveryJob;

/// A message to one of the consumers.
#[derive(Clone, Debug)]
pub(crate) enum Message {
    Mail(Event),
    /// To `operations-terminate`.
    Terminate(Event),
    /// To `cascade`, which opens the steps of a deletion.
    Cascade(Event),
    Webhook(Event),
    /// To `requests`, which handles deferred requests.
    Request(QueuedRequest),
}

/// The messages that the rules of the event bus create from an event.
pub(crate) fn messages_of(event: &Event) -> Vec<Message> {
    let is_type = |kinds: &[&str]| kinds.contains(&&*event.event_type.to_string());
    let without_webhook = ["customer_expired", "customer_erased", "operations_terminate", "webhook_disabled"];
    let with_mail = [
        "customer_created",
        "customer_updated",
        "customer_verified",
        "customer_frozen",
        "customer_recovered",
        "customer_deletion_reminder",
        "customer_deleted",
        "accesskey_created",
        "webhook_disabled",
    ];
    let of_agent = is_type(&["agent_created", "agent_updated", "agent_deleted"])
        && event.changed.iter().any(|field| ["administrator", "password", "username"].contains(&&**field));
    let message_if = |applies: bool, message: fn(Event) -> Message| applies.then(|| message(event.clone()));
    let all = [
        message_if(is_type(&with_mail) || of_agent, Message::Mail),
        message_if(is_type(&["customer_frozen", "customer_deleted"]), Message::Terminate),
        message_if(is_type(&["customer_deleted", "customer_expired"]), Message::Cascade),
        message_if(!is_type(&without_webhook), Message::Webhook),
    ];
    all.into_iter().flatten().collect()
}

/// Delivers a message to its function.
pub(crate) async fn consume(app: &TestApp, message: Message) {
    let (cx, stop_at): (_, Timestamp) = (&app.cx, app.invocation_deadline());
    let delivered = |detail| EventMessage { detail };
    let result = match message {
        Message::Mail(event) => custodian_fn_mail::SendMail.handle(cx, delivered(event), stop_at).await,
        Message::Terminate(event) => {
            custodian_fn_operations_terminate::TerminateOperations.handle(cx, delivered(event), stop_at).await
        }
        Message::Cascade(event) => custodian_fn_cascade::Cascade.handle(cx, delivered(event), stop_at).await,
        Message::Webhook(event) => {
            custodian_fn_webhook_deliver::Deliver.handle(cx, DeliveryJob::first(event), stop_at).await
        }
        Message::Request(request) => custodian_fn_requests::HandleRequest.handle(cx, request, stop_at).await,
    };
    result.unwrap();
}

/// The events published since the last call. Drops the messages that the test app itself enqueues.
pub(crate) async fn published(app: &TestApp) -> Vec<Event> {
    let delivery_jobs = app.cx.services.state().delivery_jobs.clone();
    app.publish().await.unwrap();
    let mut state = app.cx.services.state();
    state.delivery_jobs = delivery_jobs;
    state.cascade_starts.clear();
    state.mail_events.clear();
    std::mem::take(&mut state.events)
}

/// Handles all work that follows from the consumed messages. Returns the messages of the events published meanwhile.
pub(crate) async fn run_until_idle(app: &TestApp) -> Vec<Message> {
    let mut all = Vec::new();
    loop {
        let messages: Vec<_> = published(app).await.iter().flat_map(messages_of).collect();
        for message in &messages {
            consume(app, message.clone()).await;
        }
        let (delivery_jobs, tasks) = {
            let mut state = app.cx.services.state();
            (std::mem::take(&mut state.delivery_jobs), std::mem::take(&mut state.cascade_tasks))
        };
        if messages.is_empty() && delivery_jobs.is_empty() && tasks.is_empty() {
            return all;
        }
        all.extend(messages);
        for job in delivery_jobs {
            custodian_fn_webhook_deliver::Deliver
                .handle(&app.cx, job, app.invocation_deadline())
                .await
                .unwrap();
        }
        for task in tasks {
            app.run_worker(task, app.invocation_deadline()).await.unwrap();
        }
    }
}
