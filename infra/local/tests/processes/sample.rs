//! The sample account is made once, over the API, and is what the specification draws.

use crate::process::{PASSWORD, Process, folder};
use serde_json::{Value, json};

async fn usage(process: &Process) -> Value {
    let session = json!({ "username": "acme", "password": "acme sample account" });
    let (status, session) = process.send("POST", "/auth/login", "", session).await;
    assert_eq!(status, 200, "{session}");
    let token = session["token"].as_str().unwrap().to_owned();
    process.send("GET", "/v1.0/customer/usage", &token, Value::Null).await.1
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_has_what_the_specification_draws_however_often_it_is_asked_for() {
    let folder = folder("sample");
    for start in 1..=2 {
        // The second start needs no password: there is nothing left to make.
        let password: &[&str] = if start == 1 { &["--admin-password", PASSWORD] } else { &[] };
        let process = Process::start(&folder, &[&["--sample"], password].concat());
        let shown = usage(&process).await;
        let drawn = [("agents", 10), ("numbers", 5), ("flows", 8), ("queues", 3)];
        for (kind, count) in drawn {
            assert_eq!(shown["resources"][kind]["count"], count, "{kind} after start {start}");
        }
        let empty = shown["resources"].as_object().unwrap().iter().find(|(_, kind)| kind["count"] == 0);
        assert_eq!(empty, None, "there is one of every kind");
        assert!(process.kill().contains("sample account: acme"));
    }
}
