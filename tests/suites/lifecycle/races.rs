//! Sixty-four calls at once on one customer, over HTTP.

use custodian_tests::{Client, PASSWORD, Tables};
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

/// One of the calls that race; answers its status and, of a created row, the id.
async fn call(
    number: usize,
    operator: Client,
    tenant: Client,
    id: String,
    deletes: bool,
) -> (u16, Option<String>) {
    let account = format!("/v1.0/customers/{id}");
    let answer = match number % 16 {
        0 | 5 | 9 => operator.post(&format!("{account}/freeze"), json!({})).await,
        1 | 6 | 10 => operator.post(&format!("{account}/recover"), json!({})).await,
        2 if number < 32 => tenant.post("/auth/unregister", json!({ "password": PASSWORD })).await,
        3 => tenant.delete("/auth/unregister").await,
        4 if deletes && number > 32 => operator.delete(&account).await,
        7 => operator.put(&account, json!({ "detail": format!("call {number}") })).await,
        _ => {
            let answer = tenant.post("/v1.0/tags", json!({ "name": format!("tag {number}") })).await;
            let created = (answer.status == 200).then(|| answer.json()["id"].as_str().unwrap().to_owned());
            assert!(matches!(answer.status, 200 | 401 | 403 | 503), "{}", answer.text);
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

async fn race(client: &Client, name: &str, deletes: bool) -> String {
    let (id, tenant) = client.tenant(name).await;
    let operator = client.operator().await;
    let calls = (0..64).map(|n| tokio::spawn(call(n, operator.clone(), tenant.clone(), id.clone(), deletes)));
    let answers: Vec<_> = join_all(calls).await.into_iter().map(Result::unwrap).collect();
    client.idle().await;

    let history = history(client, &id).await;
    assert_legal(&history);
    let tables = Tables(client.engine().clone());
    let row = tables.customer(&id);
    let last = history.last().unwrap();
    assert_eq!(row["version"]["N"], last.0.to_string(), "every write of the row was told");
    assert_eq!(row["status"]["S"], last.2.as_str());
    let status = last.2.as_str();
    assert_eq!(row.get("tm_deletion_scheduled").is_some(), status == "frozen", "{row}");
    assert_eq!(row.get("due_at").is_some(), status == "frozen", "{row}");
    let freezes = history.iter().filter(|(_, kind, _)| kind == "customer_frozen").count();
    assert_eq!(row["freezes"]["N"], freezes.to_string());

    let mut created: Vec<_> = answers.into_iter().filter_map(|(_, created)| created).collect();
    let mut stored: Vec<_> = tables.query("tags", "customer_id", &id);
    if status == "deleted" {
        assert_eq!(tables.left_of(&id), [], "nothing outlives the account");
        assert!(tables.removed(&id)["tags"] >= created.len() as u64);
        return status.to_owned();
    }
    assert_eq!(tables.gates(&id), vec![status; 8], "the gates agree with the row");
    let counts = tables.query("usage", "customer_id", &id);
    let counts = counts.iter().filter_map(|gate| gate.get("n_tags")).map(|n| n["N"].as_str().unwrap());
    let counted: usize = counts.map(|n| n.parse::<usize>().unwrap()).sum();
    assert_eq!(counted, stored.len(), "what is counted is there");
    let mut stored: Vec<_> =
        stored.drain(..).map(|tag| tag["id"]["S"].as_str().unwrap().to_owned()).collect();
    stored.sort();
    created.sort();
    assert_eq!(stored, created, "what was acknowledged is there, and nothing else");
    let jobs = client.get("/_local/schedules").await.ok();
    let job = format!("purge-{id}-{freezes}");
    let armed = jobs["result"].as_array().unwrap().iter().any(|each| each["name"] == job.as_str());
    assert!(armed || status != "frozen", "a frozen account has its purge");
    status.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_freezes_and_recoveries_make_one_legal_history() {
    let client = Client::start().await;
    for name in ["ada", "bea"] {
        let status = race(&client, name, false).await;
        assert!(["active", "frozen"].contains(&status.as_str()), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_in_the_middle_of_a_race_is_the_end_of_it() {
    let client = Client::start().await;
    for name in ["cleo", "dora"] {
        assert_eq!(race(&client, name, true).await, "deleted");
    }
}
