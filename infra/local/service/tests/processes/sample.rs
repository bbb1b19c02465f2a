//! `--sample` creates the account of the specification, once.

use std::time::Duration;

use crate::process::{PASSWORD, Process, new_folder};
use serde_json::{Value, json};

const SAMPLE_PASSWORD: &str = "acme sample account";

/// Signs in to the sample account. Returns the token.
async fn sign_in(process: &Process) -> String {
    let credentials = json!({ "username": "acme", "password": SAMPLE_PASSWORD });
    let (status, session) = process.send("POST", "/auth/login", "", credentials).await;
    assert_eq!(status, 200, "{session}");
    session["token"].as_str().unwrap().to_owned()
}

/// Signs in to the sample account and returns its usage.
async fn sample_usage(process: &Process) -> Value {
    let token = sign_in(process).await;
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
async fn the_sample_of_an_existing_folder_needs_no_password_but_the_platform_admin() {
    let folder = new_folder("later-sample");
    let process = Process::start_with_password(&folder);
    process.get("/_local/health", "").await;
    process.kill();
    let process = Process::start(&folder, &["--sample", "--admin-username", "somebody"]);
    process.get("/_local/health", "").await;
    assert!(process.kill().contains("no sample account: somebody is not the platform admin"));
    let process = Process::start(&folder, &["--sample"]);
    assert_eq!(sample_usage(&process).await["resources"]["agents"]["count"], 10);
    process.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_that_a_kill_left_incomplete_stays_as_it_is_and_the_banner_says_so() {
    let folder = new_folder("killed-sample");
    let process = Process::start(&folder, &["--sample", "--admin-password", PASSWORD]);
    for _ in 0..3000 {
        if process.log().contains("POST /v1.0/agents") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(process.log().contains("POST /v1.0/agents"), "the first agent was created");
    assert!(!process.kill().contains("sample account"), "the kill came before the sample was complete");
    let process = Process::start(&folder, &["--sample"]);
    assert_ne!(sample_usage(&process).await["resources"]["agents"]["count"], 10);
    assert!(process.kill().contains("the sample account acme is incomplete"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_password_that_was_changed_is_not_printed() {
    let folder = new_folder("changed-sample");
    let process = Process::start(&folder, &["--sample", "--admin-password", PASSWORD]);
    let token = sign_in(&process).await;
    let me = process.get("/v1.0/me", &token).await;
    let path = format!("/v1.0/agents/{}/password", me["id"].as_str().unwrap());
    let body = json!({ "password": "another password", "current_password": SAMPLE_PASSWORD });
    let (status, response) = process.send("PUT", &path, &token, body).await;
    assert_eq!(status, 200, "{response}");
    process.kill();
    let process = Process::start(&folder, &["--sample"]);
    process.get("/_local/health", "").await;
    let banner = process.kill();
    assert!(banner.contains("no sample account: an agent acme exists and has another password"), "{banner}");
    assert!(!banner.contains(SAMPLE_PASSWORD), "{banner}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_makes_no_line_of_a_refused_request() {
    let folder = new_folder("sample-log");
    let process = Process::start(&folder, &["--ephemeral", "--sample", "--log-format", "json"]);
    process.get("/_local/health", "").await;
    let lines: Vec<Value> = process.log().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let refused: Vec<_> = lines.iter().filter(|line| line["status"].as_u64() >= Some(400)).collect();
    assert_eq!(refused, [] as [&Value; 0]);
    assert!(lines.iter().any(|line| line["status"] == 200), "the log has the other requests");
    process.kill();
}
