//! Notices: some events of an account cause a mail to its confirmed address. A change of this address causes one to the new and one
//! to the former address.

use custodian_app::confirm_email::send_email_change;
use custodian_app::notices::{send_email_changed, send_key_created};
use custodian_app::platform::set_up;
use custodian_app::ports::NoticeRows;
use custodian_app::verify::verify;
use custodian_domain::ids::PLATFORM;
use custodian_domain::{Cause, Secret};
use custodian_tests::{Client, PASSWORD, Tables, TestApp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cancelled_email_changes::request_address;

pub(crate) const OWNER: &str = "ann@example.com";

/// The subjects and texts of the mails to an address after the first `seen` ones, oldest first.
pub(crate) async fn mails_after(client: &Client, to: &str, seen: usize) -> Vec<(String, String)> {
    client.idle().await;
    let mails = client.get("/_local/mailbox").await.rows();
    let to_them = mails.iter().rev().filter(|mail| mail["to"] == to);
    let text = |mail: &Value, field: &str| mail[field].as_str().unwrap().to_owned();
    to_them.skip(seen).map(|mail| (text(mail, "subject"), text(mail, "text"))).collect()
}

pub(crate) async fn count(client: &Client, to: &str) -> usize {
    mails_after(client, to, 0).await.len()
}

/// The text of the only one of these mails, which must have this subject.
#[track_caller]
pub(crate) fn only(mails: &[(String, String)], subject: &str) -> String {
    assert_eq!(mails.iter().map(|(subject, _)| &**subject).collect::<Vec<_>>(), [subject]);
    mails[0].1.clone()
}

#[track_caller]
pub(crate) fn assert_contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part} in:\n{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_is_mailed_with_the_agent_that_it_belongs_to() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let body = json!({ "username": "bob", "password": PASSWORD, "permission": 0x10 });
    let bob = ann.post("/v1.0/agents", body).await.ok()["id"].as_str().unwrap().to_owned();
    let seen = count(&client, OWNER).await;
    ann.put(&format!("/v1.0/agents/{bob}/status"), json!({ "status": "busy" })).await.ok();
    ann.put(&format!("/v1.0/agents/{bob}/password"), json!({ "password": "another password" })).await.ok();
    let text = only(&mails_after(&client, OWNER, seen).await, "A password was changed");
    assert_contains(&text, &["A new password was set for bob", "If neither you nor bob did this"]);
    client.post("/auth/password-forgot", json!({ "username": "ann" })).await.ok();
    let token = client.mailed_token(OWNER).await;
    client.post("/auth/password-reset", json!({ "token": token, "password": "a third password" })).await.ok();
    let text = only(&mails_after(&client, OWNER, seen + 2).await, "A password was changed");
    assert_contains(&text, &["A new password was set for ann"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_several_new_access_keys_is_mailed_with_its_name_unless_that_looks_like_a_link() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let seen = count(&client, OWNER).await;
    for name in ["deployment", "R&D <b>", "see https://evil.example"] {
        ann.post("/v1.0/accesskeys", json!({ "name": name })).await.ok();
    }
    let mails = mails_after(&client, OWNER, seen).await;
    assert!(mails.iter().all(|(subject, _)| subject == "An access key was created"), "{mails:?}");
    let named = |part: &str| mails.iter().filter(|(_, text)| text.contains(part)).count();
    assert_eq!((mails.len(), named("\"deployment\""), named("\"R&D <b>\"")), (3, 1, 1));
    assert_eq!(named("evil"), 0, "a name that looks like a link is not shown");
    let html = client.get("/_local/mailbox").await.ok()["result"].to_string();
    assert!(html.contains("R&amp;D &lt;b&gt;") && !html.contains("R&D <b></p>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_is_mailed_when_an_administrator_is_added_promoted_demoted_or_deleted() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let create = async |username: &str, permission: u32| {
        let body = json!({ "username": username, "password": PASSWORD, "permission": permission });
        format!("/v1.0/agents/{}", ann.post("/v1.0/agents", body).await.ok()["id"].as_str().unwrap())
    };
    let mut seen = count(&client, OWNER).await;
    let (bob, cay) = (create("bob", 0x20).await, create("cay", 0x40).await);
    let text = only(&mails_after(&client, OWNER, seen).await, "An administrator was added");
    assert_contains(&text, &["bob is now an administrator of the account ann"]);
    for (path, permission, subject, part) in [
        (&cay, 0x20, "An administrator was added", "cay is now an administrator"),
        (&bob, 0x40, "An administrator was removed", "bob is no longer an administrator"),
    ] {
        seen += 1;
        ann.put(&format!("{path}/permission"), json!({ "permission": permission })).await.ok();
        assert_contains(&only(&mails_after(&client, OWNER, seen).await, subject), &[part]);
    }
    seen += 1;
    ann.put(&format!("{bob}/permission"), json!({ "permission": 0x10 })).await.ok();
    ann.delete(&bob).await.ok();
    ann.delete(&cay).await.ok();
    let text = only(&mails_after(&client, OWNER, seen).await, "An administrator was removed");
    assert_contains(&text, &["An administrator of the account ann was deleted"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_address_is_mailed_to_both_addresses_and_the_row_then_forgets_the_former_one() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    ann.put("/v1.0/customer", json!({ "email": "new@example.com" })).await.ok();
    let token = client.mailed_token("new@example.com").await;
    let seen = count(&client, OWNER).await;
    client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    let old = only(&mails_after(&client, OWNER, seen).await, "Your e-mail address was changed");
    assert_contains(&old, &["your ann account was changed", "If neither you nor the operator did this"]);
    assert!(!old.contains("new@example.com"), "the former mailbox may be a stranger's");
    let new = only(&mails_after(&client, "new@example.com", 1).await, "Your e-mail address was changed");
    assert_contains(&new, &["This is now the e-mail address of your ann account"]);
    let rows = Tables(client.engine().clone()).dump()["customers"].clone();
    assert!(!rows.iter().any(|row| row.contains(OWNER)), "the row does not keep the former address");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_removal_of_a_former_address_is_not_undone_by_a_concurrent_write() {
    let app = TestApp::default();
    let id = app.active_account("ann").await;
    let row = app.customer(id).await;
    let moved = row.with_confirmed_email("new@example.com".to_owned(), app.cx.now());
    let twice = moved.with_confirmed_email("newer@example.com".to_owned(), app.cx.now());
    assert_eq!(
        twice.former_email.as_deref(),
        Some(OWNER),
        "the oldest address without a sent notice is kept"
    );
    use custodian_app::ports::{ChangeCustomers, CustomerChange, CustomerWriteOutcome};
    let commit = async |before, after| app.cx.store.commit(CustomerChange::new(before, after)).await.unwrap();
    assert_eq!(commit(&row, &moved).await, CustomerWriteOutcome::Done);
    app.cx.store.remove_former_email(id, OWNER).await.unwrap();
    let next = moved.without_pending_email(app.cx.now());
    assert_eq!(commit(&moved, &next).await, CustomerWriteOutcome::Stale);
    let after_notice = app.customer(id).await;
    assert_eq!((after_notice.former_email.clone(), after_notice.version), (None, moved.version));
    assert_eq!(
        commit(&after_notice, &after_notice.without_pending_email(app.cx.now())).await,
        CustomerWriteOutcome::Done
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_username_that_gave_way_is_mailed_with_the_new_one_and_then_forgotten() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let body = json!({ "username": "bob@example.com", "password": PASSWORD, "permission": 0x10 });
    let agent = ann.post("/v1.0/agents", body).await.ok()["id"].as_str().unwrap().to_owned();
    let seen = count(&client, OWNER).await;
    client.tenant("bob").await;
    let text = only(&mails_after(&client, OWNER, seen).await, "A username was changed");
    let now = ann.get(&format!("/v1.0/agents/{agent}")).await.ok()["username"].clone();
    let change =
        format!("username bob@example.com in your account ann was changed to {}", now.as_str().unwrap());
    assert_contains(&text, &[&change, "The password stays the same"]);
    let rows = Tables(client.engine().clone()).dump()["agents"].clone();
    assert!(!rows.iter().any(|row| row.contains("former_username")), "the former username is not kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_nobody_confirmed_gets_no_notice() {
    let client = Client::start().await;
    let id = client.open_account("ann").await;
    client.post("/auth/password-forgot", json!({ "username": "ann" })).await.ok();
    let token = client.mailed_token(OWNER).await;
    client.post("/auth/password-reset", json!({ "token": token, "password": "a new password" })).await.ok();
    client.platform_admin().await.delete(&format!("/v1.0/customers/{id}")).await.ok();
    let subjects: Vec<_> =
        mails_after(&client, OWNER, 0).await.into_iter().map(|(subject, _)| subject).collect();
    assert_eq!(subjects, ["Confirm your e-mail address", "Set your password"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platforms_own_account_gets_no_mail_as_long_as_it_has_no_address() {
    let app = TestApp::default();
    set_up(&app.cx, "operator".to_owned(), Secret::new(PASSWORD)).await.unwrap();
    let recipients = || app.cx.services.state().mails.iter().map(|mail| mail.to.clone()).collect::<Vec<_>>();
    let cause = |id| Cause { id: Uuid::from_u128(id), ..app.cause() };
    send_key_created(&app.cx, PLATFORM, Uuid::nil(), cause(1)).await.unwrap();
    assert_eq!(recipients(), [""; 0]);
    request_address(&app, app.customer(PLATFORM).await, "operator@example.com").await;
    send_email_change(&app.cx, PLATFORM, cause(2)).await.unwrap();
    assert_eq!(recipients(), ["operator@example.com"], "no notice to the current address");
    verify(&app.cx, &app.newest_token()).await.unwrap();
    send_email_changed(&app.cx, PLATFORM, cause(3)).await.unwrap();
    assert_eq!(recipients(), ["operator@example.com"; 2], "no notice to the former address");
}
