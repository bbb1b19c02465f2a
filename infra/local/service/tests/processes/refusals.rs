//! Invalid arguments and requests that the local service refuses.

use std::process::{Command, Output};
use std::time::Duration;

use custodian_domain::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::process::{Process, new_folder};

/// Runs the command until it exits by itself.
fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_custodian")).args(["--port", "0"]).args(arguments).output().unwrap()
}

#[test]
fn an_invalid_admin_username_or_password_is_refused() {
    for arguments in [
        ["--admin-username", "a b"],
        ["--admin-username", "guest-1"],
        ["--admin-username", ""],
        ["--admin-password", "short"],
        ["--admin-password", "password1"],
    ] {
        let output = run(&[&["--ephemeral"], &arguments[..]].concat());
        assert!(!output.status.success(), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(arguments[0]), "{arguments:?}: {output:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_cannot_use_the_same_data_folder() {
    let folder = new_folder("shared");
    let process = Process::start_with_password(&folder);
    let path = folder.to_str().unwrap();
    let output = run(&["--data", path]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains(path), "{output:?}");
    assert_eq!(process.send("GET", "/ping", "", Value::Null).await.0, 200, "the first process still serves");
    process.kill();
    Process::start_with_password(&folder).kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_cannot_pass_the_year_9998() {
    let process = Process::start(&new_folder("years"), &["--ephemeral"]);
    let century = json!({ "advance_seconds": 100 * 365 * 86_400_u64 });
    let mut latest = Value::Null;
    for _ in 0..90 {
        let (status, response) = process.send("POST", "/_local/clock", "", century.clone()).await;
        if status == 400 {
            break;
        }
        latest = response;
    }
    assert!(latest["now"].as_str().is_some_and(|now| now.starts_with("99")), "{latest}");
    let (status, _) = process.send("POST", "/_local/clock", "", century).await;
    assert_eq!(status, 400);
    process.kill();
}

/// The time of the service's clock.
async fn clock(process: &Process) -> Timestamp {
    let body = process.post("/_local/idle", "", json!({})).await;
    Timestamp::parse(body["now"].as_str().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_step_of_the_clock_is_refused_and_does_not_move_it() {
    let process = Process::start(&new_folder("clock"), &["--ephemeral"]);
    let started = Instant::now();
    let before = clock(&process).await;
    for body in [
        json!({ "advance_seconds": -1 }),
        json!({ "advance_seconds": 1.5 }),
        json!({ "advance_seconds": "60" }),
        json!({ "advance_seconds": 4_000_000_000_u64 }),
        json!({}),
        json!([60]),
    ] {
        let (status, response) = process.send("POST", "/_local/clock", "", body.clone()).await;
        assert_eq!((status, &response["error"]["reason"]), (400, &json!("INVALID_ARGUMENT")), "{body}");
    }
    let (status, response) = process.send("GET", "/_local/clock", "", Value::Null).await;
    assert_eq!((status, &response["error"]["reason"]), (404, &json!("ROUTE_NOT_FOUND")));
    let (after, elapsed) = (clock(&process).await, started.elapsed());
    assert!(after >= before, "the clock moved back from {before:?} to {after:?}");
    let moved = after.since(before);
    // The least that one of these steps could move it forward is a second.
    assert!(moved < elapsed + Duration::from_millis(500), "the clock moved by {moved:?} in {elapsed:?}");
    process.kill();
}
