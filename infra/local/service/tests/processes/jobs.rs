//! Scheduled jobs that cannot run.

use rusqlite::Connection;
use serde_json::json;

use crate::process::{Process, new_folder};

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_cannot_be_read_delays_no_other_and_becomes_a_dead_letter() {
    let folder = new_folder("unreadable-job");
    let process = Process::start_with_password(&folder);
    let body = json!({ "email": "ann@acme.example", "accepted_tos": true, "name": "Acme" });
    process.post("/auth/signup", "", body).await;
    process.post("/_local/idle", "", json!({})).await;
    process.kill();
    let state_file = folder.join("ends.db");
    let job =
        "INSERT INTO jobs (name, due, target, input, next) VALUES ('unreadable', 0, 'purge', 'not JSON', 0)";
    Connection::open(&state_file).unwrap().execute_batch(job).unwrap();

    let process = Process::start_with_password(&folder);
    // An account that signed up expires after an hour.
    process.post("/_local/clock", "", json!({ "advance_seconds": 3601 })).await;
    let events = process.get("/_local/events", "").await;
    assert!(events.to_string().contains("customer_expired"), "{events}");
    assert_eq!(process.get("/_local/schedules", "").await["result"], json!([]));
    process.kill();
    let dead = "SELECT COUNT(*) FROM messages WHERE queue = 'dead-letters' AND body = 'not JSON'";
    let dead: u32 = Connection::open(&state_file).unwrap().query_row(dead, [], |row| row.get(0)).unwrap();
    assert_eq!(dead, 1);
}
