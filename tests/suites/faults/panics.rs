//! Functions that panic. A Lambda process runs one invocation at a time, so a panic fails no other.

use custodian_engine::Fault;
use custodian_tests::{PASSWORD, event_types};
use serde_json::json;

use crate::Fixture;

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_consumer_panics_is_delivered_again() {
    let fixture = Fixture::new().await;
    let service = fixture.client.service().clone();
    let paused = service.pause_background_work().await;
    fixture.tenant.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    fixture.script.set(|_, _| panic!("a panic of this test"));
    drop(paused);
    fixture.client.idle().await;
    fixture.script.clear();
    let subjects = async || {
        let mails = fixture.client.get("/_local/mailbox").await.rows();
        let to_owner = mails.iter().filter(|mail| mail["to"] == "ada@example.com");
        to_owner.map(|mail| mail["subject"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let before = subjects().await.len();
    fixture.client.advance(60).await;
    assert_eq!(
        subjects().await.len(),
        before + 1,
        "the mail about the freeze was sent: {:?}",
        subjects().await
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_job_that_panics_runs_again() {
    let fixture = Fixture::new().await;
    fixture.tenant.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    fixture.client.idle().await;
    // The first request of the next job, which is the first reminder.
    let mut requests = 0;
    fixture.script.set(move |_, _| {
        requests += 1;
        assert!(requests > 1, "a panic of this test");
        Fault::None
    });
    fixture.client.advance(31 * 86_400).await;
    fixture.script.clear();
    let events = fixture.client.published_events(&fixture.id).await;
    let reminders = event_types(&events).iter().filter(|kind| **kind == "customer_deletion_reminder").count();
    assert_eq!(reminders, 3, "{:?}", event_types(&events));
    assert!(event_types(&events).contains(&"customer_deleted"), "{:?}", event_types(&events));
}
