//! Lists of any kind: newest first, every row once, whatever the page, however many were made at one moment, and however
//! much they weigh.

use std::sync::Arc;

use custodian_domain::kinds::{AGENTS, ALL, FLOWS, Kind, Verbs};
use custodian_domain::{Stamp, Timestamp};
use custodian_tests::{Client, Counter, Tables};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::values::{least, make, on_plan, path};

/// Rows of few moments, put into the table behind the product's back as copies of one that is there. Answers the ids of all
/// that are there then, newest first.
fn copies(
    client: &Client,
    customer: &str,
    table: &str,
    count: u16,
    alter: impl Fn(&mut Value),
) -> Vec<String> {
    let tables = Tables(client.engine().clone());
    let there = tables.query(table, "customer_id", customer);
    let id = |n: u16| {
        let mut random = [7; 10];
        random[8..].copy_from_slice(&n.to_be_bytes());
        // Fifty rows a moment.
        let now = Timestamp::from_micros(1_718_893_355_123_456 + i64::from(n / 50));
        Stamp { now, random }.uuid().to_string()
    };
    let copy = |n: u16| {
        let mut row = there[0].clone();
        alter(&mut row);
        row["id"] = json!({ "S": id(n) });
        row
    };
    tables.insert(table, &(0..count).map(copy).collect::<Vec<_>>());
    let mut ids: Vec<_> = there.iter().map(|row| row["id"]["S"].as_str().unwrap().to_owned()).collect();
    ids.extend((0..count).map(id));
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids
}

/// Reads a list to its end; answers the ids as they came, and how many each page had.
async fn walk(client: &Client, path: &str, size: usize) -> (Vec<String>, Vec<usize>) {
    let (mut seen, mut pages) = (Vec::new(), Vec::new());
    for page in client.pages(path, size).await {
        let escaped = json!(page.text).to_string().len();
        assert!(escaped < 2_300_000, "{path} answered {escaped} bytes");
        let rows = page.rows();
        seen.extend(rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        pages.push(rows.len());
    }
    (seen, pages)
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_any_size_show_250_rows_of_few_moments_once_each_newest_first() {
    let client = Client::start().await;
    let (customer, ann) = on_plan(&client, "ann", "unlimited").await;
    let walks = ALL.iter().map(|kind| {
        let (client, ann, customer) = (client.clone(), ann.clone(), customer.clone());
        tokio::spawn(async move {
            if kind.verbs == Verbs::All {
                make(&ann, kind, least(kind, 1)).await;
            }
            let expected = copies(&client, &customer, kind.table, 250, |_| {});
            assert!(expected.len() > 250);
            for size in [1, 97, 100] {
                let (seen, pages) = walk(&ann, &path(kind), size).await;
                assert_eq!(seen, expected, "{} by pages of {size}", kind.route);
                assert!(
                    pages[..pages.len() - 1].iter().all(|rows| *rows == size),
                    "{}: {pages:?}",
                    kind.route
                );
            }
        })
    });
    for walked in join_all(walks).await {
        walked.unwrap();
    }
}

/// A row that weighs as much as a request can say, and twice that as it is sent: nothing but quotes.
fn weigh(kind: &Kind, row: &mut Value) {
    let quotes = "\"".repeat(200);
    if kind.table == AGENTS.table {
        let address = json!({ "M": {
            "type": { "S": "tel" }, "target": { "S": quotes }, "target_name": { "S": quotes },
            "name": { "S": quotes }, "detail": { "S": "" },
        } });
        row["addresses"] = json!({ "L": vec![address; 50] });
    } else {
        let action = json!({ "type": "talk", "option": { "text": quotes } });
        row["actions"] = json!({ "S": json!(vec![action; 140]).to_string() });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_ends_before_it_is_too_large_to_be_answered_and_reads_no_further() {
    let counter = Arc::new(Counter::default());
    let client = Client::start_watched(Arc::clone(&counter) as _).await;
    let (customer, ann) = on_plan(&client, "ann", "unlimited").await;
    make(&ann, &FLOWS, json!({})).await;
    for kind in [&FLOWS, &AGENTS] {
        let expected = copies(&client, &customer, kind.table, 60, |row| weigh(kind, row));
        client.idle().await;
        let service = client.service().clone();
        let still = service.hold_still().await;
        counter.take();
        let page = ann.get(&path(kind)).await.ok();
        let shown = page["result"].as_array().unwrap().len();
        let operations = counter.take();
        assert!((10..30).contains(&shown), "{}: {shown}", kind.route);
        // Who calls, and so many queries of 1 MB as the page needs.
        assert!(operations.len() <= 4, "{}: {operations:?}", kind.route);
        drop(still);
        for size in [100, 7] {
            let (seen, pages) = walk(&ann, &path(kind), size).await;
            assert_eq!(seen, expected, "{} by pages of {size}: {pages:?}", kind.route);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_costs_what_is_looked_at_and_a_list_goes_on_where_it_ended() {
    let counter = Arc::new(Counter::default());
    let client = Client::start_watched(Arc::clone(&counter) as _).await;
    let (customer, ann) = on_plan(&client, "ann", "unlimited").await;
    copies(&client, &customer, "agents", 2_500, |row| row["status"] = json!({ "S": "busy" }));
    client.idle().await;
    let service = client.service().clone();
    let _still = service.hold_still().await;
    counter.take();
    // The admin and the guest are newer than all the copies.
    let page = ann.get("/v1.0/agents?status=offline&page_size=1").await.ok();
    assert_eq!(page["result"].as_array().unwrap().len(), 1);
    assert_eq!(counter.take().len(), 2);
    let (mut found, mut pages, mut token) = (0, 0, String::new());
    loop {
        let page = ann.get(&format!("/v1.0/agents?status=away&page_size=1&page_token={token}")).await.ok();
        let operations = counter.take().len();
        assert!(operations <= 21, "{operations}");
        found += page["result"].as_array().unwrap().len();
        pages += 1;
        token = page["next_page_token"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!((found, pages), (0, 2), "nobody is away, and two answers say so");
}
