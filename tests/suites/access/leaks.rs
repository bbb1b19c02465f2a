//! Isolation, and that nobody reads a tenant from a request.

use custodian_tests::Client;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn the_tenant_comes_from_the_caller_and_from_nowhere_else() {
    let client = Client::start().await;
    let (ann_id, ann) = client.tenant("ann").await;
    let (bob_id, bob) = client.tenant("bob").await;
    let body = json!({ "name": "mine", "customer_id": bob_id, "id": bob_id });
    let tag = ann.post(&format!("/v1.0/tags?customer_id={bob_id}"), body).await.ok();
    assert_eq!(tag["customer_id"], ann_id);
    assert_eq!(bob.get("/v1.0/tags").await.ok()["result"], json!([]));
    let path = format!("/v1.0/tags/{}", tag["id"].as_str().unwrap());
    let not_found = (404, "TAG_NOT_FOUND".to_owned());
    assert_eq!(bob.get(&format!("{path}?customer_id={ann_id}")).await.refusal(), not_found);
    assert_eq!(bob.put(&path, json!({ "name": "stolen", "customer_id": ann_id })).await.refusal(), not_found);
    assert_eq!(bob.delete(&path).await.refusal(), not_found);
    assert_eq!(ann.get(&path).await.ok(), tag);
}
