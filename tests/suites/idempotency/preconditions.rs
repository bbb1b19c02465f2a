//! Version preconditions: a write with versions in `If-Match` succeeds only on one of them.

use custodian_tests::{Client, PASSWORD};
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_write_with_an_outdated_version_fails() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let platform_admin = client.platform_admin().await;
    let tag = ann.post("/v1.0/tags", json!({ "name": "vip" })).await.ok();
    let tag = format!("/v1.0/tags/{}", tag["id"].as_str().unwrap());
    let account = format!("/v1.0/customers/{id}");
    for (caller, path) in [(&ann, "/v1.0/customer"), (&ann, &*tag), (&platform_admin, &*account)] {
        let read = caller.get(path).await;
        read.ok();
        let etag = read.headers["etag"].to_str().unwrap().to_owned();
        let put = async |condition: &str, name: &str| {
            caller
                .send(
                    caller
                        .request(Method::PUT, path)
                        .header("if-match", condition)
                        .json(&json!({ "name": name })),
                )
                .await
        };
        let stale = put("\"999\"", "stale").await;
        assert_eq!(stale.refusal(), (412, "PRECONDITION_FAILED".into()), "{path}");
        let after = put(&format!("\"0\", {etag}"), "bound").await;
        assert_eq!(after.ok()["name"], "bound", "{path}");
        assert_ne!(after.headers["etag"], etag);
        assert_eq!(put(&etag, "late").await.status, 412, "{path}");
        put("*", "any").await.ok();
    }
    let delete = ann.send(ann.request(Method::DELETE, &tag).header("if-match", "\"1\"")).await;
    assert_eq!(delete.refusal(), (412, "PRECONDITION_FAILED".into()));
    ann.delete(&tag).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_can_require_the_version_that_was_read() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    let ann = client.login("ann", PASSWORD).await;
    let frozen = ann.get("/v1.0/customer").await;
    let recover = async |condition: &str| {
        ann.send(ann.request(Method::DELETE, "/auth/unregister").header("if-match", condition)).await
    };
    assert_eq!(recover("\"0\"").await.refusal(), (412, "PRECONDITION_FAILED".into()));
    assert_eq!(ann.get("/v1.0/customer").await.ok()["status"], "frozen");
    assert_eq!(recover(frozen.headers["etag"].to_str().unwrap()).await.ok()["status"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_one_of_concurrent_writes_with_the_same_version_succeeds_and_all_with_any_version() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let etag = ann.get("/v1.0/customer").await.headers["etag"].to_str().unwrap().to_owned();
    let put = |n: usize| {
        let request = ann.request(Method::PUT, "/v1.0/customer").header("if-match", &etag);
        ann.send(request.json(&json!({ "name": format!("name {n}") })))
    };
    let responses = futures::future::join_all((0..16).map(put)).await;
    let mut statuses: Vec<_> = responses.iter().map(|response| response.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert_eq!(statuses[1..], [412; 15]);
    // `*` matches each of the versions that the other writes make.
    let any = (0..4).map(|n| {
        let request = ann.request(Method::PUT, "/v1.0/customer").header("if-match", "*");
        ann.send(request.json(&json!({ "name": format!("any {n}") })))
    });
    for response in futures::future::join_all(any).await {
        response.ok();
    }
}
