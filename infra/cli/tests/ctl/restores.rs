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
    let shown = program.run(&["restore", "numbers"]).ok();
    assert!(shown.starts_with("Everything is repaired.\n"), "{shown}");
    assert!(shown.contains("There are no conflicts."), "{shown}");
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
    assert!(shown.starts_with("Everything is repaired, except for the conflicts below."), "{shown}");
    for row in ["row-1", "row-2"] {
        assert!(
            shown.lines().any(|line| line.contains(row) && line.contains("another account has the name")),
            "{shown}"
        );
    }
}

fn outage() -> Vec<u8> {
    let error = json!({ "error": { "status": "UNAVAILABLE", "reason": "SERVICE_UNAVAILABLE", "message": "Not now.", "request_id": "r" } });
    response(503, &[("Retry-After", "60")], error)
}

#[test]
fn an_interrupted_repair_says_where_it_continues() {
    let stub = Stub::start(&[response(200, &[], report(3, &[], Some("numbers:7"))), outage()]);
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

#[test]
fn an_interrupted_repair_reports_what_it_did_and_found() {
    for json in [false, true] {
        let stub = Stub::start(&[response(200, &[], report(3, &["row-1"], Some("numbers:7"))), outage()]);
        let program = Program::with_token("interrupted", stub.url(), TOKEN);
        let arguments: &[&str] =
            if json { &["restore", "numbers", "--json"] } else { &["restore", "numbers"] };
        let (shown, message) = program.run(arguments).fails_with_output(8);
        assert!(message.contains("1 conflicts") && message.contains("--start 'numbers:7'"), "{message}");
        assert!(shown.contains("row-1") && !shown.contains("Everything is repaired"), "{shown}");
        if json {
            let report: Value = serde_json::from_str(&shown).unwrap();
            assert_eq!((&report["purged"], &report["next"]), (&json!(3), &json!("numbers:7")));
        }
    }
    // The first call fails.
    let stub = Stub::start(&[outage()]);
    let program = Program::with_token("first", stub.url(), TOKEN);
    let (shown, message) =
        program.run(&["restore", "numbers", "--start", "numbers:5", "--json"]).fails_with_output(5);
    assert!(message.contains("--start 'numbers:5'"), "{message}");
    let report: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(report, json!({ "conflicts": [], "next": "numbers:5" }));
}

#[test]
fn accounts_without_a_row_are_listed_once_and_the_flag_asks_to_purge_them() {
    let found = |next: Option<&str>| {
        let conflict = json!({ "table": "customers", "id": "o", "customer_id": "o", "problem": "owner_missing", "held_by": null });
        response(200, &[], json!({ "without_owner": 2, "conflicts": [conflict], "next": next }))
    };
    let stub = Stub::start(&[found(Some("a")), found(None)]);
    let program = Program::with_token("owners", stub.url(), TOKEN);
    let (shown, message) = program.run(&["restore", "customers"]).fails_with_output(8);
    assert!(message.starts_with("1 conflicts"), "{message}");
    assert!(shown.contains("owner_missing: the account has neither a row nor a ledger"), "{shown}");
    assert!(shown.contains("Rows kept, because their account is unknown  4"), "{shown}");
    let stub = Stub::start(&[response(200, &[], report(4, &[], None))]);
    let program = Program::with_token("purged", stub.url(), TOKEN);
    program.run(&["restore", "customers", "--purge-without-owner"]).ok();
    let body: Value = serde_json::from_str(&stub.received()[0].body).unwrap();
    assert_eq!(body, json!({ "table": "customers", "start": null, "purge_without_owner": true }));
}
