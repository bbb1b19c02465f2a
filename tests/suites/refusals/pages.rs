//! Pages of lists: complete, in order, and strict about their parameters.

use custodian_domain::Timestamp;
use custodian_tests::{Answer, Client};
use serde_json::{Value, json};

/// Reads a list page by page; answers the ids in the order in which they came.
async fn walk(client: &Client, path: &str, size: usize) -> Vec<String> {
    let pages: Vec<_> = client.pages(path, size).await.iter().map(Answer::rows).collect();
    let (last, full) = pages.split_last().unwrap();
    assert!(last.len() <= size);
    assert!(full.iter().all(|rows| rows.len() == size), "a page with a successor is full");
    pages.iter().flatten().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
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

#[tokio::test(flavor = "multi_thread")]
async fn rows_made_at_the_same_moment_are_all_shown_once() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let making = (0..40).map(|n| ann.post("/v1.0/tags", json!({ "name": n.to_string() })));
    let made = futures::future::join_all(making).await;
    let mut made: Vec<_> = made.iter().map(|tag| tag.ok()["id"].as_str().unwrap().to_owned()).collect();
    made.sort();
    made.reverse();
    for size in [1, 3, 39, 40] {
        assert_eq!(walk(&ann, "/v1.0/tags", size).await, made, "pages of {size}");
    }
    let whole = ann.get("/v1.0/tags").await.ok();
    let times = whole["result"].as_array().unwrap().iter().map(|tag| tag["tm_create"].as_str().unwrap());
    let times: Vec<_> = times.map(|time| Timestamp::parse(time).unwrap()).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "newest first, by time as well as by id");
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_of_all_states_are_paged_in_one_order_and_found_by_their_state() {
    let client = Client::start().await;
    let operator = client.operator().await;
    let mut ids = Vec::new();
    for n in 0..9 {
        let (id, _) = client.tenant(&format!("tenant{n}")).await;
        ids.push(id);
        ids.push(client.open_account(&format!("opened{n}")).await);
    }
    for (at, verb) in [(0, "freeze"), (6, "freeze"), (12, "freeze")] {
        operator.post(&format!("/v1.0/customers/{}/{verb}", ids[at]), json!({})).await.ok();
    }
    let gone: Vec<_> = [2, 3, 14].iter().rev().map(|at: &usize| ids[*at].clone()).collect();
    for id in &gone {
        operator.delete(&format!("/v1.0/customers/{id}")).await.ok();
    }
    ids.reverse();
    let living: Vec<_> = ids.iter().filter(|id| !gone.contains(id)).cloned().collect();
    for size in [1, 2, 4, 100] {
        let walked = walk(&operator, "/v1.0/customers", size).await;
        assert_eq!(walked[..living.len()], living[..], "pages of {size}");
        assert_eq!(walked.len(), living.len() + 1, "and the platform's own");
    }
    let mut by_state = Vec::new();
    for (state, count) in [("initial", 8), ("active", 5), ("frozen", 3), ("deleted", 3), ("expired", 0)] {
        let (mut found, mut token) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1.0/customers?status={state}&page_size=1&page_token={token}");
            let page = operator.get(&path).await.ok();
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
    assert_eq!(by_state[3], gone);
    for wrong in ["status=", "status=Active", "status=gone", "status=active,frozen"] {
        let answer = operator.get(&format!("/v1.0/customers?{wrong}")).await;
        assert_eq!(answer.refusal(), (400, "INVALID_REQUEST_PARAMETER".into()), "{wrong}");
        assert_eq!(answer.json()["error"]["details"][0]["field"], "status");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn times_at_the_ends_of_the_calendar_are_tokens_and_other_texts_are_none() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    ann.post("/v1.0/tags", json!({ "name": "a" })).await.ok();
    let operator = client.operator().await;
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
        // The platform's own account has an id below all times, and stands at the end of every list.
        let page = operator.get(&format!("/v1.0/customers?page_token={time}")).await.ok();
        let rows = page["result"].as_array().unwrap();
        assert_eq!(rows.iter().filter(|row| row["name"] != "Platform").count(), shown, "{time}");
    }
    let long = "A".repeat(5000);
    let texts =
        ["2024-01-15", "2024-01-15T10:30:00", "2024-02-30T00:00:00Z", "10:30", "0", "-1", "%00", "ü", &long];
    for text in texts {
        for (caller, path) in [(&ann, "/v1.0/tags"), (&operator, "/v1.0/customers")] {
            let answer = caller.get(&format!("{path}?page_token={text}")).await;
            assert_eq!(answer.refusal(), (400, "INVALID_REQUEST_PARAMETER".into()), "{text}");
            assert_eq!(answer.json()["error"]["details"][0]["field"], "page_token");
        }
    }
}
