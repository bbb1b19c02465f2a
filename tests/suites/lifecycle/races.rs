//! Sixty-four calls at once on one customer, over HTTP.

use std::sync::Arc;

use custodian_tests::{Client, PASSWORD, Tables, Weather};
use futures::future::join_all;
use serde_json::{Value, json};

/// The moves that an account may make, as its events tell them.
const LEGAL: [(&str, &str); 8] = [
    ("initial", "active"),
    ("active", "frozen"),
    ("frozen", "active"),
    ("initial", "deleted"),
    ("active", "deleted"),
    ("frozen", "deleted"),
    ("initial", "expired"),
    ("active", "active"),
];

/// Who speaks for the account: its admin, whose session ends with the first freeze, and a key, which outlives it.
#[derive(Clone)]
struct Tenant {
    admin: Client,
    key: Client,
}

/// One of the calls that race; answers its status and, of a created row, the id.
async fn call(
    number: usize,
    operator: Client,
    tenant: Tenant,
    id: String,
    deletes: bool,
) -> (u16, Option<String>) {
    let account = format!("/v1.0/customers/{id}");
    let answer = match number % 16 {
        0 | 5 | 9 => operator.post(&format!("{account}/freeze"), json!({})).await,
        1 | 6 | 10 => operator.post(&format!("{account}/recover"), json!({})).await,
        2 if number < 32 => tenant.admin.post("/auth/unregister", json!({ "password": PASSWORD })).await,
        3 => tenant.key.delete("/auth/unregister").await,
        4 if deletes && number > 32 => operator.delete(&account).await,
        7 => operator.put(&account, json!({ "detail": format!("call {number}") })).await,
        _ => {
            let answer = tenant.key.post("/v1.0/tags", json!({ "name": format!("tag {number}") })).await;
            let created = (answer.status == 200).then(|| answer.json()["id"].as_str().unwrap().to_owned());
            let gone = if deletes { 401 } else { 403 };
            assert!([200, 403, 503, gone].contains(&answer.status), "{}", answer.text);
            return (answer.status, created);
        }
    };
    assert!(matches!(answer.status, 200 | 401 | 403 | 409 | 503), "{}", answer.text);
    if answer.status == 503 {
        assert!(answer.headers.contains_key("retry-after"));
    }
    (answer.status, None)
}

/// The events of a customer by version, each once.
async fn history(client: &Client, id: &str) -> Vec<(u64, String, String)> {
    let told = client.get("/_local/events").await.ok();
    let of = |event: &Value| {
        let detail = &event["detail"];
        let text = |name: &str| detail[name].as_str().unwrap().to_owned();
        (detail["version"].as_u64().unwrap(), text("type"), text("status"))
    };
    let is_own = |event: &&Value| {
        let detail = &event["detail"];
        let kind = detail["type"].as_str().unwrap();
        detail["customer_id"] == id && kind.starts_with("customer_") && kind != "customer_erased"
    };
    let events = told["result"].as_array().unwrap().iter().filter(is_own);
    let mut events: Vec<_> = events.map(of).collect();
    events.sort();
    events.dedup();
    events
}

fn assert_legal(history: &[(u64, String, String)]) {
    let versions: Vec<_> = history.iter().map(|(version, ..)| *version).collect();
    assert_eq!(versions, (1..=history.len() as u64).collect::<Vec<_>>(), "one event a version: {history:?}");
    for pair in history.windows(2) {
        let (from, to) = (pair[0].2.as_str(), pair[1].2.as_str());
        assert!(LEGAL.contains(&(from, to)), "{from} -> {to} in {history:?}");
    }
}

/// How often a row was created, and how often that was refused because the account was not open.
#[derive(Default)]
struct Children {
    created: usize,
    refused: usize,
}

/// Sixty-four calls at once on a new account; answers its id and what was answered.
async fn race(
    client: &Client,
    name: &str,
    deletes: bool,
    weather: Option<&Weather>,
) -> (String, Vec<(u16, Option<String>)>) {
    let (id, admin) = client.tenant(name).await;
    let key = admin.post("/v1.0/accesskeys", json!({ "name": "racer" })).await.ok();
    let tenant = Tenant { key: client.with_token(key["token"].as_str().unwrap()), admin };
    let operator = client.operator().await;
    if let Some(weather) = weather {
        weather.break_over(client.engine(), 314_159);
    }
    let calls = (0..64).map(|n| tokio::spawn(call(n, operator.clone(), tenant.clone(), id.clone(), deletes)));
    let answers = join_all(calls).await.into_iter().map(Result::unwrap).collect();
    if let Some(weather) = weather {
        weather.clear_up();
        // What failed meanwhile is tried again.
        client.advance(3600).await;
    }
    client.idle().await;
    (id, answers)
}

/// Holds the account's row against what was told of it; answers its status.
async fn assert_one_history(client: &Client, id: &str) -> String {
    let history = history(client, id).await;
    assert_legal(&history);
    let row = Tables(client.engine().clone()).customer(id);
    let last = history.last().unwrap();
    assert_eq!(row["version"]["N"], last.0.to_string(), "every write of the row was told");
    assert_eq!(row["status"]["S"], last.2.as_str());
    let status = last.2.as_str();
    assert_eq!(row.get("tm_deletion_scheduled").is_some(), status == "frozen", "{row}");
    assert_eq!(row.get("due_at").is_some(), status == "frozen", "{row}");
    let freezes = history.iter().filter(|(_, kind, _)| kind == "customer_frozen").count();
    assert_eq!(row["freezes"]["N"], freezes.to_string());
    let jobs = client.get("/_local/schedules").await.ok();
    let job = format!("purge-{id}-{freezes}");
    let armed = jobs["result"].as_array().unwrap().iter().any(|each| each["name"] == job.as_str());
    assert!(armed || status != "frozen", "a frozen account has its purge");
    status.to_owned()
}

/// Holds the rows of an account in this state against those that were acknowledged. `in_doubt`: answers were lost, so there
/// may be more.
fn assert_children(client: &Client, id: &str, status: &str, acknowledged: &[&String], in_doubt: bool) {
    let tables = Tables(client.engine().clone());
    if status == "deleted" {
        assert_eq!(tables.left_of(id), [], "nothing outlives the account");
        assert!(tables.removed(id)["tags"] >= acknowledged.len() as u64);
        return;
    }
    assert_eq!(tables.gates(id), vec![status; 8], "the gates agree with the row");
    let stored = tables.query("tags", "customer_id", id);
    let counts = tables.query("usage", "customer_id", id);
    let counts = counts.iter().filter_map(|gate| gate.get("n_tags")).map(|n| n["N"].as_str().unwrap());
    let counted: usize = counts.map(|n| n.parse::<usize>().unwrap()).sum();
    assert_eq!(counted, stored.len(), "what is counted is there");
    let is_there = |id: &&String| stored.iter().any(|tag| tag["id"]["S"] == id.as_str());
    assert!(acknowledged.iter().all(is_there), "what was acknowledged is there");
    assert!(stored.len() == acknowledged.len() || in_doubt, "and nothing else");
}

/// Races on an account and holds what is there against what was answered; answers the account's status.
async fn raced(client: &Client, name: &str, deletes: bool, children: &mut Children) -> String {
    let (id, answers) = race(client, name, deletes, None).await;
    let created: Vec<_> = answers.iter().filter_map(|(_, created)| created.as_ref()).collect();
    children.created += created.len();
    children.refused += answers.iter().filter(|(status, _)| *status == 403).count();
    let status = assert_one_history(client, &id).await;
    assert_children(client, &id, &status, &created, false);
    status
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_freezes_and_recoveries_make_one_legal_history() {
    let client = Client::start().await;
    let mut children = Children::default();
    for name in ["ada", "bea"] {
        let status = raced(&client, name, false, &mut children).await;
        assert!(["active", "frozen"].contains(&status.as_str()), "{status}");
    }
    assert!(
        children.created > 0 && children.refused > 0,
        "rows were created between the freezes, and refused"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_in_the_middle_of_a_race_is_the_end_of_it() {
    let client = Client::start().await;
    for name in ["cleo", "dora"] {
        assert_eq!(raced(&client, name, true, &mut Children::default()).await, "deleted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_in_bad_weather_makes_one_legal_history_too() {
    for (name, deletes) in [("ada", false), ("bea", true)] {
        let weather = Weather::default();
        let client = Client::start_watched(Arc::new(weather.clone())).await;
        let (id, answers) = race(&client, name, deletes, Some(&weather)).await;
        weather.assert_all_met();
        let status = assert_one_history(&client, &id).await;
        let created: Vec<_> = answers.iter().filter_map(|(_, created)| created.as_ref()).collect();
        assert_children(&client, &id, &status, &created, true);
    }
}
