//! Pages of lists: complete, in order, and strict about their parameters.

use custodian_tests::Client;
use serde_json::{Value, json};

/// Reads a list page by page; answers the ids in the order in which they came.
async fn walk(client: &Client, path: &str, size: usize) -> Vec<String> {
    let (mut ids, mut token) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("{path}?page_size={size}&page_token={token}")).await.ok();
        let rows = page["result"].as_array().unwrap();
        assert!(rows.len() <= size);
        ids.extend(rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        token = page["next_page_token"].as_str().unwrap().to_owned();
        if token.is_empty() {
            return ids;
        }
        assert_eq!(rows.len(), size, "a page with a successor is full");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_any_size_show_every_row_once_newest_first() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let mut made = Vec::new();
    for n in 0..23 {
        let tag = ann.post("/v1.0/tags", json!({ "name": format!("tag {n}") })).await.ok();
        made.push(tag["id"].as_str().unwrap().to_owned());
    }
    made.reverse();
    for size in [1, 2, 5, 22, 23, 24, 100] {
        assert_eq!(walk(&ann, "/v1.0/tags", size).await, made, "pages of {size}");
    }
    let operator = client.operator().await;
    let mut accounts = vec![];
    for name in ["bea", "cem", "dan", "eve"] {
        accounts.push(client.open_account(name).await);
    }
    accounts.reverse();
    for size in [1, 3, 100] {
        let walked = walk(&operator, "/v1.0/customers", size).await;
        assert_eq!(walked[..4], accounts[..], "pages of {size}");
        assert_eq!(walked.len(), 6, "the four, ann's and the platform's own");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn page_parameters_are_clamped_or_refused() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    for name in ["a", "b"] {
        ann.post("/v1.0/tags", json!({ "name": name })).await.ok();
    }
    let rows = |page: &Value| page["result"].as_array().unwrap().len();
    for (size, shown) in [("0", 1), ("-3", 1), ("1", 1), ("100000", 2), ("99999999999999999999999999", 2)] {
        assert_eq!(rows(&ann.get(&format!("/v1.0/tags?page_size={size}")).await.ok()), shown, "{size}");
    }
    for size in ["ten", "1.5", "", "1e2", "0x1"] {
        let answer = ann.get(&format!("/v1.0/tags?page_size={size}")).await;
        assert_eq!(answer.refusal(), (400, "INVALID_REQUEST_PARAMETER".into()), "{size}");
    }
    let own = ann.get("/v1.0/tags?page_size=1").await.ok()["next_page_token"].as_str().unwrap().to_owned();
    let foreign = client.operator().await.get("/v1.0/customers?page_size=1").await.ok();
    let foreign = foreign["next_page_token"].as_str().unwrap().to_owned();
    assert_eq!(rows(&ann.get(&format!("/v1.0/tags?page_token={own}")).await.ok()), 1);
    for token in ["x", "AAAA", &own[1..], &foreign, "2024-13-01T00:00:00Z", "yesterday"] {
        let answer = ann.get(&format!("/v1.0/tags?page_token={token}")).await;
        assert_eq!(answer.refusal(), (400, "INVALID_REQUEST_PARAMETER".into()), "{token}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_is_a_token_too() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let mut tags = Vec::new();
    for name in ["a", "b", "c"] {
        tags.push(ann.post("/v1.0/tags", json!({ "name": name })).await.ok());
    }
    let before_c = tags[2]["tm_create"].as_str().unwrap();
    let page = ann.get(&format!("/v1.0/tags?page_token={before_c}")).await.ok();
    let names: Vec<_> =
        page["result"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["b", "a"]);
    let early = ann.get("/v1.0/tags?page_token=1970-01-01T00:00:00%2B00:00").await.ok();
    assert_eq!(early["result"].as_array().unwrap().len(), 0);
}
