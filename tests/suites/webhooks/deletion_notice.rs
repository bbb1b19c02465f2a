//! The deletion notice: the last webhook of an account. It is attempted for an hour at most, and then removed.

use custodian_tests::{Client, PASSWORD, Tables, event_types};
use serde_json::{Value, json};

use crate::signatures::standard_is_valid;
use crate::{Receiver, Reply, account_with_webhook, send_test_webhook, start};

const MONTH: u64 = 30 * 86_400;

async fn delete(client: &Client, id: &str) {
    client.platform_admin().await.delete(&format!("/v1.0/customers/{id}")).await.ok();
}

async fn is_erased(client: &Client, id: &str) -> bool {
    event_types(&client.published_events(id).await).contains(&"customer_erased")
}

/// The tables with a row that contains a text in plaintext.
fn tables_containing(tables: &Tables, text: &str) -> Vec<String> {
    let has = |rows: &Vec<String>| rows.iter().any(|row| row.contains(text));
    tables.dump().into_iter().filter(|(_, rows)| has(rows)).map(|(table, _)| table).collect()
}

/// Asserts that a deletion notice names the deleted account and contains nothing of its profile.
#[track_caller]
fn assert_anonymised(body: &Value, id: &str) {
    assert_eq!(body["type"], "customer_deleted");
    let data = &body["data"];
    assert_eq!((&data["id"], &data["status"]), (&json!(id), &json!("deleted")));
    assert!(data["tm_delete"].is_string());
    for field in ["name", "detail", "email", "phone_number", "address", "webhook_method", "webhook_uri"] {
        assert_eq!(data[field], "", "{field}");
    }
}

/// Invariant I6: no personal data is left.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_destination_gets_a_deletion_notice_and_no_row_is_left() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = account_with_webhook(&client, "ann", &receiver).await;
    let path = "/v1.0/customer/webhook/rotate";
    let secret = ann.post(path, json!({})).await.ok()["secret"].as_str().unwrap().to_owned();
    client.idle().await;
    let (tables, uri) = (Tables(client.engine().clone()), receiver.uri());
    assert_eq!(
        (tables_containing(&tables, &uri), tables_containing(&tables, &secret)),
        (vec!["customers".to_owned()], Vec::<String>::new())
    );

    let service = client.service().clone();
    let paused = service.pause_background_work().await;
    delete(&client, &id).await;
    assert_eq!(
        tables_containing(&tables, &uri),
        Vec::<String>::new(),
        "the deletion encrypts the destination in its transaction"
    );
    assert!(receiver.take().is_empty());
    drop(paused);
    client.idle().await;
    let received = receiver.take();
    assert_eq!(received.len(), 1);
    assert_anonymised(&received[0].json(), &id);
    assert!(standard_is_valid(&received[0], &secret));
    assert!(is_erased(&client, &id).await);
    assert_eq!(tables.remaining_rows(&id), []);
    assert_eq!((tables_containing(&tables, &uri).len(), tables_containing(&tables, &secret).len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_grace_period_also_sends_a_deletion_notice() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = account_with_webhook(&client, "ann", &receiver).await;
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    client.idle().await;
    client.advance(MONTH + 60).await;
    let received: Vec<_> = receiver.take().iter().map(super::Received::json).collect();
    let reminder = "customer_deletion_reminder";
    let expected = ["customer_frozen", reminder, reminder, reminder, "customer_deleted"];
    assert_eq!(event_types(&received), expected);
    assert_anonymised(&received[4], &id);
    assert!(is_erased(&client, &id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unavailable_endpoint_is_retried_for_an_hour_and_then_the_deletion_completes() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, _) = account_with_webhook(&client, "ann", &receiver).await;
    receiver.set_default_reply(Reply::Status(503));
    let tables = Tables(client.engine().clone());
    delete(&client, &id).await;
    client.idle().await;
    client.advance(600).await;
    assert_eq!(receiver.take().len(), 3, "at once, after 5 s and after 5 min");
    assert!(!is_erased(&client, &id).await, "the deletion still waits");
    let left = tables.remaining_rows(&id);
    assert!(
        !left.is_empty() && left.iter().all(|(table, _)| table == "webhooks"),
        "only the deletion notice is left: {left:?}"
    );
    assert_eq!(tables_containing(&tables, &receiver.uri()), Vec::<String>::new());
    client.advance(3000).await;
    let received = receiver.take();
    assert_eq!(received.len(), 1, "one more attempt after 30 min");
    assert_anonymised(&received[0].json(), &id);
    assert!(is_erased(&client, &id).await);
    assert_eq!(tables.remaining_rows(&id), []);
    client.advance(MONTH).await;
    assert!(receiver.take().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_progress_says_that_only_the_last_messages_are_left() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    receiver.set_default_reply(Reply::Status(503));
    let immediate = json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true });
    let link = ann.post("/auth/unregister", immediate).await.status_link();
    client.idle().await;
    for (seconds, retry_after) in [(30, "5"), (600, "60")] {
        client.advance(seconds).await;
        let response = client.get(&link).await;
        assert_eq!(response.headers["retry-after"], retry_after);
        let progress = response.ok();
        assert_eq!((&progress["state"], &progress["tm_estimated"]), (&json!("deleting"), &Value::Null));
    }
    let request = client.request(reqwest::Method::GET, &link).header("accept", "text/html");
    let page = client.send(request).await;
    assert!(
        page.text.contains("Only the last messages about the deletion are still to be sent"),
        "{}",
        page.text
    );
    client.advance(3600).await;
    assert_eq!(client.get(&link).await.ok()["state"], "confirmed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_recovers_within_the_hour_gets_the_deletion_notice() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, _) = account_with_webhook(&client, "ann", &receiver).await;
    receiver.queue_replies(&[Reply::Status(500), Reply::Status(429)]);
    delete(&client, &id).await;
    client.idle().await;
    client.advance(400).await;
    assert_eq!(receiver.take().len(), 3);
    assert!(is_erased(&client, &id).await, "the deletion completes as soon as the notice is delivered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_after_of_more_than_an_hour_ends_the_attempts() {
    for seconds in ["3601", "86400"] {
        let (client, receiver) = (start().await, Receiver::start().await);
        let (id, _) = account_with_webhook(&client, "ann", &receiver).await;
        receiver.set_default_reply(Reply::With(503, "retry-after", seconds));
        delete(&client, &id).await;
        assert!(is_erased(&client, &id).await);
        assert_eq!(receiver.take().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_endpoint_delays_no_other_step_of_the_deletion() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, _) = account_with_webhook(&client, "ann", &receiver).await;
    receiver.set_default_reply(Reply::Never);
    delete(&client, &id).await;
    receiver.wait_for(1).await;
    let tables = Tables(client.engine().clone());
    // The test cannot wait until idle, because that also waits for the endpoint's response.
    let other_rows_left = || tables.remaining_rows(&id).into_iter().any(|(table, _)| table != "webhooks");
    for _ in 0..200 {
        if !other_rows_left() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    assert!(!other_rows_left(), "{:?}", tables.remaining_rows(&id));
    receiver.release();
    assert!(is_erased(&client, &id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_destination_gets_no_deletion_notice() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = account_with_webhook(&client, "ann", &receiver).await;
    receiver.queue_replies(&[Reply::Status(410)]);
    send_test_webhook(&ann).await;
    client.idle().await;
    receiver.take();
    delete(&client, &id).await;
    assert!(is_erased(&client, &id).await);
    assert!(receiver.take().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_never_verified_gets_no_webhook() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let platform_admin = client.platform_admin().await;
    let mut ids = Vec::new();
    for name in ["ann", "bob"] {
        let body = json!({
            "username": name, "password": PASSWORD, "email": format!("{name}@example.com"),
            "webhook_uri": receiver.uri(), "webhook_method": "POST",
        });
        ids.push(platform_admin.post("/v1.0/customers", body).await.ok()["id"].as_str().unwrap().to_owned());
    }
    platform_admin.put(&format!("/v1.0/customers/{}", ids[0]), json!({ "name": "Ann" })).await.ok();
    delete(&client, &ids[0]).await;
    assert!(is_erased(&client, &ids[0]).await);
    client.advance(8 * 86_400).await;
    assert!(is_erased(&client, &ids[1]).await, "the expired account is erased");
    assert!(receiver.take().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_a_webhook_is_erased_at_once() {
    let client = start().await;
    let (id, _) = client.tenant("ann").await;
    delete(&client, &id).await;
    assert!(is_erased(&client, &id).await);
}
