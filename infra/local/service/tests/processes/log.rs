//! The formats and the levels of the log.

use std::process::Command;

use serde_json::{Value, json};

use crate::process::{Process, new_folder};

/// Sends two requests and returns the log.
async fn log_of(process: Process) -> String {
    process.get("/ping?token=a-secret-in-a-query", "").await;
    let refused =
        process.send("GET", "/v1.0/customer?token=a-secret-in-a-query", "a-secret-token", json!({}));
    assert_eq!(refused.await.0, 401);
    let log = process.log();
    process.kill();
    assert!(!log.contains("secret"), "{log}");
    log
}

async fn log_with(name: &str, arguments: &[&str]) -> String {
    log_of(Process::start(&new_folder(name), &[&["--ephemeral"], arguments].concat())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_json_if_it_is_not_a_terminal() {
    for arguments in [&[][..], &["--log-format", "json"]] {
        let log = log_with("json-log", arguments).await;
        let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let ping = lines.iter().filter(|line| line["route"] == "GET /ping").count();
        assert_eq!(ping, 1, "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_text_has_the_request_and_no_query() {
    let log = log_with("text-log", &["--log-format", "text"]).await;
    let lines: Vec<_> = log.lines().collect();
    let words: Vec<Vec<_>> = lines.iter().map(|line| line.split(' ').collect()).collect();
    let [ping, refused] = &words[..] else { panic!("{log}") };
    assert_eq!(ping[1..4], ["GET", "/ping", "200"], "{log}");
    assert_eq!(ping.last(), Some(&"ms"), "{log}");
    assert_eq!(refused[1..5], ["GET", "/v1.0/customer", "401", "INVALID_CREDENTIALS"], "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_level_hides_the_lines_of_requests() {
    for format in ["text", "json"] {
        let log = log_with("warn-log", &["--log-format", format, "--log-level", "warn"]).await;
        assert_eq!(log, "", "{format}");
        let arguments = ["--ephemeral", "--log-format", format, "--log-level", "debug"];
        let process = Process::start(&new_folder("debug-log"), &arguments);
        process.post("/_local/idle", "", json!({})).await;
        let log = process.log();
        assert!(log.contains("message handled"), "{format}: {log}");
        process.kill();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rust_log_takes_precedence_over_the_level() {
    let process =
        Process::start_with_environment(&new_folder("rust-log"), &["--ephemeral"], "RUST_LOG", "warn");
    assert_eq!(log_of(process).await, "");
    let mut command = Command::new(env!("CARGO_BIN_EXE_custodian"));
    let output = command.args(["--port", "0", "--ephemeral"]).env("RUST_LOG", "a=b=c").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.starts_with("error: RUST_LOG is not a valid filter"), "{error}");
}
