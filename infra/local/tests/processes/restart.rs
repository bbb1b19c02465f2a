//! The process may be killed at any moment: what it has acknowledged is there when it is started again, and what it had
//! begun goes on.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::process::{PASSWORD, Process, folder};
use custodian_engine::Engine;
use futures::future::join_all;
use serde_json::{Value, json};

/// The rows of a table, while no process has it.
fn scan(folder: &Path, table: &str) -> Vec<Value> {
    let engine = Engine::open(&folder.join("tables.db")).unwrap();
    let mut request = json!({ "TableName": format!("custodian-{table}") });
    let mut rows = Vec::new();
    loop {
        let mut answer = engine.call("Scan", &request).unwrap();
        rows.append(answer["Items"].as_array_mut().unwrap());
        match answer.get("LastEvaluatedKey").filter(|key| key.is_object()) {
            Some(key) => request["ExclusiveStartKey"] = key.clone(),
            None => return rows,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_write_is_lost_by_a_kill() {
    let folder = folder("acknowledged");
    let mut process = Process::with_password(&folder);
    let (_, token) = process.tenant("ada").await;
    let mut acknowledged = Vec::new();
    for round in 1..=3_u64 {
        let id = process.child.id().to_string();
        let killer = async {
            tokio::time::sleep(Duration::from_millis(150 * round)).await;
            assert!(Command::new("kill").args(["-9", &id]).status().unwrap().success());
        };
        let (created, ()) =
            tokio::join!(join_all((0..4).map(|_| process.create_until_killed(&token))), killer);
        let before = acknowledged.len();
        acknowledged.extend(created.into_iter().flatten());
        assert!(acknowledged.len() > before, "something was written before the kill");
        process.kill();
        process = Process::with_password(&folder);
        let there = process.all("tags", &token).await;
        let lost: Vec<_> = acknowledged.iter().filter(|id| !there.contains(id)).collect();
        assert!(lost.is_empty(), "round {round}: {} of {} lost", lost.len(), acknowledged.len());
    }
    process.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cascade_goes_on_after_every_kill() {
    let folder = folder("cascade");
    let process = Process::with_password(&folder);
    let (id, _) = process.tenant("zaphod").await;
    let (neighbour, _) = process.tenant("nessie").await;
    process.kill();
    let engine = Engine::open(&folder.join("tables.db")).unwrap();
    for (owner, count) in [(&id, 6000), (&neighbour, 50)] {
        let row = |n: usize| {
            json!({ "PutRequest": { "Item": {
            "customer_id": { "S": owner }, "id": { "S": format!("{n:08}") }, "detail": { "S": "zaphod or nessie" },
        } } })
        };
        let rows: Vec<_> = (0..count).map(row).collect();
        for part in rows.chunks(25) {
            for table in ["custodian-tags", "custodian-contacts"] {
                engine.call("BatchWriteItem", &json!({ "RequestItems": { table: part } })).unwrap();
            }
        }
    }
    drop(engine);

    let process = Process::with_password(&folder);
    let operator = process.operator().await;
    let (status, _) = process.send("DELETE", &format!("/v1.0/customers/{id}"), &operator, json!({})).await;
    assert_eq!(status, 200);
    process.kill();
    let mut left = 12_000;
    for pause in [100, 400, 800] {
        let process = Process::with_password(&folder);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        process.kill();
        let tables = [scan(&folder, "tags"), scan(&folder, "contacts")].concat();
        let now = tables.iter().filter(|row| row["customer_id"]["S"] == id.as_str()).count();
        assert!(now <= left, "nothing comes back");
        left = now;
    }
    let process = Process::with_password(&folder);
    process.post("/_local/idle", "", json!({})).await;
    // A message that was under way when the process was killed may have to wait for its next delivery.
    process.post("/_local/clock", "", json!({ "advance_seconds": 3600 })).await;
    process.kill();
    for table in ["identifiers", "agents", "tags", "contacts", "billing_accounts", "tokens", "usage"] {
        let rows = scan(&folder, table);
        assert!(!rows.iter().any(|row| row.to_string().contains(&id)), "{table}");
        assert!(rows.iter().any(|row| row.to_string().contains(&neighbour)) || table == "tokens", "{table}");
    }
    assert_eq!(scan(&folder, "tags").len(), 50);
    let ledger = scan(&folder, "deletions");
    let removed =
        |step: &str| ledger.iter().find(|row| row["step"]["S"] == step).unwrap()["removed"]["N"].clone();
    assert_eq!(
        (removed("tags"), removed("contacts")),
        (json!("6000"), json!("6000")),
        "counted once, kills or not"
    );
    assert!(ledger.iter().any(|row| row["key"]["S"] == "ledger" && row.get("tm_sealed").is_some()));
}

/// What stands in the files of a running process, beside the mails, which are their receivers'.
fn kept(folder: &Path, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let is_there = |word: &&&str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
        found.extend(words.iter().filter(is_there).map(|word| format!("{word} in {}", path.display())));
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_deleted_account_was_told_of_is_left_in_the_files() {
    let folder = folder("erased");
    let process = Process::with_password(&folder);
    let (id, token) = process.tenant("zaphod").await;
    let words = ["betelgeuse", "heart-of-gold", "magrathea", "milliways"];
    let profile = json!({ "detail": words[0], "address": words[1] });
    assert_eq!(process.send("PUT", "/v1.0/customer", &token, profile).await.0, 200);
    let contact = json!({ "first_name": words[2] });
    assert_eq!(process.send("POST", "/v1.0/contacts", &token, contact).await.0, 201);
    process.post("/v1.0/tags", &token, json!({ "name": "a", "detail": words[3] })).await;
    process.post("/_local/idle", "", json!({})).await;
    assert_eq!(kept(&folder, &words).len(), words.len(), "they are there while the account is");
    let operator = process.operator().await;
    assert_eq!(process.send("DELETE", &format!("/v1.0/customers/{id}"), &operator, json!({})).await.0, 200);
    process.post("/_local/idle", "", json!({})).await;
    assert_eq!(kept(&folder, &words), Vec::<String>::new());
    process.kill();
    // The streams go on from where they were.
    let process = Process::with_password(&folder);
    let (second, _) = process.tenant("trillian").await;
    let told = process.get("/_local/events", "").await;
    let of = |event: &Value| event.to_string().contains(&second);
    assert!(told["result"].as_array().unwrap().iter().any(of), "{told}");
    process.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn pending_jobs_and_the_moved_clock_outlive_a_kill() {
    let folder = folder("pending");
    let process = Process::with_password(&folder);
    let (id, token) = process.tenant("ada").await;
    process.post("/auth/unregister", &token, json!({ "password": PASSWORD })).await;
    let before = process.post("/_local/clock", "", json!({ "advance_seconds": 5 * 86_400 })).await;
    process.kill();

    let process = Process::with_password(&folder);
    let now = process.post("/_local/idle", "", json!({})).await;
    assert!(now["now"].as_str() >= before["now"].as_str(), "{now} is before {before}");
    let jobs = process.get("/_local/schedules", "").await;
    let name = format!("purge-{id}-1");
    assert!(jobs["result"].as_array().unwrap().iter().any(|job| job["name"] == name.as_str()), "{jobs}");
    let operator = process.operator().await;
    let account = format!("/v1.0/customers/{id}");
    assert_eq!(process.get(&account, &operator).await["status"], "frozen");
    process.post("/_local/clock", "", json!({ "advance_seconds": 24 * 86_400 })).await;
    assert_eq!(process.get(&account, &process.operator().await).await["status"], "frozen", "a day too early");
    process.kill();

    let process = Process::with_password(&folder);
    process.post("/_local/clock", "", json!({ "advance_seconds": 86_401 })).await;
    assert_eq!(process.get(&account, &process.operator().await).await["status"], "deleted");
    let events = process.get("/_local/events", "").await;
    let told =
        |kind: &str| events["result"].as_array().unwrap().iter().any(|event| event["detail-type"] == kind);
    for kind in ["customer_created", "customer_verified", "customer_frozen", "customer_deleted"] {
        assert!(told(kind), "{kind}");
    }
    process.kill();
    assert!(!scan(&folder, "agents").iter().any(|row| row.to_string().contains(&id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_password_is_shown_once_and_stays_valid() {
    let folder = folder("password");
    let process = Process::start(&folder, &[]);
    process.get("/_local/health", "").await;
    let printed = process.kill();
    let password = printed.split("password: ").nth(1).expect("a password").split_whitespace().next().unwrap();
    assert!(password.len() >= 16, "{password}");

    let process = Process::start(&folder, &["--admin-password", "another password"]);
    let login = |password: &str| json!({ "username": "admin@localhost", "password": password });
    process.post("/auth/login", "", login(password)).await;
    let (status, _) = process.send("POST", "/auth/login", "", login("another password")).await;
    assert_eq!(status, 401, "a later start changes no password");
    let printed = process.kill();
    assert!(!printed.contains("password"), "{printed}");

    let process = Process::start(&folder, &[]);
    process.get("/_local/health", "").await;
    let printed = process.kill();
    assert!(!printed.contains("password"), "{printed}");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn the_port_is_open_on_loopback_alone() {
    let process = Process::start(&folder("loopback"), &["--ephemeral"]);
    let port: u16 = process.base.rsplit(':').next().unwrap().parse().unwrap();
    let wanted = format!(":{port:04X}");
    let mut listening = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let text = std::fs::read_to_string(table).unwrap_or_default();
        let lines = text.lines().filter_map(|line| {
            let mut columns = line.split_whitespace().skip(1);
            let (local, _, state) = (columns.next()?, columns.next()?, columns.next()?);
            (state == "0A" && local.ends_with(&wanted)).then(|| local.to_owned())
        });
        listening.extend(lines);
    }
    assert_eq!(listening, [format!("0100007F{wanted}")]);
    process.kill();
}
