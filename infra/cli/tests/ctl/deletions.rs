//! Deleting an account with its plan and a confirmation, and watching the deletion.

use custodian_tests::Client;
use serde_json::{Value, json};

use crate::program::Program;
use crate::stub::{Stub, bytes, response};

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_deleted_only_after_its_name_or_id_was_typed() {
    let service = Client::start().await;
    let (id, owner) = service.tenant("ann").await;
    owner.post("/v1.0/tags", json!({ "name": "a" })).await.ok();
    owner.post("/v1.0/numbers", json!({ "number": "+15551234567" })).await.ok();
    let program = Program::signed_in("typed", &service);
    let delete = ["customers", "delete", &id];
    for wrong in ["", "yes\n", "An\n", "ANN\n"] {
        let message = program.run_with(&delete, wrong, &[]).fails(7);
        assert!(message.contains("nothing was deleted"), "{message}");
    }
    let plan = program.run(&["customers", "delete", &id, "--dry-run"]).ok();
    assert!(plan.contains("ann@example.com") && plan.contains("cannot be undone"), "{plan}");
    let tags = plan.lines().find(|line| line.starts_with("tags")).unwrap();
    assert_eq!(tags.split_whitespace().collect::<Vec<_>>(), ["tags", "1"], "{plan}");
    assert!(plan.contains("These numbers are released: +15551234567"), "{plan}");
    assert_eq!(program.run(&["customers", "show", &id, "--json"]).json()["status"], "active");

    let run = program.run_with(&["customers", "delete", &id, "--json"], "ann\n", &[]);
    assert_eq!(run.json()["status"], "deleted");
    assert!(program.run(&delete).notes().contains("deleted already"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_of_a_frozen_account_has_the_rows_of_each_table() {
    let service = Client::start().await;
    let (id, owner) = service.tenant("ann").await;
    for name in ["a", "b", "c"] {
        owner.post("/v1.0/tags", json!({ "name": name })).await.ok();
    }
    let program = Program::signed_in("plan", &service);
    program.run(&["customers", "freeze", &id]).ok();
    let plan = program.run(&["customers", "delete", &id, "--dry-run"]).ok();
    let tags: Vec<_> =
        plan.lines().find(|line| line.starts_with("tags")).unwrap().split_whitespace().collect();
    assert_eq!(tags, ["tags", "3"], "{plan}");
    let plan = program.run(&["customers", "delete", &id, "--dry-run", "--json"]).json();
    assert_eq!((&plan["customer"]["id"], &plan["deletion"]["dry_run"]), (&id.as_str().into(), &true.into()));
    program.run_with(&["customers", "delete", &id], &format!("{id}\n"), &[]).ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_is_shown_until_it_is_confirmed() {
    let service = Client::start().await;
    let (id, owner) = service.tenant("ann").await;
    owner.post("/v1.0/tags", json!({ "name": "a" })).await.ok();
    let program = Program::signed_in("shown", &service);
    program.run(&["customers", "delete", &id, "--yes"]).ok();
    service.idle().await;
    let shown = program.run(&["deletion", "show", &id]).ok();
    assert!(shown.contains("Every table is empty."), "{shown}");
    assert!(program.run(&["receipt", "get", &id]).fails(4).contains("--watch"));

    service.advance(1_800).await;
    let watched = program.run(&["deletion", "show", &id, "--watch", "--json"]).json();
    assert_eq!(watched["state"], "confirmed");
    let shown = program.run(&["deletion", "show", &id]).ok();
    let tags: Vec<_> =
        shown.lines().find(|line| line.starts_with("tags")).unwrap().split_whitespace().collect();
    assert_eq!(tags[1], "1", "{shown}");
}

fn deletion(state: &str, deleted: u64, remaining: u64) -> Value {
    json!({
        "id": "0193b3d2-0000-7000-8000-000000000001", "state": state, "tm_requested": null, "tm_due": null,
        "tables": [
            { "name": "tags", "deleted": deleted, "remaining": remaining, "tm_verified": null },
            { "name": "flows", "deleted": 0, "remaining": null, "tm_verified": null },
        ],
        "receipt": null, "a_newer_field": 1,
    })
}

#[test]
fn watching_asks_again_as_the_service_says_and_survives_an_outage() {
    let again = [("Retry-After", "1")];
    let stub = Stub::start(&[
        response(200, &again, deletion("deleting", 25, 75)),
        // The first of these is repeated like any other request. The second one fails, and watching goes on.
        response(503, &again, json!({})),
        bytes(502, &[], b"Bad Gateway"),
        response(200, &again, deletion("deleting", 50, 50)),
        response(200, &again, deletion("deleted", 100, 0)),
        response(200, &[], deletion("confirmed", 100, 0)),
    ]);
    let program = Program::with_token("watch", stub.url(), "a-token-of-a-test");
    let id = "0193b3d2-0000-7000-8000-000000000001";
    let progress = program.run(&["deletion", "show", id, "--watch"]).notes();
    let lines: Vec<_> = progress.lines().collect();
    assert_eq!(lines.len(), 5, "{progress}");
    assert_eq!(lines[0], "[#######                       ]  25 % 25 of 100 rows are deleted");
    assert!(lines[1].contains("status 502"), "{progress}");
    assert!(lines[2].contains("50 of 100 rows"), "{progress}");
    assert!(lines[4].contains("The receipt is issued."), "{progress}");
    assert_eq!(stub.requests(), vec![format!("GET /v1.0/customers/{id}/deletion"); 6]);
}

const ID: &str = "0193b3d2-0000-7000-8000-000000000001";

/// The responses to `customers delete`: the account, no plan, `deleted` to the DELETE request, and 412 to its repetition.
fn before_deletion(deleted: Vec<u8>) -> Vec<Vec<u8>> {
    let account = json!({ "id": ID, "name": "ann", "status": "active" });
    let error = |reason: &str| json!({ "error": { "reason": reason, "message": "No." } });
    vec![
        response(200, &[("ETag", "\"7\"")], account),
        response(404, &[], error("DELETION_NOT_FOUND")),
        deleted,
        response(412, &[], error("PRECONDITION_FAILED")),
    ]
}

#[test]
fn a_plan_says_which_rows_were_not_all_counted() {
    let plan = json!({ "dry_run": true, "numbers": [], "tables": [
        { "name": "calls", "rows": 10_000, "at_least": true },
        { "name": "flows", "rows": 0, "at_least": false },
        { "name": "tags", "rows": 3, "at_least": false },
    ] });
    let account = json!({ "id": ID, "name": "ann", "status": "active" });
    let stub = Stub::start(&[response(200, &[], account), response(200, &[], plan)]);
    let program = Program::with_token("counted", stub.url(), "a-token-of-a-test");
    let shown = program.run(&["customers", "delete", ID, "--dry-run"]).ok();
    let rows = |table: &str| {
        let line = shown.lines().find(|line| line.starts_with(table));
        line.map(|line| line.split_whitespace().skip(1).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(rows("calls").as_deref(), Some("at least 10000"), "{shown}");
    assert_eq!(rows("tags").as_deref(), Some("3"), "{shown}");
    assert_eq!(rows("flows"), None, "{shown}");
}

#[test]
fn an_account_that_changed_since_it_was_shown_is_not_deleted() {
    let mut responses = before_deletion(Vec::new());
    responses.remove(2);
    responses.push(response(200, &[], json!({ "id": ID, "status": "active" })));
    let stub = Stub::start(&responses);
    let program = Program::with_token("stale", stub.url(), "a-token-of-a-test");
    let message = program.run(&["customers", "delete", ID, "--yes"]).fails(1);
    assert!(message.contains("Another request has changed the account"), "{message}");
    let deletion = stub.received().into_iter().find(|request| request.line.starts_with("DELETE")).unwrap();
    assert!(deletion.headers.contains(&"if-match: \"7\"".to_owned()), "{deletion:?}");
}

#[test]
fn a_deletion_whose_response_was_lost_succeeds() {
    let busy = response(503, &[("Retry-After", "1")], json!({}));
    let mut responses = before_deletion(busy);
    responses.push(response(200, &[], json!({ "id": ID, "status": "deleted" })));
    let stub = Stub::start(&responses);
    let program = Program::with_token("lost", stub.url(), "a-token-of-a-test");
    assert_eq!(program.run(&["customers", "delete", ID, "--yes", "--json"]).json()["status"], "deleted");
    assert_eq!(stub.requests().len(), 5);
}
