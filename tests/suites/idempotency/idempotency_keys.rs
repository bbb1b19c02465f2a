//! Idempotency keys: a repeated request has one effect, and returns the first response if that was kept.

use custodian_tests::{Client, PASSWORD, Response};
use reqwest::Method;
use serde_json::{Value, json};

async fn post(client: &Client, path: &str, key: &str, body: &Value) -> Response {
    client.send(client.request(Method::POST, path).header("idempotency-key", key).json(body)).await
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_and_body_return_the_first_response_for_a_day() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let body = json!({ "name": "vip" });
    let first = post(&ann, "/v1.0/tags", "k-1", &body).await;
    first.ok();
    let again = post(&ann, "/v1.0/tags", "k-1", &body).await;
    assert_eq!(
        (again.status, &again.text, &again.headers["etag"]),
        (200, &first.text, &first.headers["etag"])
    );
    assert_ne!(again.headers["x-request-id"], first.headers["x-request-id"]);
    let other = post(&ann, "/v1.0/tags", "k-1", &json!({ "name": "other" })).await;
    assert_eq!(other.refusal(), (409, "IDEMPOTENCY_KEY_REUSED".into()));
    assert_eq!(ann.get("/v1.0/tags").await.ok()["result"].as_array().unwrap().len(), 1);
    client.advance(86_300).await;
    assert_eq!(post(&ann, "/v1.0/tags", "k-1", &body).await.text, first.text);
    client.advance(101).await;
    let later = post(&ann, "/v1.0/tags", "k-1", &body).await.ok();
    assert_ne!(later["id"], first.json()["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idempotency_key_is_scoped_to_its_caller_and_route() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    let body = json!({ "name": "vip" });
    let tag = post(&ann, "/v1.0/tags", "k-1", &body).await.ok();
    let key = post(&ann, "/v1.0/accesskeys", "k-1", &body).await.ok();
    let of_bob = post(&bob, "/v1.0/tags", "k-1", &body).await.ok();
    let key_client = client.with_token(key["token"].as_str().unwrap());
    let of_key = post(&key_client, "/v1.0/tags", "k-1", &body).await.ok();
    let ids = [&tag["id"], &of_bob["id"], &of_key["id"]];
    assert!(ids[0] != ids[1] && ids[0] != ids[2], "{ids:?}");
    // The repeated response contains the secret. Neither the stored response nor the key's row contains it in plain text.
    assert_eq!(post(&ann, "/v1.0/accesskeys", "k-1", &body).await.ok()["token"], key["token"]);
    for name in ["idempotency", "accesskeys"] {
        let table = format!("custodian-{name}");
        let rows = client.engine().call("Scan", &json!({ "TableName": table })).unwrap().to_string();
        assert!(!rows.contains(&key["token"].as_str().unwrap()[11..]) && !rows.contains("\"k-1\""), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_requests_with_one_key_have_one_effect_and_return_its_response_or_a_conflict() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let body = json!({ "name": "vip" });
    let responses = futures::future::join_all((0..16).map(|_| post(&ann, "/v1.0/tags", "k-1", &body))).await;
    for response in &responses {
        match response.status {
            200 => {}
            409 => {
                assert_eq!(response.reason(), "IDEMPOTENCY_KEY_IN_USE");
                assert!(response.headers.contains_key("retry-after"));
            }
            other => panic!("{other}: {}", response.text),
        }
    }
    let rows = ann.get("/v1.0/tags").await.ok();
    assert_eq!(rows["result"].as_array().unwrap().len(), 1);
    let again = post(&ann, "/v1.0/tags", "k-1", &body).await;
    assert_eq!(again.ok()["id"], rows["result"][0]["id"]);
    let mut succeeded = responses.iter().filter(|response| response.status == 200);
    assert!(succeeded.all(|response| response.text == again.text), "{responses:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_can_be_repeated_with_the_same_key() {
    let client = Client::start().await;
    let platform_admin = client.platform_admin().await;
    let body = json!({ "username": "ann", "password": PASSWORD, "email": "bob@example.com" });
    client.open_account("bob").await;
    let refused = post(&platform_admin, "/v1.0/customers", "k-1", &body).await;
    assert_eq!(refused.refusal(), (409, "EMAIL_ALREADY_EXISTS".into()));
    let id = platform_admin.get("/v1.0/customers?page_size=1").await.ok()["result"][0]["id"].clone();
    platform_admin.delete(&format!("/v1.0/customers/{}", id.as_str().unwrap())).await.ok();
    post(&platform_admin, "/v1.0/customers", "k-1", &body).await.ok();
    for bad in ["", "a b", &*"x".repeat(256)] {
        let response = post(&platform_admin, "/v1.0/customers", bad, &body).await;
        assert_eq!(response.refusal(), (400, "INVALID_REQUEST_PARAMETER".into()), "{bad}");
    }
}
