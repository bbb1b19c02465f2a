//! Whether response times reveal that an account exists: 200 requests with a known name alternate with 200 unknown
//! names, on each public route that takes a name. The known account has just logged in, as active accounts have.
//!
//! `cargo bench -p custodian-tests --bench enumeration`
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

use std::time::{Duration, Instant};

use custodian_tests::{Client, PASSWORD};
use serde_json::{Value, json};

const CALLS: usize = 200;
const KNOWN: &str = "known";
/// As long as the longest window of a rate limit.
const PAUSE: u64 = 24 * 3600;

/// The duration of one request. The background work of earlier requests has finished before it starts.
async fn time(client: &Client, path: &str, body: Value) -> (Duration, u16, String) {
    client.idle().await;
    let begun = Instant::now();
    let response = client.post(path, body).await;
    (begun.elapsed(), response.status, response.text)
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

/// Compares a route for usernames (`at` is empty) or for e-mail addresses.
async fn compare(client: &Client, path: &str, at: &str) {
    let mut times: [Vec<Duration>; 2] = Default::default();
    let mut responses: Vec<(u16, Value)> = Vec::new();
    for call in 0..CALLS {
        client.advance(PAUSE).await;
        client.login(KNOWN, PASSWORD).await;
        let names = [format!("{KNOWN}{at}"), format!("unknown-{call}{at}")];
        // The known and the unknown name take turns in going first.
        for which in [call % 2, 1 - call % 2] {
            let (time, status, text) = time(client, path, body(path, &names[which])).await;
            times[which].push(time);
            let mut shown: Value = serde_json::from_str(&text).unwrap();
            shown["error"].as_object_mut().map(|error| error.remove("request_id"));
            responses.push((status, shown));
        }
    }
    responses.dedup();
    let same = if responses.len() == 1 { "the same" } else { "NOT THE SAME" };
    let [known, unknown] = times.map(quartiles);
    for (which, [low, median, high]) in [("known", known), ("unknown", unknown)] {
        let route = format!("{path} {}", if at.is_empty() { "username" } else { "address" });
        println!("| {route:<31} | {which:<7} | {low:8.2} | {median:8.2} | {high:8.2} | {same} |");
    }
}

#[tokio::main]
async fn main() {
    let folder = format!("{}/enumeration", env!("CARGO_TARGET_TMPDIR"));
    let _ = std::fs::remove_dir_all(&folder);
    let client = Client::start_in(&folder).await;
    client.tenant(KNOWN).await;
    println!(
        "| route                           | name    | 1st quartile ms | median ms | 3rd quartile ms | answers |"
    );
    println!("|---|---|---|---|---|---|");
    let address = "@example.com";
    for (path, at) in [
        ("/auth/signup", address),
        ("/auth/login", ""),
        ("/auth/login", address),
        ("/auth/password-forgot", ""),
        ("/auth/password-forgot", address),
    ] {
        compare(&client, path, at).await;
    }
}
