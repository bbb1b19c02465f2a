//! `--sample` creates the account of the specification, once.

use crate::process::{PASSWORD, Process, new_folder};
use serde_json::{Value, json};

/// Signs in to the sample account and returns its usage.
async fn sample_usage(process: &Process) -> Value {
    let credentials = json!({ "username": "acme", "password": "acme sample account" });
    let (status, session) = process.send("POST", "/auth/login", "", credentials).await;
    assert_eq!(status, 200, "{session}");
    let token = session["token"].as_str().unwrap().to_owned();
    process.send("GET", "/v1.0/customer/usage", &token, Value::Null).await.1
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_account_is_created_once_as_the_specification_describes_it() {
    let folder = new_folder("sample");
    for start in 1..=2 {
        // The second start needs no password, because it creates nothing.
        let arguments: &[&str] = if start == 1 { &["--admin-password", PASSWORD] } else { &[] };
        let process = Process::start(&folder, &[&["--sample"], arguments].concat());
        let usage = sample_usage(&process).await;
        let expected = [("agents", 10), ("numbers", 5), ("flows", 8), ("queues", 3)];
        for (kind, count) in expected {
            assert_eq!(usage["resources"][kind]["count"], count, "{kind} after start {start}");
        }
        let empty_kind = usage["resources"].as_object().unwrap().iter().find(|(_, kind)| kind["count"] == 0);
        assert_eq!(empty_kind, None, "the sample has rows of every kind");
        assert!(process.kill().contains("sample account: acme"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_starts_without_a_sample_if_the_admin_password_is_missing() {
    let folder = new_folder("no-sample");
    let process = Process::start_with_password(&folder);
    process.get("/_local/health", "").await;
    process.kill();
    let process = Process::start(&folder, &["--sample"]);
    process.get("/_local/health", "").await;
    assert!(process.kill().contains("no sample account"));
}
