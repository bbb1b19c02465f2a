//! Requests that are safe to repeat, and writes that are bound to what was read.

use custodian_tests::{Answer, Client, PASSWORD};
use reqwest::Method;
use serde_json::{Value, json};

async fn post(client: &Client, path: &str, key: &str, body: &Value) -> Answer {
    client.send(client.request(Method::POST, path).header("idempotency-key", key).json(body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_and_body_give_the_first_answer_again_for_a_day() {
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
    client.advance(86_401).await;
    let later = post(&ann, "/v1.0/tags", "k-1", &body).await.ok();
    assert_ne!(later["id"], first.json()["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_belongs_to_who_sent_it_and_to_the_route() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    let body = json!({ "name": "vip" });
    let tag = post(&ann, "/v1.0/tags", "k-1", &body).await.ok();
    let key = post(&ann, "/v1.0/accesskeys", "k-1", &body).await.ok();
    let theirs = post(&bob, "/v1.0/tags", "k-1", &body).await.ok();
    let program = client.with_token(key["token"].as_str().unwrap());
    let programs = post(&program, "/v1.0/tags", "k-1", &body).await.ok();
    let ids = [&tag["id"], &theirs["id"], &programs["id"]];
    assert!(ids[0] != ids[1] && ids[0] != ids[2], "{ids:?}");
    // The secret comes again with the key, and is nowhere in the tables.
    assert_eq!(post(&ann, "/v1.0/accesskeys", "k-1", &body).await.ok()["token"], key["token"]);
    for operation in ["idempotency", "accesskeys"] {
        let table = format!("custodian-{operation}");
        let rows = client.engine().call("Scan", &json!({ "TableName": table })).unwrap().to_string();
        assert!(
            !rows.contains(&key["token"].as_str().unwrap()[11..]) && !rows.contains("\"k-1\""),
            "{operation}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_has_the_effect_and_all_have_its_answer_in_the_end() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let body = json!({ "name": "vip" });
    let answers = futures::future::join_all((0..16).map(|_| post(&ann, "/v1.0/tags", "k-1", &body))).await;
    for answer in &answers {
        match answer.status {
            200 => {}
            409 => {
                assert_eq!(answer.reason(), "IDEMPOTENCY_KEY_IN_USE");
                assert!(answer.headers.contains_key("retry-after"));
            }
            other => panic!("{other}: {}", answer.text),
        }
    }
    let rows = ann.get("/v1.0/tags").await.ok();
    assert_eq!(rows["result"].as_array().unwrap().len(), 1);
    assert_eq!(post(&ann, "/v1.0/tags", "k-1", &body).await.ok()["id"], rows["result"][0]["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_may_be_tried_again_with_the_same_key() {
    let client = Client::start().await;
    let operator = client.operator().await;
    let body = json!({ "username": "ann", "password": PASSWORD, "email": "bob@example.com" });
    client.open_account("bob").await;
    let refused = post(&operator, "/v1.0/customers", "k-1", &body).await;
    assert_eq!(refused.refusal(), (409, "EMAIL_ALREADY_EXISTS".into()));
    let id = operator.get("/v1.0/customers?page_size=1").await.ok()["result"][0]["id"].clone();
    operator.delete(&format!("/v1.0/customers/{}", id.as_str().unwrap())).await.ok();
    post(&operator, "/v1.0/customers", "k-1", &body).await.ok();
    for bad in ["", "a b", &*"x".repeat(256)] {
        let answer = post(&operator, "/v1.0/customers", bad, &body).await;
        assert_eq!(answer.refusal(), (400, "INVALID_REQUEST_PARAMETER".into()), "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_bound_to_a_version_fails_on_another_one() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let operator = client.operator().await;
    let tag = ann.post("/v1.0/tags", json!({ "name": "vip" })).await.ok();
    let tag = format!("/v1.0/tags/{}", tag["id"].as_str().unwrap());
    let account = format!("/v1.0/customers/{id}");
    for (who, path) in [(&ann, "/v1.0/customer"), (&ann, &*tag), (&operator, &*account)] {
        let read = who.get(path).await;
        read.ok();
        let etag = read.headers["etag"].to_str().unwrap().to_owned();
        let put = async |condition: &str, name: &str| {
            who.send(
                who.request(Method::PUT, path).header("if-match", condition).json(&json!({ "name": name })),
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
async fn coming_back_may_be_bound_to_the_version_that_was_read() {
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
async fn of_writes_bound_to_the_same_version_one_succeeds() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let etag = ann.get("/v1.0/customer").await.headers["etag"].to_str().unwrap().to_owned();
    let put = |n: usize| {
        let request = ann.request(Method::PUT, "/v1.0/customer").header("if-match", &etag);
        ann.send(request.json(&json!({ "name": format!("name {n}") })))
    };
    let answers = futures::future::join_all((0..16).map(put)).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert_eq!(statuses[1..], [412; 15]);
}
