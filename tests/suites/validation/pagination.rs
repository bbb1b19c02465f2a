//! Paginated lists: complete, in order, and strict about their parameters.

use custodian_domain::Timestamp;
use custodian_tests::{Client, Response};
use serde_json::{Value, json};

/// Reads a list page by page and returns the ids in order.
async fn read_ids(client: &Client, path: &str, size: usize) -> Vec<String> {
    let pages: Vec<_> = client.pages(path, size).await.iter().map(Response::rows).collect();
    let (last, full) = pages.split_last().unwrap();
    assert!(last.len() <= size);
    assert!(full.iter().all(|rows| rows.len() == size), "every page but the last is full");
    pages.iter().flatten().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_any_size_return_every_row_once_newest_first() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let mut created = Vec::new();
    for n in 0..23 {
        let tag = ann.post("/v1.0/tags", json!({ "name": format!("tag {n}") })).await.ok();
        created.push(tag["id"].as_str().unwrap().to_owned());
    }
    created.reverse();
    for size in [1, 2, 5, 22, 23, 24, 100] {
        assert_eq!(read_ids(&ann, "/v1.0/tags", size).await, created, "pages of {size}");
    }
    let platform_admin = client.platform_admin().await;
    let mut accounts = vec![];
    for name in ["bea", "cem", "dan", "eve"] {
        accounts.push(client.open_account(name).await);
    }
    accounts.reverse();
    for size in [1, 3, 100] {
        let ids_read = read_ids(&platform_admin, "/v1.0/customers", size).await;
        assert_eq!(ids_read[..4], accounts[..], "pages of {size}");
        assert_eq!(ids_read.len(), 6, "the four, ann's and the platform's own account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_size_outside_the_range_is_the_default_and_other_wrong_parameters_are_refused() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    for name in ["a", "b"] {
        ann.post("/v1.0/tags", json!({ "name": name })).await.ok();
    }
    let rows = |page: &Value| page["result"].as_array().unwrap().len();
    for (size, shown) in
        [("0", 2), ("-3", 2), ("1", 1), ("1.0", 1), ("100000", 2), ("99999999999999999999999999", 2)]
    {
        assert_eq!(rows(&ann.get(&format!("/v1.0/tags?page_size={size}")).await.ok()), shown, "{size}");
    }
    for size in ["ten", "1.5", "", "1e2", "0x1"] {
        let response = ann.get(&format!("/v1.0/tags?page_size={size}")).await;
        assert_eq!(response.refusal(), (400, "INVALID_REQUEST_PARAMETER".into()), "{size}");
    }
    let own = ann.get("/v1.0/tags?page_size=1").await.ok()["next_page_token"].as_str().unwrap().to_owned();
    let foreign = client.platform_admin().await.get("/v1.0/customers?page_size=1").await.ok();
    let foreign = foreign["next_page_token"].as_str().unwrap().to_owned();
    assert_eq!(rows(&ann.get(&format!("/v1.0/tags?page_token={own}")).await.ok()), 1);
    for token in ["x", "AAAA", &own[1..], &foreign, "2024-13-01T00:00:00Z", "yesterday"] {
        let response = ann.get(&format!("/v1.0/tags?page_token={token}")).await;
        assert_eq!(response.refusal(), (400, "INVALID_REQUEST_PARAMETER".into()), "{token}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timestamp_is_a_valid_page_token() {
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

#[tokio::test(flavor = "multi_thread")]
async fn rows_created_at_the_same_time_are_each_returned_once() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let requests = (0..40).map(|n| ann.post("/v1.0/tags", json!({ "name": n.to_string() })));
    let created = futures::future::join_all(requests).await;
    let mut created: Vec<_> = created.iter().map(|tag| tag.ok()["id"].as_str().unwrap().to_owned()).collect();
    created.sort();
    created.reverse();
    for size in [1, 3, 39, 40] {
        assert_eq!(read_ids(&ann, "/v1.0/tags", size).await, created, "pages of {size}");
    }
    let whole = ann.get("/v1.0/tags").await.ok();
    let times = whole["result"].as_array().unwrap().iter().map(|tag| tag["tm_create"].as_str().unwrap());
    let times: Vec<_> = times.map(|time| Timestamp::parse(time).unwrap()).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "newest first, by time and by id");
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_listed_in_one_order_without_deleted_ones_and_filtered_by_status() {
    let client = Client::start().await;
    let platform_admin = client.platform_admin().await;
    let mut ids = Vec::new();
    for n in 0..9 {
        let (id, _) = client.tenant(&format!("tenant{n}")).await;
        ids.push(id);
        ids.push(client.open_account(&format!("opened{n}")).await);
    }
    for (at, verb) in [(0, "freeze"), (6, "freeze"), (12, "freeze")] {
        platform_admin.post(&format!("/v1.0/customers/{}/{verb}", ids[at]), json!({})).await.ok();
    }
    let deleted: Vec<_> = [2, 3, 14].iter().rev().map(|at: &usize| ids[*at].clone()).collect();
    for id in &deleted {
        platform_admin.delete(&format!("/v1.0/customers/{id}")).await.ok();
    }
    ids.reverse();
    let not_deleted: Vec<_> = ids.iter().filter(|id| !deleted.contains(id)).cloned().collect();
    for size in [1, 2, 4, 100] {
        let ids_read = read_ids(&platform_admin, "/v1.0/customers", size).await;
        assert_eq!(ids_read[..not_deleted.len()], not_deleted[..], "pages of {size}");
        assert_eq!(ids_read.len(), not_deleted.len() + 1, "and the platform's own account");
    }
    let mut by_state = Vec::new();
    for (state, count) in [("initial", 8), ("active", 5), ("frozen", 3), ("deleted", 3), ("expired", 0)] {
        let (mut found, mut token) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1.0/customers?status={state}&page_size=1&page_token={token}");
            let page = platform_admin.get(&path).await.ok();
            for row in page["result"].as_array().unwrap() {
                assert_eq!(row["status"], state);
                found.push(row["id"].as_str().unwrap().to_owned());
            }
            token = page["next_page_token"].as_str().unwrap().to_owned();
            if token.is_empty() {
                break;
            }
        }
        assert!(found.is_sorted_by(|newer, older| newer > older), "{state}");
        assert_eq!(found.len(), count, "{state}");
        by_state.push(found);
    }
    assert_eq!(by_state[3], deleted);
    for wrong in ["status=", "status=Active", "status=gone", "status=active,frozen"] {
        let response = platform_admin.get(&format!("/v1.0/customers?{wrong}")).await;
        assert_eq!(response.refusal(), (400, "INVALID_REQUEST_PARAMETER".into()), "{wrong}");
        assert_eq!(response.json()["error"]["details"][0]["field"], "status");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn extreme_timestamps_are_valid_page_tokens_and_other_texts_are_not() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    ann.post("/v1.0/tags", json!({ "name": "a" })).await.ok();
    let platform_admin = client.platform_admin().await;
    let times = [
        ("0000-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.999999Z", 0),
        ("2016-12-31T23:59:60Z", 0),
        ("2024-01-15t10:30:00.123456789z", 0),
        ("9999-12-31T23:59:59.999999Z", 1),
        ("9999-12-31T23:59:59%2B23:59", 1),
        ("9999-12-31T23:59:59-23:59", 1),
    ];
    for (time, shown) in times {
        let page = ann.get(&format!("/v1.0/tags?page_token={time}")).await.ok();
        assert_eq!(page["result"].as_array().unwrap().len(), shown, "{time}");
        assert_eq!(page["next_page_token"], "");
        // The platform's own account has the lowest id, so it is the last row of these lists.
        let page = platform_admin.get(&format!("/v1.0/customers?page_token={time}")).await.ok();
        let rows = page["result"].as_array().unwrap();
        assert_eq!(rows.iter().filter(|row| row["name"] != "Platform").count(), shown, "{time}");
    }
    let long = "A".repeat(5000);
    let texts =
        ["2024-01-15", "2024-01-15T10:30:00", "2024-02-30T00:00:00Z", "10:30", "0", "-1", "%00", "ü", &long];
    for text in texts {
        for (caller, path) in [(&ann, "/v1.0/tags"), (&platform_admin, "/v1.0/customers")] {
            let response = caller.get(&format!("{path}?page_token={text}")).await;
            assert_eq!(response.refusal(), (400, "INVALID_REQUEST_PARAMETER".into()), "{text}");
            assert_eq!(response.json()["error"]["details"][0]["field"], "page_token");
        }
    }
}
