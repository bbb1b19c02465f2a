//! Services that are busy, gone or not Custodian.

use serde_json::{Value, json};

use crate::program::Program;
use crate::stub::{Stub, bytes, response};

const TOKEN: &str = "a-token-of-a-test";

fn error(reason: &str) -> Value {
    json!({ "error": { "status": "A", "reason": reason, "message": "Too many.", "request_id": "req_1" } })
}

#[test]
fn a_busy_service_is_asked_again_after_the_time_that_it_names() {
    let busy = response(429, &[("Retry-After", "1")], error("RATE_LIMIT_EXCEEDED"));
    let stub = Stub::start(&[busy.clone(), busy.clone(), response(200, &[], json!({ "paused": false }))]);
    let program = Program::with_token("busy", stub.url(), TOKEN);
    program.run(&["brake", "off"]).ok();
    assert_eq!(stub.requests().len(), 3);
    // After four attempts the command gives up.
    let stub = Stub::start(&vec![busy; 5]);
    let program = Program::with_token("busier", stub.url(), TOKEN);
    assert!(program.run(&["brake", "status"]).fails(5).contains("Try again in 1 second."));
    assert_eq!(stub.requests().len(), 4);
}

#[test]
fn every_repetition_of_a_post_has_the_same_key() {
    let busy = response(503, &[("Retry-After", "1")], error("SERVICE_UNAVAILABLE"));
    let stub = Stub::start(&[busy, response(200, &[], json!({ "status": "active" }))]);
    let program = Program::with_token("repeated", stub.url(), TOKEN);
    program.run(&["customers", "recover", "0193b3d2-0000-7000-8000-000000000001"]).ok();
    let keys: Vec<_> = stub
        .received()
        .into_iter()
        .map(|request| {
            request.headers.into_iter().find(|header| header.starts_with("idempotency-key: ")).unwrap()
        })
        .collect();
    assert_eq!(keys[0], keys[1]);
    assert_eq!(keys[0].len(), "idempotency-key: ".len() + 32);
}

#[test]
fn a_long_wait_is_left_to_the_person() {
    let stub = Stub::start(&[response(429, &[("Retry-After", "840")], error("RATE_LIMIT_EXCEEDED"))]);
    let program = Program::with_token("long", stub.url(), TOKEN);
    assert!(program.run(&["brake", "status"]).fails(5).contains("Try again in 14 minutes."));
}

#[test]
fn a_service_that_is_not_custodian_is_named() {
    for (status, body) in [(200, "<html>"), (302, ""), (404, "<html>"), (502, "Bad Gateway")] {
        let stub = Stub::start(&[bytes(status, &[("Location", "http://127.0.0.1:1/")], body.as_bytes())]);
        let program = Program::with_token("foreign", stub.url(), TOKEN);
        assert!(
            program.run(&["brake", "status"]).fails(5).contains("does not answer like Custodian"),
            "{status}"
        );
    }
    let program = Program::with_token("nothing", "http://127.0.0.1:1", TOKEN);
    assert!(program.run(&["brake", "status"]).fails(5).contains("cannot be reached"));
}

#[test]
fn what_the_service_says_cannot_control_the_terminal() {
    let message = json!({ "error": { "reason": "STATE_INVALID", "message": "\u{1b}[2Jno", "details": [{ "field": "a\u{7}", "description": "b" }] } });
    let stub = Stub::start(&[response(409, &[], message)]);
    let program = Program::with_token("control", stub.url(), TOKEN);
    assert_eq!(program.run(&["brake", "status"]).fails(1), " [2Jno. a : b.");
}

#[test]
fn a_search_sends_its_filters_as_they_are() {
    let stub = Stub::start(&[response(200, &[], json!({ "result": [], "next_page_token": "" }))]);
    let program = Program::with_token("filters", stub.url(), TOKEN);
    program
        .run(&[
            "customers",
            "search",
            "--email",
            "ann+1@example.com",
            "--username",
            "a&b",
            "--due-before",
            "2026-12-28",
            "--held",
        ])
        .ok();
    assert_eq!(
        stub.requests(),
        [
            "GET /v1.0/customers?page_size=100&email=ann%2b1%40example.com&username=a%26b&due_before=2026-12-28t00%3a00%3a00z&held=true",
        ]
    );
}
