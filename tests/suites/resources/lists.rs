//! Lists of every kind: newest first, each row once, for any page size and equal creation times. Pages of large rows and of agents
//! that a filter selects.

use std::sync::Arc;

use custodian_domain::kinds::{AGENTS, ALL, FLOWS, Kind, Verbs};
use custodian_domain::{IdSeed, Timestamp};
use custodian_tests::{Client, OperationRecorder, Tables};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::sample_values::{collection_path, create, minimal_body, tenant_on_plan};

/// Inserts copies of an existing row directly into the table, many with the same creation time. Returns the ids of
/// all rows, newest first.
fn insert_copies(
    client: &Client,
    customer: &str,
    table: &str,
    count: u16,
    alter: impl Fn(&mut Value),
) -> Vec<String> {
    let tables = Tables(client.engine().clone());
    let existing = tables.query(table, "customer_id", customer);
    let id = |n: u16| {
        let mut random = [7; 10];
        random[8..].copy_from_slice(&n.to_be_bytes());
        // Fifty rows have the same time.
        let now = Timestamp::from_micros(1_718_893_355_123_456 + i64::from(n / 50));
        IdSeed { now, random }.uuid().to_string()
    };
    let fields = ALL.iter().find(|kind| kind.table == table).map_or(&[][..], |kind| kind.fields);
    let copy = |n: u16| {
        let mut row = existing[0].clone();
        // An encrypted value belongs to its row. Copies have plain values, as an earlier release stored them.
        row.as_object_mut().unwrap().remove("encrypted");
        for field in fields.iter().filter(|field| field.encrypted) {
            row[field.name] = json!({ "S": if field.field_type.is_nested() { "[]" } else { "" } });
        }
        alter(&mut row);
        row["id"] = json!({ "S": id(n) });
        row
    };
    tables.insert(table, &(0..count).map(copy).collect::<Vec<_>>());
    let mut ids: Vec<_> = existing.iter().map(|row| row["id"]["S"].as_str().unwrap().to_owned()).collect();
    ids.extend((0..count).map(id));
    ids.sort_unstable_by(|a, b| b.cmp(a));
    ids
}

/// Reads a list to its end. Returns the ids in order and the number of rows of each page.
async fn read_pages(client: &Client, path: &str, size: usize) -> (Vec<String>, Vec<usize>) {
    let (mut listed, mut pages) = (Vec::new(), Vec::new());
    for page in client.pages(path, size).await {
        let escaped = json!(page.text).to_string().len();
        assert!(escaped < 2_300_000, "{path} returned {escaped} bytes");
        let rows = page.rows();
        listed.extend(rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        pages.push(rows.len());
    }
    (listed, pages)
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_any_size_return_250_rows_with_equal_times_once_each_newest_first() {
    let client = Client::start().await;
    let (customer, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    for kind in ALL.iter().filter(|kind| kind.verbs == Verbs::All) {
        create(&ann, kind, minimal_body(kind, 1)).await;
    }
    let checks = ALL.iter().map(|kind| {
        let (client, ann, customer) = (client.clone(), ann.clone(), customer.clone());
        tokio::spawn(async move {
            let expected = insert_copies(&client, &customer, kind.table, 250, |_| {});
            assert!(expected.len() > 250);
            for size in [1, 97, 100] {
                let (listed, pages) = read_pages(&ann, &collection_path(kind), size).await;
                assert_eq!(listed, expected, "{} by pages of {size}", kind.route);
                assert!(
                    pages[..pages.len() - 1].iter().all(|rows| *rows == size),
                    "{}: {pages:?}",
                    kind.route
                );
            }
        })
    });
    for check in join_all(checks).await {
        check.unwrap();
    }
}

/// Makes a row large. In JSON, its quotes take twice the bytes.
fn enlarge(kind: &Kind, row: &mut Value) {
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
async fn a_page_ends_before_it_is_too_large_and_reads_no_further() {
    let recorder = Arc::new(OperationRecorder::default());
    let client = Client::start_observed(Arc::clone(&recorder) as _).await;
    let (customer, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    create(&ann, &FLOWS, json!({})).await;
    for kind in [&FLOWS, &AGENTS] {
        let expected = insert_copies(&client, &customer, kind.table, 60, |row| enlarge(kind, row));
        client.idle().await;
        let service = client.service().clone();
        let paused = service.pause_background_work().await;
        recorder.take();
        let page = ann.get(&collection_path(kind)).await.ok();
        let shown = page["result"].as_array().unwrap().len();
        let operations = recorder.take();
        assert!((2..10).contains(&shown), "{}: {shown}", kind.route);
        // One operation for authentication, and one query, which reads at most 1 MB.
        assert!(operations.len() <= 2, "{}: {operations:?}", kind.route);
        drop(paused);
        for size in [100, 7] {
            let (listed, pages) = read_pages(&ann, &collection_path(kind), size).await;
            assert_eq!(listed, expected, "{} by pages of {size}: {pages:?}", kind.route);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filtered_page_reads_a_bounded_number_of_rows_and_continues_on_the_next_page() {
    let recorder = Arc::new(OperationRecorder::default());
    let client = Client::start_observed(Arc::clone(&recorder) as _).await;
    let (customer, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    insert_copies(&client, &customer, "agents", 2_500, |row| row["status"] = json!({ "S": "busy" }));
    client.idle().await;
    let service = client.service().clone();
    let _paused = service.pause_background_work().await;
    recorder.take();
    // The admin and the guest agent are newer than all copies.
    let page = ann.get("/v1.0/agents?status=offline&page_size=1").await.ok();
    assert_eq!(page["result"].as_array().unwrap().len(), 1);
    assert_eq!(recorder.take().len(), 2);
    let (mut found, mut pages, mut token) = (0, 0, String::new());
    loop {
        let page = ann.get(&format!("/v1.0/agents?status=away&page_size=1&page_token={token}")).await.ok();
        let operations = recorder.take().len();
        assert!(operations <= 21, "{operations}");
        found += page["result"].as_array().unwrap().len();
        pages += 1;
        token = page["next_page_token"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!((found, pages), (0, 2), "no agent is away, in two pages");
}
