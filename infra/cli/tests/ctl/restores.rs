//! Repairing the tables after a restore, call by call.

use custodian_tests::Client;
use serde_json::{Value, json};

use crate::program::Program;
use crate::stub::{Stub, response};

const TOKEN: &str = "a-token-of-a-test";

fn report(purged: u64, conflicts: &[&str], next: Option<&str>) -> Value {
    let conflict = |id: &&str| json!({ "table": "numbers", "id": id, "customer_id": "c", "problem": "name_taken", "held_by": "d" });
    let conflicts: Vec<_> = conflicts.iter().map(conflict).collect();
    json!({ "purged": purged, "reclaimed": 1, "recounted": 0, "a_newer_counter": 2, "conflicts": conflicts, "next": next })
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_need_no_repair_have_no_conflicts() {
    let service = Client::start().await;
    service.tenant("ann").await;
    let program = Program::signed_in("nothing-to-repair", &service);
    let report = program.run(&["restore", "all", "--json"]).json();
    assert_eq!(
        (&report["purged"], &report["conflicts"], &report["next"]),
        (&json!(0), &json!([]), &Value::Null)
    );
    assert!(program.run(&["restore", "numbers"]).ok().contains("There are no conflicts."));
    program.run(&["restore", "nothing"]).fails(1);
}

#[test]
fn a_repair_is_repeated_until_nothing_is_left() {
    let stub = Stub::start(&[
        response(200, &[], report(3, &[], Some("numbers:7"))),
        response(200, &[], report(4, &[], Some("numbers:9"))),
        response(200, &[], report(0, &[], None)),
    ]);
    let program = Program::with_token("repaired", stub.url(), TOKEN);
    let sum = program.run(&["restore", "numbers", "--json"]).json();
    let expected = json!({ "purged": 7, "reclaimed": 3, "recounted": 0, "a_newer_counter": 6, "conflicts": [], "next": null });
    assert_eq!(sum, expected);
    let bodies: Vec<Value> =
        stub.received().iter().map(|request| serde_json::from_str(&request.body).unwrap()).collect();
    let body = |start: Option<&str>| json!({ "table": "numbers", "start": start });
    assert_eq!(bodies, [body(None), body(Some("numbers:7")), body(Some("numbers:9"))]);
}

#[test]
fn conflicts_are_shown_row_by_row_and_have_their_own_exit_code() {
    let stub = Stub::start(&[
        response(200, &[], report(0, &["row-1"], Some("a"))),
        response(200, &[], report(0, &["row-2"], None)),
    ]);
    let program = Program::with_token("conflicts", stub.url(), TOKEN);
    let (shown, message) = program.run(&["restore", "all"]).fails_with_output(8);
    assert!(message.starts_with("2 conflicts"), "{message}");
    for row in ["row-1", "row-2"] {
        assert!(
            shown.lines().any(|line| line.contains(row) && line.contains("another account has the name")),
            "{shown}"
        );
    }
}

#[test]
fn an_interrupted_repair_says_where_it_continues() {
    let error = json!({ "error": { "status": "UNAVAILABLE", "reason": "SERVICE_UNAVAILABLE", "message": "Not now.", "request_id": "r" } });
    let outage = response(503, &[("Retry-After", "60")], error);
    let stub = Stub::start(&[response(200, &[], report(3, &[], Some("numbers:7"))), outage]);
    let program = Program::with_token("resumed", stub.url(), TOKEN);
    let message = program.run(&["restore", "numbers"]).fails(5);
    assert!(message.contains("--start 'numbers:7'"), "{message}");
    let stub = Stub::start(&[
        response(200, &[], report(0, &[], Some("a"))),
        response(200, &[], report(0, &[], Some("a"))),
    ]);
    let program = Program::with_token("stuck", stub.url(), TOKEN);
    assert!(program.run(&["restore", "numbers"]).fails(5).contains("no progress"));
}
