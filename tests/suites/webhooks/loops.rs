//! Webhooks must not call this API: they would cause the next webhooks.

use custodian_tests::Client;
use reqwest::Method;
use serde_json::{Value, json};

use crate::forbidden_destinations::{assert_not_set, store_destination};
use crate::{Receiver, account_with_webhook, delivery, send_test_webhook, start};

async fn state(ann: &Client) -> Value {
    ann.get("/v1.0/customer/webhook").await.ok()["state"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_the_service_is_refused_when_it_is_set_and_when_a_webhook_is_sent() {
    let client = start().await;
    let (id, ann) = client.tenant("ann").await;
    let port = client.service().port();
    for host in
        ["127.0.0.1", "127.1.2.3", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]", "localhost", "LOCALHOST."]
    {
        let uri = format!("http://{host}:{port}/v1.0/tags");
        assert_not_set(&ann.put("/v1.0/customer", json!({ "webhook_uri": uri })).await, "this API", &uri);
        store_destination(&client, &id, &uri);
        assert_eq!(state(&ann).await, "refused", "{uri}");
        let test = send_test_webhook(&ann).await;
        let sent = delivery(&ann, &test).await;
        assert_eq!((&sent["status"], &sent["error"]), (&json!("failed"), &json!("refused")), "{uri}");
    }
    let other = format!("http://localhost:{}/", port ^ 1);
    ann.put("/v1.0/customer", json!({ "webhook_uri": other })).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_a_webhook_of_the_service_is_refused() {
    let (client, receiver) = (start().await, Receiver::start().await);
    let (_, ann) = account_with_webhook(&client, "ann", &receiver).await;
    send_test_webhook(&ann).await;
    ann.idle().await;
    let webhook = receiver.take().remove(0);
    for header in ["webhook-id", "user-agent"] {
        let value = webhook.header(header).unwrap();
        for (method, path) in
            [(Method::POST, "/v1.0/tags"), (Method::GET, "/v1.0/customer"), (Method::POST, "/auth/login")]
        {
            let request = ann.request(method, path).header(header, value).json(&json!({ "name": "next" }));
            let response = ann.send(request).await;
            assert_eq!(response.refusal(), (403, "WEBHOOK_LOOP".into()), "{header} {path}");
        }
    }
    ann.idle().await;
    assert!(receiver.take().is_empty(), "nothing was changed");
    let request = client.request(Method::GET, "/v1.0/customer").header("webhook-id", "msg_1");
    assert_eq!(client.send(request).await.refusal(), (403, "WEBHOOK_LOOP".into()), "without a credential");
}
