//! Confirming an address can change two accounts in one transaction. An interruption at any call and a repetition lead to the same
//! state.

use std::collections::BTreeSet;
use std::time::Duration;

use custodian_app::sign_up::sign_up;
use custodian_app::verify::{send_verification, verify};
use custodian_domain::{Cause, Profile, Secret};
use custodian_tests::{Interruption, TestApp};
use futures::future::join_all;
use uuid::Uuid;

use crate::rivals::{ADDRESSES, Step, World};

/// Asserts that identifiers, agents and customers match: no username or address is lost, and no identifier is left over.
fn assert_consistent(app: &TestApp, case: &str) {
    let text = |row: &serde_json::Value, name: &str| row[name]["S"].as_str().unwrap_or_default().to_owned();
    let identifiers = app.tables.scan("identifiers");
    let is_former = |row: &&serde_json::Value| text(row, "id").starts_with("former#");
    let (main, owned): (Vec<_>, Vec<_>) =
        identifiers.iter().partition(|row| text(row, "key") == "-" || is_former(row));
    let pairs: BTreeSet<_> = owned.iter().map(|row| (text(row, "id"), text(row, "pair"))).collect();
    let names: BTreeSet<_> =
        main.iter().map(|row| (format!("owner#{}", text(row, "owner")), text(row, "id"))).collect();
    assert_eq!(pairs, names, "{case}: each identifier has its row under its owner");
    let agents = app.tables.scan("agents");
    let agents = agents.iter().filter(|row| row["guest"]["BOOL"] != true);
    let usernames = agents.map(|row| format!("username#{}", text(row, "username").to_lowercase()));
    let customers = app.tables.scan("customers");
    let emails = customers.iter().map(|row| format!("email#{}", text(row, "email").to_lowercase()));
    let expected: BTreeSet<_> = usernames.chain(emails).collect();
    let stored: BTreeSet<_> = main.iter().filter(|row| !is_former(row)).map(|row| text(row, "id")).collect();
    assert_eq!(stored, expected, "{case}: identifiers");
}

/// Interrupts the use of a link at each call in each way, and then uses the link again.
async fn interrupt_everywhere(prepared: &World, link: &Secret, address: &str) {
    let uninterrupted = prepared.fork();
    assert!(uninterrupted.follow_link(link).await);
    let calls = uninterrupted.app.fault_injector.calls();
    assert!(calls > 4, "{calls} calls");
    for at in 0..calls {
        for interruption in Interruption::ALL {
            let case = format!("{interruption:?} at call {at} of {calls}");
            let world = prepared.fork();
            world.app.fault_injector.interrupt(at, interruption);
            let first = world.follow_link(link).await;
            world.app.fault_injector.reset();
            assert_consistent(&world.app, &case);
            let again = world.follow_link(link).await;
            assert!(!(first && again), "{case}: a link works once");
            assert_consistent(&world.app, &case);
            assert_eq!(world.signs_in(address).await, "the owner", "{case}");
        }
    }
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn confirming_an_address_that_is_a_strangers_username_can_be_interrupted_and_repeated() {
    let mut world = World::new().await;
    assert!(world.make(Step::StrangerCreatesAgent(0)).await);
    assert!(world.request_sign_up().await);
    let link = world.app.newest_token();
    interrupt_everywhere(&world, &link, ADDRESSES[0]).await;
}

/// Invariant I10: work can be interrupted and repeated.
#[tokio::test(flavor = "multi_thread")]
async fn moving_to_an_address_that_a_stranger_named_an_agent_after_can_be_interrupted_and_repeated() {
    let mut world = World::new().await;
    assert!(world.make(Step::OwnerConfirms).await);
    assert!(world.make(Step::StrangerCreatesAgent(1)).await);
    let owner = world.owner.expect("an owner");
    assert!(world.request_change(owner, ADDRESSES[1]).await);
    let link = world.app.newest_token();
    interrupt_everywhere(&world, &link, ADDRESSES[1]).await;
}

/// The newest of concurrent signups wins, and its link opens an account with its name.
#[tokio::test(flavor = "multi_thread")]
async fn the_newest_of_32_concurrent_signups_shapes_the_account() {
    let app = TestApp::default();
    let now = app.cx.now();
    let signups = (0..32_u32).map(|number| {
        let name = format!("Signup {number}");
        let profile = Profile { email: ADDRESSES[0].to_owned(), name, ..Profile::default() };
        let cause =
            Cause { at: now.plus(Duration::from_micros(number.into())), id: Uuid::from_u128(number.into()) };
        sign_up(&app.cx, profile, cause)
    });
    for signed_up in join_all(signups).await {
        signed_up.expect("each signup is handled");
    }
    let account = app.email_holder(ADDRESSES[0]).await.expect("one account holds the address");
    send_verification(&app.cx, account, app.cause()).await.expect("the link is mailed");
    let mail = app.cx.services.state().mails.last().cloned().expect("a mail");
    assert!(mail.text.contains("Signup 31"), "{}", mail.text);
    let verified = verify(&app.cx, &app.newest_token()).await.expect("the link works");
    assert_eq!(verified.customer.profile.name, "Signup 31");
    assert_eq!(app.tables.scan("customers").len(), 1);
}
