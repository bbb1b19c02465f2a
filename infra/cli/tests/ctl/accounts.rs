//! Finding, showing, freezing and recovering accounts, holds, and the brake.

use custodian_tests::Client;
use serde_json::Value;

use crate::program::Program;

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_found_and_shown() {
    let service = Client::start().await;
    let (id, _) = service.tenant("ann").await;
    service.open_account("bob").await;
    let program = Program::signed_in("found", &service);
    let names = |run: Value| -> Vec<String> {
        run.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(program.run(&["customers", "search", "--json", "--status", "initial"]).json()), ["bob"]);
    assert_eq!(names(program.run(&["customers", "search", "--json", "--status", "frozen"]).json()).len(), 0);
    let table = program.run(&["customers", "search"]).ok();
    assert!(table.starts_with("Id") && table.contains(&id) && table.contains("ann@example.com"), "{table}");
    let limited = program.run(&["customers", "search", "--limit", "1", "--json"]);
    assert_eq!(names(limited.json()), ["bob"]);
    assert!(program.run(&["customers", "search", "--limit", "1"]).notes().contains("more than these 1"));
    assert!(program.run(&["customers", "search", "--status", "expired"]).ok().contains("No account"));

    for filter in [
        &["--email", "ann@example.com"][..],
        &["--username", "ann"],
        &["--status", "active", "--email", "ANN@example.com"],
    ] {
        let found = program.run(&[&["customers", "search", "--json"][..], filter].concat()).json();
        assert!(names(found).contains(&"ann".to_owned()), "{filter:?}");
    }
    assert_eq!(
        names(program.run(&["customers", "search", "--json", "--email", "eve@example.com"]).json()).len(),
        0
    );
    assert_eq!(program.run(&["customers", "show", &id, "--json"]).json()["status"], "active");
    let shown = program.run(&["customers", "show", &id]).ok();
    assert!(shown.contains("ann@example.com") && shown.contains(" UTC"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_frozen_until_a_time_and_recovered() {
    let service = Client::start().await;
    let (id, _) = service.tenant("ann").await;
    let program = Program::signed_in("frozen", &service);
    let frozen = program.run(&["customers", "freeze", &id, "--until", "2098-12-28T14:05:00Z"]).ok();
    assert!(frozen.contains("deleted on 28 December 2098, 14:05 UTC"), "{frozen}");
    let shown = program.run(&["customers", "show", &id, "--json"]).json();
    assert_eq!(
        (&shown["status"], &shown["tm_deletion_scheduled"]),
        (&"frozen".into(), &"2098-12-28T14:05:00Z".into())
    );
    let due = |time: &str| {
        program.run(&["customers", "search", "--status", "frozen", "--due-before", time, "--json"]).json()
    };
    assert_eq!((due("2098-12-28"), &due("2098-12-29")[0]["id"]), (Value::Array(vec![]), &id.as_str().into()));
    let audit = program.run(&["customers", "audit", &id]).ok();
    assert!(audit.contains("customer_frozen") && audit.contains("operator"), "{audit}");
    // The service refuses a deadline before the one that is set.
    assert!(
        program
            .run(&["customers", "freeze", &id, "--until", "2097-01-01"])
            .fails(1)
            .contains("tm_deletion_scheduled")
    );
    assert!(program.run(&["customers", "recover", &id]).ok().contains("active again"));
    assert_eq!(program.run(&["customers", "show", &id, "--json"]).json()["status"], "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_says_why_a_command_failed() {
    let service = Client::start().await;
    let (id, owner) = service.tenant("ann").await;
    let program = Program::signed_in("codes", &service);
    let unknown = "0193b3d2-0000-7000-8000-000000000000";
    assert!(program.run(&["customers", "show", unknown]).fails(4).contains("customers search"));
    program.run(&["hold", "show", &id]).fails(4);
    program.run(&["deletion", "show", &id]).fails(4);
    for wrong in [
        &["customers", "show", "ann"][..],
        &["customers", "freeze", &id, "--until", "tomorrow"],
        &["hold", "set", &id],
        &["customers", "search", "--status", "gone"],
        &["customer"],
        &[],
        &["customers", "delete", &id, "--yes", "--dry-run"],
    ] {
        program.run(wrong).refuses_usage();
    }
    let tenant = Program::with_token("tenant", service.base(), owner.token());
    let message = tenant.run(&["customers", "show", &id]).fails(3);
    assert!(message.contains("platform admin"), "{message}");
    let signed_out = Program::new("nobody", Some(service.base()));
    signed_out.run(&["customers", "search"]).fails(3);
    let bad = Program::with_token("bad", service.base(), "not.a.token");
    assert!(bad.run(&["customers", "search"]).fails(3).contains("custodianctl login"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_placed_shown_and_released() {
    let service = Client::start().await;
    let (id, _) = service.tenant("ann").await;
    let program = Program::signed_in("hold", &service);
    let set = [
        "hold",
        "set",
        &id,
        "--reason",
        "a dispute",
        "--reference",
        "case 7",
        "--until",
        "2098-12-28",
        "--reason-visible",
    ];
    assert!(program.run(&set).ok().contains("28 December 2098, 00:00 UTC"));
    let hold = program.run(&["hold", "show", &id, "--json"]).json();
    assert_eq!((&hold["reason"], &hold["reference"]), (&"a dispute".into(), &"case 7".into()));
    assert_eq!((&hold["until"], &hold["reason_is_visible"]), (&"2098-12-28T00:00:00Z".into(), &true.into()));
    assert!(program.run(&["customers", "show", &id]).ok().contains("until 28 December 2098"));
    assert_eq!(program.run(&["customers", "search", "--held", "--json"]).json()[0]["id"], id.as_str());
    let message = program.run(&["customers", "delete", &id, "--yes"]).fails(1);
    assert!(message.contains("on hold") && message.contains("custodianctl hold show"), "{message}");
    assert!(program.run(&["hold", "release", &id]).ok().contains("released"));
    program.run(&["hold", "show", &id]).fails(4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_brake_stops_deletions_until_it_is_off() {
    let service = Client::start().await;
    let (id, _) = service.tenant("ann").await;
    let program = Program::signed_in("brake", &service);
    assert!(program.run(&["brake", "status"]).ok().contains("Deletions are permitted."));
    assert!(
        program
            .run(&["brake", "on", "--reason", "a script went wrong"])
            .ok()
            .contains("All deletions are paused.")
    );
    let status = program.run(&["brake", "status", "--json"]).json();
    assert_eq!((&status["paused"], &status["reason"]), (&true.into(), &"a script went wrong".into()));
    assert!(
        program.run(&["customers", "delete", &id, "--yes"]).fails(1).contains("custodianctl brake status")
    );
    assert_eq!(program.run(&["brake", "off", "--json"]).json()["paused"], false);
    program.run(&["customers", "delete", &id, "--yes"]).ok();
}
