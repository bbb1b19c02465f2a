//! A process can be killed at any moment. After a restart, acknowledged writes exist and started work resumes.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::process::{PASSWORD, Process, find_in_files, new_folder};
use custodian_engine::Engine;
use futures::future::join_all;
use serde_json::{Value, json};

/// Reads all rows of a table. No process may have the data folder open.
fn scan(folder: &Path, table: &str) -> Vec<Value> {
    let engine = Engine::open(&folder.join("tables.db")).unwrap();
    let mut request = json!({ "TableName": format!("custodian-{table}") });
    let mut rows = Vec::new();
    loop {
        let mut response = engine.call("Scan", &request).unwrap();
        rows.append(response["Items"].as_array_mut().unwrap());
        match response.get("LastEvaluatedKey").filter(|key| key.is_object()) {
            Some(key) => request["ExclusiveStartKey"] = key.clone(),
            None => return rows,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_loses_no_acknowledged_write() {
    let folder = new_folder("acknowledged");
    let mut process = Process::start_with_password(&folder);
    let (_, token) = process.create_account("ada").await;
    let mut acknowledged = Vec::new();
    for round in 1..=3_u64 {
        let pid = process.child.id().to_string();
        let kill = async {
            tokio::time::sleep(Duration::from_millis(150 * round)).await;
            assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
        };
        let (created, ()) =
            tokio::join!(join_all((0..4).map(|_| process.create_tags_until_killed(&token))), kill);
        let before = acknowledged.len();
        acknowledged.extend(created.into_iter().flatten());
        assert!(acknowledged.len() > before, "no write was acknowledged before the kill");
        process.kill();
        process = Process::start_with_password(&folder);
        let existing = process.list_ids("tags", &token).await;
        let lost: Vec<_> = acknowledged.iter().filter(|id| !existing.contains(id)).collect();
        assert!(lost.is_empty(), "round {round}: {} of {} lost", lost.len(), acknowledged.len());
    }
    process.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cascade_resumes_after_every_kill() {
    let folder = new_folder("cascade");
    let process = Process::start_with_password(&folder);
    let (id, _) = process.create_account("zaphod").await;
    let (other_id, _) = process.create_account("nessie").await;
    process.kill();
    let engine = Engine::open(&folder.join("tables.db")).unwrap();
    for (owner, count) in [(&id, 6000), (&other_id, 50)] {
        let row = |n: usize| {
            json!({ "PutRequest": { "Item": {
            "customer_id": { "S": owner }, "id": { "S": format!("{n:08}") }, "detail": { "S": "zaphod or nessie" },
        } } })
        };
        let rows: Vec<_> = (0..count).map(row).collect();
        for batch in rows.chunks(25) {
            for table in ["custodian-tags", "custodian-contacts"] {
                engine.call("BatchWriteItem", &json!({ "RequestItems": { table: batch } })).unwrap();
            }
        }
    }
    drop(engine);

    let process = Process::start_with_password(&folder);
    let admin_token = process.login_as_platform_admin().await;
    let (status, _) = process.send("DELETE", &format!("/v1.0/customers/{id}"), &admin_token, json!({})).await;
    assert_eq!(status, 200);
    process.kill();
    let mut remaining = 12_000;
    for pause in [100, 400, 800] {
        let process = Process::start_with_password(&folder);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        process.kill();
        let rows = [scan(&folder, "tags"), scan(&folder, "contacts")].concat();
        let count = rows.iter().filter(|row| row["customer_id"]["S"] == id.as_str()).count();
        assert!(count <= remaining, "deleted rows came back");
        remaining = count;
    }
    let process = Process::start_with_password(&folder);
    process.post("/_local/idle", "", json!({})).await;
    // A webhook delivery in flight at a kill becomes visible again only after its visibility timeout. Moving the clock also runs
    // `reconcile`, which resumes stalled steps.
    process.post("/_local/clock", "", json!({ "advance_seconds": 3600 })).await;
    process.kill();
    for table in ["identifiers", "agents", "tags", "contacts", "billing_accounts", "tokens", "usage"] {
        let rows = scan(&folder, table);
        assert!(
            !rows.iter().any(|row| row.to_string().contains(&id)),
            "{table} has rows of the deleted account"
        );
        assert!(
            rows.iter().any(|row| row.to_string().contains(&other_id)) || table == "tokens",
            "{table} has no row of the other account"
        );
    }
    assert_eq!(scan(&folder, "tags").len(), 50);
    let ledger = scan(&folder, "deletions");
    let removed =
        |step: &str| ledger.iter().find(|row| row["step"]["S"] == step).unwrap()["removed"]["N"].clone();
    assert_eq!(
        (removed("tags"), removed("contacts")),
        (json!("6000"), json!("6000")),
        "a row was counted twice or not at all"
    );
    assert!(ledger.iter().any(|row| row["key"]["S"] == "ledger" && row.get("tm_sealed").is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_contain_no_values_of_a_deleted_account() {
    let folder = new_folder("erased");
    let process = Process::start_with_password(&folder);
    let (id, token) = process.create_account("zaphod").await;
    let words = ["betelgeuse", "heart-of-gold", "magrathea", "milliways"];
    let profile = json!({ "detail": words[0], "address": words[1] });
    assert_eq!(process.send("PUT", "/v1.0/customer", &token, profile).await.0, 200);
    let contact = json!({ "first_name": words[2] });
    assert_eq!(process.send("POST", "/v1.0/contacts", &token, contact).await.0, 201);
    process.post("/v1.0/tags", &token, json!({ "name": "a", "detail": words[3] })).await;
    process.post("/_local/idle", "", json!({})).await;
    assert_eq!(
        find_in_files(&folder, &words).len(),
        words.len(),
        "the files contain the values while the account exists"
    );
    let admin_token = process.login_as_platform_admin().await;
    assert_eq!(
        process.send("DELETE", &format!("/v1.0/customers/{id}"), &admin_token, json!({})).await.0,
        200
    );
    process.post("/_local/idle", "", json!({})).await;
    assert_eq!(find_in_files(&folder, &words), Vec::<String>::new());
    process.kill();
    // After a restart, the streams continue at their stored positions.
    let process = Process::start_with_password(&folder);
    let (new_id, _) = process.create_account("trillian").await;
    let events = process.get("/_local/events", "").await;
    let is_about_new_account = |event: &Value| event.to_string().contains(&new_id);
    assert!(events["result"].as_array().unwrap().iter().any(is_about_new_account), "{events}");
    process.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn pending_jobs_and_the_clock_survive_a_kill() {
    let folder = new_folder("pending");
    let process = Process::start_with_password(&folder);
    let (id, token) = process.create_account("ada").await;
    process.post("/auth/unregister", &token, json!({ "password": PASSWORD })).await;
    let before = process.post("/_local/clock", "", json!({ "advance_seconds": 5 * 86_400 })).await;
    process.kill();

    let process = Process::start_with_password(&folder);
    let now = process.post("/_local/idle", "", json!({})).await;
    assert!(now["now"].as_str() >= before["now"].as_str(), "{now} is before {before}");
    let jobs = process.get("/_local/schedules", "").await;
    let name = format!("purge-{id}-1");
    assert!(jobs["result"].as_array().unwrap().iter().any(|job| job["name"] == name.as_str()), "{jobs}");
    let admin_token = process.login_as_platform_admin().await;
    let account = format!("/v1.0/customers/{id}");
    assert_eq!(process.get(&account, &admin_token).await["status"], "frozen");
    process.post("/_local/clock", "", json!({ "advance_seconds": 24 * 86_400 })).await;
    assert_eq!(
        process.get(&account, &process.login_as_platform_admin().await).await["status"],
        "frozen",
        "the purge ran a day too early"
    );
    process.kill();

    let process = Process::start_with_password(&folder);
    process.post("/_local/clock", "", json!({ "advance_seconds": 86_401 })).await;
    assert_eq!(process.get(&account, &process.login_as_platform_admin().await).await["status"], "deleted");
    let events = process.get("/_local/events", "").await;
    let was_published = |event_type: &str| {
        events["result"].as_array().unwrap().iter().any(|event| event["detail-type"] == event_type)
    };
    for event_type in ["customer_created", "customer_verified", "customer_frozen", "customer_deleted"] {
        assert!(was_published(event_type), "{event_type}");
    }
    process.kill();
    assert!(!scan(&folder, "agents").iter().any(|row| row.to_string().contains(&id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_generated_password_is_printed_once_and_stays_valid() {
    let folder = new_folder("password");
    let process = Process::start(&folder, &[]);
    process.get("/_local/health", "").await;
    let printed = process.kill();
    let password = printed
        .split("password: ")
        .nth(1)
        .expect("the first start prints a password")
        .split_whitespace()
        .next()
        .unwrap();
    assert!(password.len() >= 16, "{password}");

    let process = Process::start(&folder, &["--admin-password", "another password"]);
    let credentials = |password: &str| json!({ "username": "admin@localhost", "password": password });
    process.post("/auth/login", "", credentials(password)).await;
    let (status, _) = process.send("POST", "/auth/login", "", credentials("another password")).await;
    assert_eq!(status, 401, "a later start changed the password");
    let printed = process.kill();
    assert!(!printed.contains("password: "), "{printed}");

    let process = Process::start(&folder, &[]);
    process.get("/_local/health", "").await;
    let printed = process.kill();
    assert!(!printed.contains("password: "), "{printed}");
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn the_service_listens_on_loopback_only() {
    let process = Process::start(&new_folder("loopback"), &["--ephemeral"]);
    let hex_port = format!(":{:04X}", process.port());
    let mut listening = Vec::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let text = std::fs::read_to_string(table).unwrap_or_default();
        let lines = text.lines().filter_map(|line| {
            let mut columns = line.split_whitespace().skip(1);
            let (local, _, state) = (columns.next()?, columns.next()?, columns.next()?);
            (state == "0A" && local.ends_with(&hex_port)).then(|| local.to_owned())
        });
        listening.extend(lines);
    }
    assert_eq!(listening, [format!("0100007F{hex_port}")]);
    process.kill();
}
