//! Messages in the test's hand: what the rules make of events, consumed one by one.

use custodian_app::ports::Requested;
use custodian_deliveries::Errand;
use custodian_domain::Timestamp;
use custodian_events::{Consumer, Delivered, Event};
use custodian_tests::Bench;

/// A message to one of the consumers.
#[derive(Clone, Debug)]
pub(crate) enum Message {
    Mail(Event),
    Stop(Event),
    Start(Event),
    Webhook(Event),
    Request(Requested),
}

/// What the rules of the bus make of an event.
pub(crate) fn messages(event: &Event) -> Vec<Message> {
    let is = |kinds: &[&str]| kinds.contains(&event.kind.as_str());
    let untold = ["customer_expired", "customer_erased", "operations_terminate"];
    let of = |goes: bool, message: fn(Event) -> Message| goes.then(|| message(event.clone()));
    let all = [
        of(is(&["customer_created", "customer_updated", "customer_verified"]), Message::Mail),
        of(is(&["customer_frozen", "customer_deleted"]), Message::Stop),
        of(is(&["customer_deleted", "customer_expired"]), Message::Start),
        of(!is(&untold), Message::Webhook),
    ];
    all.into_iter().flatten().collect()
}

/// Hands a message to its function.
pub(crate) async fn consume(bench: &Bench, message: Message) {
    let (cx, stop_at): (_, Timestamp) = (&bench.cx, bench.later());
    let delivered = |detail| Delivered { detail };
    let done = match message {
        Message::Mail(event) => custodian_fn_mail::Post.consume(cx, delivered(event), stop_at).await,
        Message::Stop(event) => {
            custodian_fn_operations_terminate::Terminate.consume(cx, delivered(event), stop_at).await
        }
        Message::Start(event) => custodian_fn_cascade::Cascade.consume(cx, delivered(event), stop_at).await,
        Message::Webhook(event) => {
            custodian_fn_webhook_deliver::Deliver.consume(cx, Errand::first(event), stop_at).await
        }
        Message::Request(asked) => custodian_fn_requests::DoRequest.consume(cx, asked, stop_at).await,
    };
    done.unwrap();
}

/// What has been published since the last call. The messages that the bench makes of it by itself are left out.
pub(crate) async fn published(bench: &Bench) -> Vec<Event> {
    let errands = bench.cx.ends.held().errands.clone();
    bench.tell().await.unwrap();
    let mut held = bench.cx.ends.held();
    held.errands = errands;
    held.starts.clear();
    held.posts.clear();
    std::mem::take(&mut held.events)
}

/// Works on everything that follows from what was consumed; answers the messages of what was published meanwhile.
pub(crate) async fn settle(bench: &Bench) -> Vec<Message> {
    let mut all = Vec::new();
    loop {
        let news: Vec<_> = published(bench).await.iter().flat_map(messages).collect();
        for message in &news {
            consume(bench, message.clone()).await;
        }
        let (errands, tasks) = {
            let mut held = bench.cx.ends.held();
            (std::mem::take(&mut held.errands), std::mem::take(&mut held.tasks))
        };
        if news.is_empty() && errands.is_empty() && tasks.is_empty() {
            return all;
        }
        all.extend(news);
        for errand in errands {
            custodian_fn_webhook_deliver::Deliver.consume(&bench.cx, errand, bench.later()).await.unwrap();
        }
        for task in tasks {
            bench.work(task, bench.later()).await.unwrap();
        }
    }
}
