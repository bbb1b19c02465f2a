//! The news of an account's end: told where the account said, while it lasts, and then forgotten.

use custodian_tests::{Client, PASSWORD, Tables};
use serde_json::{Value, json};

use crate::signatures::standard;
use crate::{Receiver, Reply, events, hooked, start, test, types};

const MONTH: u64 = 30 * 86_400;

async fn delete(client: &Client, id: &str) {
    client.operator().await.delete(&format!("/v1.0/customers/{id}")).await.ok();
}

async fn is_erased(client: &Client, id: &str) -> bool {
    types(&events(client, id).await).contains(&"customer_erased")
}

/// The tables with a row in which a text stands in clear.
fn holding(tables: &Tables, text: &str) -> Vec<String> {
    let has = |rows: &Vec<String>| rows.iter().any(|row| row.contains(text));
    tables.dump().into_iter().filter(|(_, rows)| has(rows)).map(|(table, _)| table).collect()
}

/// What is told of an account that is gone: nothing of it.
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

#[tokio::test(flavor = "multi_thread")]
async fn the_old_destination_hears_of_the_end_and_then_nothing_is_left() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = hooked(&client, "ann", &receiver).await;
    let path = "/v1.0/customer/webhook/rotate";
    let secret = ann.post(path, json!({})).await.ok()["secret"].as_str().unwrap().to_owned();
    client.idle().await;
    let (tables, uri) = (Tables(client.engine().clone()), receiver.uri());
    assert_eq!(
        (holding(&tables, &uri), holding(&tables, &secret)),
        (vec!["customers".to_owned()], vec!["webhooks".to_owned()])
    );

    let service = client.service().clone();
    let still = service.hold_still().await;
    delete(&client, &id).await;
    assert_eq!(
        holding(&tables, &uri),
        Vec::<String>::new(),
        "the destination is sealed in the very transaction"
    );
    assert!(receiver.take().is_empty());
    drop(still);
    client.idle().await;
    let told = receiver.take();
    assert_eq!(told.len(), 1);
    assert_anonymised(&told[0].json(), &id);
    assert!(standard(&told[0], &secret));
    assert!(is_erased(&client, &id).await);
    assert_eq!(tables.left_of(&id), []);
    assert_eq!((holding(&tables, &uri).len(), holding(&tables, &secret).len()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_grace_period_is_told_as_well() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = hooked(&client, "ann", &receiver).await;
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    client.idle().await;
    client.advance(MONTH + 60).await;
    let told: Vec<_> = receiver.take().iter().map(super::Received::json).collect();
    assert_eq!(types(&told), ["customer_frozen", "customer_deleted"]);
    assert_anonymised(&told[1], &id);
    assert!(is_erased(&client, &id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_down_is_tried_for_an_hour_and_then_the_ledger_is_sealed() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, _) = hooked(&client, "ann", &receiver).await;
    receiver.usually(Reply::Status(503));
    let tables = Tables(client.engine().clone());
    delete(&client, &id).await;
    client.idle().await;
    client.advance(600).await;
    assert_eq!(receiver.take().len(), 3, "at once, after 5 s and after 5 min");
    assert!(!is_erased(&client, &id).await, "it still waits");
    let left = tables.left_of(&id);
    assert!(
        !left.is_empty() && left.iter().all(|(table, _)| table == "webhooks"),
        "and nothing else does: {left:?}"
    );
    assert_eq!(holding(&tables, &receiver.uri()), Vec::<String>::new());
    client.advance(3000).await;
    let told = receiver.take();
    assert_eq!(told.len(), 1, "and after 30 min");
    assert_anonymised(&told[0].json(), &id);
    assert!(is_erased(&client, &id).await);
    assert_eq!(tables.left_of(&id), []);
    client.advance(MONTH).await;
    assert!(receiver.take().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_comes_back_within_the_hour_hears_of_the_end() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, _) = hooked(&client, "ann", &receiver).await;
    receiver.next(&[Reply::Status(500), Reply::Status(429)]);
    delete(&client, &id).await;
    client.idle().await;
    client.advance(400).await;
    assert_eq!(receiver.take().len(), 3);
    assert!(is_erased(&client, &id).await, "as soon as it was heard");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_asks_for_more_than_the_hour_is_not_waited_for() {
    for asked in ["3601", "86400"] {
        let (client, receiver) = (start().await, Receiver::start().await);
        let (id, _) = hooked(&client, "ann", &receiver).await;
        receiver.usually(Reply::With(503, "retry-after", asked));
        delete(&client, &id).await;
        assert!(is_erased(&client, &id).await);
        assert_eq!(receiver.take().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_hangs_holds_back_nothing_else_of_the_end() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, _) = hooked(&client, "ann", &receiver).await;
    receiver.usually(Reply::Never);
    delete(&client, &id).await;
    receiver.arrived(1).await;
    let tables = Tables(client.engine().clone());
    // Not idle: that waits for the answer as well.
    let rest = || tables.left_of(&id).into_iter().any(|(table, _)| table != "webhooks");
    for _ in 0..200 {
        if !rest() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    assert!(!rest(), "{:?}", tables.left_of(&id));
    receiver.release();
    assert!(is_erased(&client, &id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_that_was_off_hears_nothing() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (id, ann) = hooked(&client, "ann", &receiver).await;
    receiver.next(&[Reply::Status(410)]);
    test(&ann).await;
    client.idle().await;
    receiver.take();
    delete(&client, &id).await;
    assert!(is_erased(&client, &id).await);
    assert!(receiver.take().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_was_never_verified_is_told_nothing() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let operator = client.operator().await;
    let mut ids = Vec::new();
    for name in ["ann", "bob"] {
        let body = json!({
            "username": name, "password": PASSWORD, "email": format!("{name}@example.com"),
            "webhook_uri": receiver.uri(), "webhook_method": "POST",
        });
        ids.push(operator.post("/v1.0/customers", body).await.ok()["id"].as_str().unwrap().to_owned());
    }
    operator.put(&format!("/v1.0/customers/{}", ids[0]), json!({ "name": "Ann" })).await.ok();
    delete(&client, &ids[0]).await;
    assert!(is_erased(&client, &ids[0]).await);
    client.advance(8 * 86_400).await;
    assert!(is_erased(&client, &ids[1]).await, "expired");
    assert!(receiver.take().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_a_webhook_is_erased_at_once() {
    let client = start().await;
    let (id, _) = client.tenant("ann").await;
    delete(&client, &id).await;
    assert!(is_erased(&client, &id).await);
}
