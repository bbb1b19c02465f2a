//! An idle service uses almost no CPU time, and what is due still runs on time.

use std::time::Duration;

use serde_json::json;

use crate::process::Process;

/// The CPU time of a process, in ticks. A tick is a hundredth of a second on every common Linux.
#[cfg(target_os = "linux")]
fn cpu_ticks(process: &Process) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{}/stat", process.child.id())).unwrap();
    let fields: Vec<_> = text.rsplit(") ").next().unwrap().split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn an_idle_service_uses_almost_no_cpu_time() {
    let process = Process::start_ephemeral("idle");
    process.create_account("zaphod").await;
    process.post("/_local/idle", "", json!({})).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = cpu_ticks(&process);
    tokio::time::sleep(Duration::from_secs(6)).await;
    // Polling twenty times a second would use more than ten ticks.
    let used = cpu_ticks(&process) - before;
    assert!(used <= 3, "{used} ticks in six seconds");
    process.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn background_work_of_a_request_runs_without_a_further_request_of_the_kind() {
    let process = Process::start_ephemeral("wakes");
    process.post("/_local/idle", "", json!({})).await;
    let body = json!({ "email": "ann@acme.example", "accepted_tos": true, "name": "Acme" });
    process.post("/auth/signup", "", body).await;
    // Neither `idle` nor `clock`: the request itself wakes the dispatcher, which sends the mail. Without that, it would sleep for
    // up to five seconds.
    for _ in 0..40 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mails = process.get("/_local/mailbox", "").await;
        if mails["result"][0]["to"] == "ann@acme.example" {
            process.kill();
            return;
        }
    }
    panic!("the mail was not sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_runs_when_it_falls_due_while_the_service_is_idle() {
    let process = Process::start_ephemeral("due");
    let body = json!({ "email": "ann@acme.example", "accepted_tos": true, "name": "Acme" });
    process.post("/auth/signup", "", body).await;
    process.post("/_local/idle", "", json!({})).await;
    // An account that signed up expires after an hour. Stop three seconds before that, and wait in real time.
    process.post("/_local/clock", "", json!({ "advance_seconds": 3597 })).await;
    let pending = process.get("/_local/schedules", "").await;
    assert!(pending.to_string().contains("expire-"), "{pending}");
    // A request for the events does not wake the dispatcher.
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if process.get("/_local/events", "").await.to_string().contains("customer_expired") {
            process.kill();
            return;
        }
    }
    panic!("the account did not expire");
}
