//! What ends with an endpoint: its pending deliveries, its secret and its state. The account's deletion ends all endpoints.

use custodian_tests::{PASSWORD, Tables, event_types};
use serde_json::{Value, json};

use crate::endpoints::{PATH, add_endpoint, add_tag, types};
use crate::signatures::standard_is_valid;
use crate::{Receiver, Reply, account_with_webhook, deliveries, set_webhook_uri, start};

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_was_deleted_meanwhile_gets_no_new_secret_and_leaves_no_state() {
    let (client, first, second) = (start().await, Receiver::start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &first).await;
    let tables = Tables(client.engine().clone());
    for _ in 0..10 {
        let id = add_endpoint(&ann, &second, &[]).await;
        let path = format!("{PATH}/{id}");
        let rotate = format!("{path}/rotate");
        let (rotated, deleted) = tokio::join!(ann.post(&rotate, json!({})), ann.delete(&path));
        deleted.ok();
        assert!(rotated.status == 200 || rotated.status == 404, "{}", rotated.text);
        let rows = tables.dump().remove("webhooks").unwrap();
        assert!(!rows.iter().any(|row| row.contains(&format!("secret#{id}"))));
    }
    // An attempt that begins before the deletion and ends with 410 after it.
    let id = add_endpoint(&ann, &second, &["tag_created"]).await;
    second.set_default_reply(Reply::After(1, 410, "x-late", "1"));
    ann.post("/v1.0/tags", json!({ "name": "vip" })).await.ok();
    second.wait_for(1).await;
    ann.delete(&format!("{PATH}/{id}")).await.ok();
    ann.idle().await;
    let rows = tables.dump().remove("webhooks").unwrap();
    assert!(!rows.iter().any(|row| row.contains(&format!("#{id}"))), "{rows:?}");
}

/// A worker reads the account before the deletion of the endpoint, and the endpoint's secret afterwards. The test deletes only the
/// secret, so that the worker finds the same rows.
#[tokio::test(flavor = "multi_thread")]
async fn a_pending_delivery_is_closed_if_its_endpoint_is_deleted_while_a_worker_reads_it() {
    let (client, first, second) = (start().await, Receiver::start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &first).await;
    let id = add_endpoint(&ann, &second, &["tag_created"]).await;
    second.set_default_reply(Reply::Status(503));
    add_tag(&ann, "vip").await;
    Tables(client.engine().clone()).delete_rows_with("webhooks", &format!("secret#{id}"));
    client.advance(60).await;
    ann.idle().await;
    let listed = deliveries(&ann).await;
    let pending = listed.iter().find(|delivery| delivery["endpoint_id"] == id.as_str()).unwrap();
    assert_eq!((&pending["status"], &pending["error"]), (&json!("failed"), &json!("no_destination")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_delivery_to_an_additional_endpoint_is_retried_and_ends_with_the_endpoint() {
    let (client, first, second) = (start().await, Receiver::start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &first).await;
    let other = add_endpoint(&ann, &second, &["tag_created"]).await;
    second.queue_replies(&[Reply::Status(500)]);
    add_tag(&ann, "one").await;
    client.advance(10).await;
    assert_eq!(types(&second), ["tag_created", "tag_created"]);

    second.set_default_reply(Reply::Status(500));
    add_tag(&ann, "two").await;
    assert_eq!(types(&second).len(), 1);
    ann.delete(&format!("{PATH}/{other}")).await.ok();
    client.advance(600).await;
    assert_eq!(types(&second), Vec::<String>::new());
    let listed = deliveries(&ann).await;
    let of_second: Vec<_> = listed.iter().filter(|delivery| delivery["endpoint_id"] == other).collect();
    assert_eq!(
        (&of_second[0]["status"], &of_second[0]["error"]),
        (&json!("failed"), &json!("no_destination"))
    );
    assert_eq!(of_second[1]["status"], "succeeded");
}

/// Invariant I6: no personal data is left.
#[tokio::test(flavor = "multi_thread")]
async fn every_endpoint_that_chose_it_gets_the_deletion_notice_and_no_row_is_left() {
    let (client, first, second, third) =
        (start().await, Receiver::start().await, Receiver::start().await, Receiver::start().await);
    let (id, ann) = client.tenant("ann").await;
    set_webhook_uri(&ann, &first.uri()).await;
    let all = add_endpoint(&ann, &second, &[]).await;
    add_endpoint(&ann, &third, &["tag_created"]).await;
    let secret = ann.post(&format!("{PATH}/{all}/rotate"), json!({})).await.ok();
    ann.idle().await;
    for receiver in [&first, &second, &third] {
        receiver.take();
    }
    second.queue_replies(&[Reply::Status(503)]);
    ann.post(
        "/auth/unregister",
        json!({ "password": PASSWORD, "confirmation_phrase": "DELETE", "immediate": true }),
    )
    .await
    .ok();
    client.idle().await;
    client.advance(10).await;
    let (at_first, at_second) = (first.take(), second.take());
    assert_eq!((at_first.len(), at_second.len(), third.take().len()), (1, 2, 0));
    assert!(at_second.iter().chain(&at_first).all(|one| one.event_type() == "customer_deleted"));
    assert!(standard_is_valid(&at_second[1], secret["secret"].as_str().unwrap()));
    assert!(event_types(&client.published_events(&id).await).contains(&"customer_erased"));
    let tables = Tables(client.engine().clone());
    assert_eq!(tables.remaining_rows(&id), []);
    let customer =
        tables.dump().remove("customers").unwrap().into_iter().find(|row| row.contains(&id)).unwrap();
    assert!(!customer.contains(&second.uri()) && !customer.contains("webhook_endpoints"), "{customer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_endpoint_leaves_no_secret() {
    let (client, first, second) = (start().await, Receiver::start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &first).await;
    let other = add_endpoint(&ann, &second, &[]).await;
    second.queue_replies(&[Reply::Status(500)]);
    add_tag(&ann, "vip").await;
    let tables = Tables(client.engine().clone());
    let rows_of_endpoint = || {
        let rows = tables.dump().remove("webhooks").unwrap();
        rows.into_iter().filter(|row| row.contains(&format!("#{other}"))).count()
    };
    assert!(rows_of_endpoint() > 0);
    let deleted: Value = ann.delete(&format!("{PATH}/{other}")).await.ok();
    assert_eq!(deleted["id"], other);
    assert_eq!(rows_of_endpoint(), 0);
    assert_eq!(
        ann.delete(&format!("{PATH}/{other}")).await.refusal(),
        (404, "WEBHOOK_ENDPOINT_NOT_FOUND".into())
    );
}
