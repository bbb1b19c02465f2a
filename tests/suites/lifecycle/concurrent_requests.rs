//! Sixty-four concurrent HTTP requests on one customer.

use std::sync::Arc;

use custodian_tests::{Client, PASSWORD, RandomFaults, Tables};
use futures::future::join_all;
use serde_json::{Value, json};

/// The legal status transitions, as events report them.
const LEGAL: [(&str, &str); 9] = [
    ("initial", "active"),
    ("active", "frozen"),
    ("frozen", "active"),
    ("initial", "deleted"),
    ("active", "deleted"),
    ("frozen", "deleted"),
    ("initial", "expired"),
    ("active", "active"),
    // An operator takes over the freeze of an owner.
    ("frozen", "frozen"),
];

/// The account's credentials. The first freeze revokes the admin's session but not the access key.
#[derive(Clone)]
struct Tenant {
    admin: Client,
    key: Client,
}

/// Sends one of the concurrent requests. Returns its HTTP status and the id of a created row.
async fn send(
    number: usize,
    platform_admin: Client,
    tenant: Tenant,
    id: String,
    deletes: bool,
) -> (u16, Option<String>) {
    let account = format!("/v1.0/customers/{id}");
    let response = match number % 16 {
        0 | 5 | 9 => platform_admin.post(&format!("{account}/freeze"), json!({})).await,
        1 | 6 | 10 => platform_admin.post(&format!("{account}/recover"), json!({})).await,
        2 if number < 32 => tenant.admin.post("/auth/unregister", json!({ "password": PASSWORD })).await,
        3 => tenant.key.delete("/auth/unregister").await,
        4 if deletes && number > 32 => platform_admin.delete(&account).await,
        7 => platform_admin.put(&account, json!({ "detail": format!("call {number}") })).await,
        _ => {
            let response = tenant.key.post("/v1.0/tags", json!({ "name": format!("tag {number}") })).await;
            let created =
                (response.status == 200).then(|| response.json()["id"].as_str().unwrap().to_owned());
            let closed = if deletes { 401 } else { 403 };
            assert!([200, 403, 503, closed].contains(&response.status), "{}", response.text);
            return (response.status, created);
        }
    };
    assert!(matches!(response.status, 200 | 401 | 403 | 409 | 503), "{}", response.text);
    if response.status == 503 {
        assert!(response.headers.contains_key("retry-after"));
    }
    (response.status, None)
}

/// The events of a customer by version, without duplicates.
async fn history(client: &Client, id: &str) -> Vec<(u64, String, String)> {
    let published = client.get("/_local/events").await.ok();
    let summary = |event: &Value| {
        let detail = &event["detail"];
        let text = |name: &str| detail[name].as_str().unwrap().to_owned();
        (detail["version"].as_u64().unwrap(), text("type"), text("status"))
    };
    let is_own = |event: &&Value| {
        let detail = &event["detail"];
        let kind = detail["type"].as_str().unwrap();
        detail["customer_id"] == id && kind.starts_with("customer_") && kind != "customer_erased"
    };
    let events = published["result"].as_array().unwrap().iter().filter(is_own);
    let mut events: Vec<_> = events.map(summary).collect();
    events.sort();
    events.dedup();
    events
}

fn assert_legal(history: &[(u64, String, String)]) {
    let versions: Vec<_> = history.iter().map(|(version, ..)| *version).collect();
    assert_eq!(
        versions,
        (1..=history.len() as u64).collect::<Vec<_>>(),
        "one event for each version: {history:?}"
    );
    for pair in history.windows(2) {
        let (from, to) = (pair[0].2.as_str(), pair[1].2.as_str());
        let is_legal = LEGAL.contains(&(from, to)) && (from != to || pair[1].1 == "customer_updated");
        assert!(is_legal, "{from} -> {to} in {history:?}");
    }
}

/// How many rows were created, and how many creations were refused because the account was frozen.
#[derive(Default)]
struct CreationCounts {
    created: usize,
    refused: usize,
}

/// Sends sixty-four concurrent requests on a new account. Returns its id and the responses.
async fn send_concurrently(
    client: &Client,
    name: &str,
    deletes: bool,
    random_faults: Option<&RandomFaults>,
) -> (String, Vec<(u16, Option<String>)>) {
    let (id, admin) = client.tenant(name).await;
    let key = admin.post("/v1.0/accesskeys", json!({ "name": "racer" })).await.ok();
    let tenant = Tenant { key: client.with_token(key["token"].as_str().unwrap()), admin };
    let platform_admin = client.platform_admin().await;
    if let Some(random_faults) = random_faults {
        random_faults.start(client.engine(), 314_159);
    }
    let requests =
        (0..64).map(|n| tokio::spawn(send(n, platform_admin.clone(), tenant.clone(), id.clone(), deletes)));
    let responses = join_all(requests).await.into_iter().map(Result::unwrap).collect();
    if let Some(random_faults) = random_faults {
        random_faults.stop();
        // Background work that failed under the faults is retried.
        client.advance(3600).await;
    }
    client.idle().await;
    (id, responses)
}

/// Checks the account's row against its events. Returns its status.
pub(crate) async fn assert_one_history(client: &Client, id: &str) -> String {
    let history = history(client, id).await;
    assert_legal(&history);
    let row = Tables(client.engine().clone()).customer(id);
    let last = history.last().unwrap();
    assert_eq!(row["version"]["N"], last.0.to_string(), "every write of the row was published");
    assert_eq!(row["status"]["S"], last.2.as_str());
    let status = last.2.as_str();
    assert_eq!(row.get("tm_deletion_scheduled").is_some(), status == "frozen", "{row}");
    assert_eq!(row.get("due_at").is_some(), status == "frozen", "{row}");
    let freezes = history.iter().filter(|(_, kind, _)| kind == "customer_frozen").count();
    assert_eq!(row["freezes"]["N"], freezes.to_string());
    let jobs = client.get("/_local/schedules").await.ok();
    let job = format!("purge-{id}-{freezes}");
    let scheduled = jobs["result"].as_array().unwrap().iter().any(|each| each["name"] == job.as_str());
    assert!(scheduled || status != "frozen", "a frozen account has a purge job");
    status.to_owned()
}

/// Checks the rows of an account in this status against the acknowledged ones. `in_doubt`: responses were lost, so
/// more rows may exist.
fn assert_children(client: &Client, id: &str, status: &str, acknowledged: &[&String], in_doubt: bool) {
    let tables = Tables(client.engine().clone());
    if status == "deleted" {
        assert_eq!(tables.remaining_rows(id), [], "no row outlives its account");
        assert!(tables.removed_rows(id)["tags"] >= acknowledged.len() as u64);
        return;
    }
    assert_eq!(tables.gates(id), vec![status; 8], "the gates agree with the row");
    let stored = tables.query("tags", "customer_id", id);
    let counts = tables.query("usage", "customer_id", id);
    let counts = counts.iter().filter_map(|gate| gate.get("n_tags")).map(|n| n["N"].as_str().unwrap());
    let counted: usize = counts.map(|n| n.parse::<usize>().unwrap()).sum();
    assert_eq!(counted, stored.len(), "the counter equals the number of rows");
    let is_there = |id: &&String| stored.iter().any(|tag| tag["id"]["S"] == id.as_str());
    assert!(acknowledged.iter().all(is_there), "every acknowledged row exists");
    assert!(stored.len() == acknowledged.len() || in_doubt, "no other row exists");
}

/// Sends concurrent requests on a new account and checks its rows against the responses. Returns its status.
async fn race_and_check(client: &Client, name: &str, deletes: bool, counts: &mut CreationCounts) -> String {
    let (id, responses) = send_concurrently(client, name, deletes, None).await;
    let created: Vec<_> = responses.iter().filter_map(|(_, created)| created.as_ref()).collect();
    counts.created += created.len();
    counts.refused += responses.iter().filter(|(status, _)| *status == 403).count();
    let status = assert_one_history(client, &id).await;
    assert_children(client, &id, &status, &created, false);
    status
}

/// Invariant I1: one way to change status.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_freezes_and_recoveries_make_one_legal_history() {
    let client = Client::start().await;
    let mut counts = CreationCounts::default();
    for name in ["ada", "bea"] {
        let status = race_and_check(&client, name, false, &mut counts).await;
        assert!(["active", "frozen"].contains(&status.as_str()), "{status}");
    }
    assert!(
        counts.created > 0 && counts.refused > 0,
        "some creations succeeded between the freezes, others were refused"
    );
}

/// Invariant I3: no owned row is written after its account is deleted.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_during_concurrent_requests_is_final_and_leaves_no_row() {
    let client = Client::start().await;
    for name in ["cleo", "dora"] {
        assert_eq!(race_and_check(&client, name, true, &mut CreationCounts::default()).await, "deleted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_requests_under_random_faults_make_one_legal_history() {
    for (name, deletes) in [("ada", false), ("bea", true)] {
        let random_faults = RandomFaults::default();
        let client = Client::start_observed(Arc::new(random_faults.clone())).await;
        let (id, responses) = send_concurrently(&client, name, deletes, Some(&random_faults)).await;
        random_faults.assert_all_injected();
        let status = assert_one_history(&client, &id).await;
        let created: Vec<_> = responses.iter().filter_map(|(_, created)| created.as_ref()).collect();
        assert_children(&client, &id, &status, &created, true);
    }
}
