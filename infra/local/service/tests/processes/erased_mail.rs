//! The mails of an account leave the mailbox with the account.

use std::path::Path;

use rusqlite::Connection;
use serde_json::json;

use crate::process::{PASSWORD, Process, find_in_files, new_folder};

const DAY: u64 = 86_400;
const ERASED: [&str; 5] =
    ["zaphod@example.com", "zaphod2@example.com", "marvin@example.com", "trillian@example.com", "zaphod's"];

/// The subjects of the mails to an address, newest first.
async fn subjects_to(process: &Process, address: &str) -> Vec<String> {
    let mails = process.get("/_local/mailbox", "").await;
    let own = mails["result"].as_array().unwrap().iter().filter(|mail| mail["to"] == address);
    own.map(|mail| mail["subject"].as_str().unwrap().to_owned()).collect()
}

async fn advance(process: &Process, seconds: u64) {
    process.post("/_local/clock", "", json!({ "advance_seconds": seconds })).await;
}

/// Creates an account that is verified and requests a change of its address, one that stays, and two that are never verified.
/// Checks that the mailbox has the mails to the first and the last two. Then deletes the first one.
async fn erase_accounts(process: &Process) {
    let (id, token) = process.create_account("zaphod").await;
    process.create_account("ford").await;
    let admin_token = process.login_as_platform_admin().await;
    process.send("PUT", "/v1.0/customer", &token, json!({ "email": "zaphod2@example.com" })).await;
    process.post("/auth/password-forgot", "", json!({ "username": "zaphod" })).await;
    process.post("/_local/idle", "", json!({})).await;
    process.post("/auth/unregister", &token, json!({ "password": PASSWORD })).await;
    let marvin = json!({ "username": "marvin", "password": PASSWORD, "email": "marvin@example.com" });
    process.post("/v1.0/customers", &admin_token, marvin).await;
    process.post("/auth/signup", "", json!({ "email": "trillian@example.com", "accepted_tos": true })).await;
    process.post("/_local/idle", "", json!({})).await;
    for (address, mails) in [
        ("zaphod@example.com", 3),
        ("zaphod2@example.com", 1),
        ("marvin@example.com", 1),
        ("trillian@example.com", 1),
    ] {
        assert!(subjects_to(process, address).await.len() >= mails, "{address}");
    }
    let (status, _) = process.send("DELETE", &format!("/v1.0/customers/{id}"), &admin_token, json!({})).await;
    assert_eq!(status, 200);
    process.post("/_local/idle", "", json!({})).await;
}

/// Fails the test if the mailbox or a file has an address of an erased account, or if the account that stays has lost its mails.
async fn assert_erased(process: &Process, folder: &Path) {
    for address in ERASED {
        assert_eq!(subjects_to(process, address).await, Vec::<String>::new(), "{address}");
    }
    assert_eq!(find_in_files(folder, &ERASED), Vec::<String>::new());
    assert!(
        !subjects_to(process, "ford@example.com").await.is_empty(),
        "an account that stays keeps its mails"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mails_of_a_deleted_account_are_deleted_and_that_about_the_deletion_a_day_later() {
    let folder = new_folder("erased-mail");
    let process = Process::start_with_password(&folder);
    erase_accounts(&process).await;
    assert_eq!(subjects_to(&process, "zaphod@example.com").await, ["Your account is being deleted"]);
    assert_eq!(subjects_to(&process, "zaphod2@example.com").await, Vec::<String>::new());
    advance(&process, DAY - 600).await;
    let both = ["Your account is deleted", "Your account is being deleted"];
    assert_eq!(subjects_to(&process, "zaphod@example.com").await, both);
    assert_eq!(subjects_to(&process, "marvin@example.com").await.len(), 1, "it is not expired yet");
    assert_eq!(subjects_to(&process, "trillian@example.com").await, Vec::<String>::new(), "it is expired");
    advance(&process, 1200).await;
    assert_eq!(subjects_to(&process, "zaphod@example.com").await, both[..1], "the last mail was sent later");
    advance(&process, 7 * DAY).await;
    assert_eq!(subjects_to(&process, "zaphod@example.com").await, Vec::<String>::new());
    assert_erased(&process, &folder).await;
    process.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn keep_mail_keeps_them_until_a_start_without_it() {
    let folder = new_folder("kept-mail");
    let process = Process::start(&folder, &["--admin-password", PASSWORD, "--keep-mail"]);
    erase_accounts(&process).await;
    advance(&process, 8 * DAY).await;
    assert!(subjects_to(&process, "zaphod@example.com").await.len() > 3);
    for address in ["zaphod2@example.com", "marvin@example.com", "trillian@example.com"] {
        assert_eq!(subjects_to(&process, address).await.len(), 1, "{address}");
    }
    process.kill();
    let process = Process::start_with_password(&folder);
    process.post("/_local/idle", "", json!({})).await;
    // The first mail about the deletion is older than a day, so the start or the next run of `reconcile` deletes it. The last mail
    // was not sent, because its recipient is kept for seven days only.
    advance(&process, 1).await;
    assert_erased(&process, &folder).await;
    process.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_of_an_earlier_version_stay_for_a_day() {
    let folder = new_folder("earlier-mail");
    let process = Process::start_with_password(&folder);
    process.create_account("ford").await;
    process.post("/_local/idle", "", json!({})).await;
    process.kill();
    // Earlier versions did not store the account of a mail.
    let state = Connection::open(folder.join("ends.db")).unwrap();
    state.execute_batch("ALTER TABLE mails DROP COLUMN account").unwrap();
    drop(state);
    let process = Process::start_with_password(&folder);
    assert!(!subjects_to(&process, "ford@example.com").await.is_empty());
    advance(&process, DAY - 600).await;
    assert!(!subjects_to(&process, "ford@example.com").await.is_empty());
    advance(&process, 1200).await;
    assert_eq!(subjects_to(&process, "ford@example.com").await, Vec::<String>::new());
    process.kill();
}
