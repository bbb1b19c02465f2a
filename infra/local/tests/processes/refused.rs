//! What the command does not do.

use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::process::{Process, folder};

/// Starts the command, which must end by itself.
fn run(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_custodian")).args(["--port", "0"]).args(words).output().unwrap()
}

#[test]
fn an_admin_who_breaks_the_rules_of_agents_is_not_made() {
    for words in [
        ["--admin-username", "a b"],
        ["--admin-username", "guest-1"],
        ["--admin-username", ""],
        ["--admin-password", "short"],
    ] {
        let output = run(&[&["--ephemeral"], &words[..]].concat());
        assert!(!output.status.success(), "{words:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(words[0]), "{words:?}: {output:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_never_serve_the_same_folder() {
    let folder = folder("shared");
    let process = Process::with_password(&folder);
    let data = folder.to_str().unwrap();
    let output = run(&["--data", data]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains(data), "{output:?}");
    assert_eq!(process.send("GET", "/ping", "", Value::Null).await.0, 200, "the first goes on");
    process.kill();
    Process::with_password(&folder).kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_does_not_come_to_a_year_that_cannot_be_written() {
    let process = Process::start(&folder("years"), &["--ephemeral"]);
    let century = json!({ "advance_seconds": 100 * 365 * 86_400_u64 });
    let mut last = Value::Null;
    for _ in 0..90 {
        let (status, answer) = process.send("POST", "/_local/clock", "", century.clone()).await;
        if status == 400 {
            break;
        }
        last = answer;
    }
    assert!(last["now"].as_str().is_some_and(|now| now.starts_with("99")), "{last}");
    let (status, _) = process.send("POST", "/_local/clock", "", century).await;
    assert_eq!(status, 400);
    process.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_that_nobody_can_make_keeps_nobody_from_serving() {
    let folder = folder("unmade");
    let process = Process::with_password(&folder);
    process.get("/_local/health", "").await;
    process.kill();
    let process = Process::start(&folder, &["--sample"]);
    process.get("/_local/health", "").await;
    assert!(process.kill().contains("no sample account"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_of_the_clock_that_makes_no_sense_is_refused_and_moves_nothing() {
    let process = Process::start(&folder("clock"), &["--ephemeral"]);
    let before = process.post("/_local/idle", "", json!({})).await;
    for body in [
        json!({ "advance_seconds": -1 }),
        json!({ "advance_seconds": 1.5 }),
        json!({ "advance_seconds": "60" }),
        json!({ "advance_seconds": 4_000_000_000_u64 }),
        json!({}),
        json!([60]),
    ] {
        let (status, answer) = process.send("POST", "/_local/clock", "", body.clone()).await;
        assert_eq!((status, &answer["error"]["reason"]), (400, &json!("INVALID_ARGUMENT")), "{body}");
    }
    let (status, answer) = process.send("GET", "/_local/clock", "", Value::Null).await;
    assert_eq!((status, &answer["error"]["reason"]), (404, &json!("ROUTE_NOT_FOUND")));
    let after = process.post("/_local/idle", "", json!({})).await;
    let second = |now: &Value| now["now"].as_str().unwrap()[..16].to_owned();
    assert_eq!(second(&before)[..10], second(&after)[..10]);
    process.kill();
}
