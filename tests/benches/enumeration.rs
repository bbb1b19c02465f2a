//! Whether the time of an answer tells that an account exists: 200 calls for a name that is known and 200 for one that
//! is not, in turn, for each route that takes a name from anybody. Who is known has just logged in, as active people have.
//!
//! `cargo bench -p custodian-tests --bench enumeration`
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

use std::time::{Duration, Instant};

use custodian_tests::{Client, PASSWORD};
use serde_json::{Value, json};

const CALLS: usize = 200;
const KNOWN: &str = "known";
/// Longer than any throttle remembers.
const PAUSE: u64 = 24 * 3600;

/// How long the answer took; everything that the request set going has ended before the next one.
async fn time(client: &Client, path: &str, body: Value) -> (Duration, u16, String) {
    client.idle().await;
    let begun = Instant::now();
    let answer = client.post(path, body).await;
    (begun.elapsed(), answer.status, answer.text)
}

/// The quartiles, in milliseconds.
fn quartiles(mut times: Vec<Duration>) -> [f64; 3] {
    times.sort_unstable();
    [1, 2, 3].map(|quarter| times[times.len() * quarter / 4].as_secs_f64() * 1000.0)
}

fn body(path: &str, name: &str) -> Value {
    match path {
        "/auth/signup" => json!({ "email": name, "accepted_tos": true }),
        "/auth/login" => json!({ "username": name, "password": "a wrong password" }),
        _ => json!({ "username": name }),
    }
}

async fn compare(client: &Client, path: &str) {
    let mut times: [Vec<Duration>; 2] = Default::default();
    let mut answers: Vec<(u16, Value)> = Vec::new();
    for call in 0..CALLS {
        client.advance(PAUSE).await;
        client.login(KNOWN, PASSWORD).await;
        let at = if path == "/auth/signup" { "@example.com" } else { "" };
        let names = [format!("{KNOWN}{at}"), format!("unknown-{call}{at}")];
        // The first of a pair is the known one and the unknown one in turn.
        for which in [call % 2, 1 - call % 2] {
            let (time, status, text) = time(client, path, body(path, &names[which])).await;
            times[which].push(time);
            let mut told: Value = serde_json::from_str(&text).unwrap();
            told["error"].as_object_mut().map(|error| error.remove("request_id"));
            answers.push((status, told));
        }
    }
    answers.dedup();
    let same = if answers.len() == 1 { "the same" } else { "NOT THE SAME" };
    let [known, unknown] = times.map(quartiles);
    for (which, [low, median, high]) in [("known", known), ("unknown", unknown)] {
        println!("| {path:<22} | {which:<7} | {low:8.2} | {median:8.2} | {high:8.2} | {same} |");
    }
}

#[tokio::main]
async fn main() {
    let folder = format!("{}/enumeration", env!("CARGO_TARGET_TMPDIR"));
    let _ = std::fs::remove_dir_all(&folder);
    let client = Client::start_in(&folder).await;
    client.tenant(KNOWN).await;
    println!(
        "| route                  | name    | 1st quartile ms | median ms | 3rd quartile ms | answers |"
    );
    println!("|---|---|---|---|---|---|");
    for path in ["/auth/signup", "/auth/login", "/auth/password-forgot"] {
        compare(&client, path).await;
    }
}
