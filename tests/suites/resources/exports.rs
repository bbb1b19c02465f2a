//! Exports over HTTP: who may start and download one, when, and for how long.

use std::io::Write;
use std::process::{Command, Stdio};

use custodian_tests::{Client, PASSWORD, micros};
use reqwest::Method;
use serde_json::{Value, json};

const EXPORT: &str = "/v1.0/customer/export";
const DAY: u64 = 86_400;

async fn start(client: &Client) -> String {
    let started = client.post(EXPORT, json!({})).await;
    assert_eq!(started.status, 202, "{}", started.text);
    let started = started.json();
    assert_eq!((&started["state"], &started["file"]), (&json!("pending"), &Value::Null));
    started["id"].as_str().unwrap().to_owned()
}

async fn show(client: &Client, id: &str) -> Value {
    client.get(&format!("{EXPORT}/{id}")).await.ok()
}

/// Starts an export and waits until it is finished.
pub(crate) async fn export(client: &Client) -> Value {
    let id = start(client).await;
    client.idle().await;
    let shown = show(client, &id).await;
    assert_eq!(shown["state"], "finished", "{shown}");
    shown
}

/// The URL to which the path of the file redirects.
async fn location(client: &Client, file: &Value) -> String {
    let response = client.get(file.as_str().unwrap()).await;
    assert_eq!(response.status, 303, "{}", response.text);
    assert_eq!(response.headers["cache-control"], "no-store");
    response.headers["location"].to_str().unwrap().to_owned()
}

/// The bytes behind a URL of the local service. The URL needs no credential.
async fn bytes(client: &Client, url: &str) -> Vec<u8> {
    let response = client.with_token("none").request(Method::GET, url).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(response.headers()["content-type"], "application/gzip");
    assert!(response.headers()["content-disposition"].to_str().unwrap().ends_with(".jsonl.gz\""));
    response.bytes().await.unwrap().to_vec()
}

/// Decompresses with the standard tool.
fn gunzip(compressed: &[u8]) -> String {
    let mut gzip =
        Command::new("gzip").arg("-dc").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut stdin, compressed) = (gzip.stdin.take().unwrap(), compressed.to_vec());
    let writing = std::thread::spawn(move || stdin.write_all(&compressed).unwrap());
    let output = gzip.wait_with_output().unwrap();
    writing.join().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) async fn download(client: &Client, export: &Value) -> String {
    let url = location(client, &export["file"]).await;
    gunzip(&bytes(client, &url).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_gets_one_mail_whose_link_needs_a_sign_in() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let shown = export(&ann).await;
    let mails = client.get("/_local/mailbox").await.rows();
    let mails: Vec<_> = mails.iter().filter(|mail| mail["subject"] == "Your export is ready").collect();
    assert_eq!((mails.len(), &mails[0]["to"]), (1, &json!("ann@example.com")));
    let path = shown["file"].as_str().unwrap();
    assert!(mails[0]["text"].as_str().unwrap().contains(path), "{}", mails[0]["text"]);
    assert_eq!(client.get(path).await.refusal(), (401, "AUTHENTICATION_REQUIRED".into()));
    let opened = client.send(client.request(Method::GET, path).header("accept", "text/html,*/*")).await;
    assert_eq!(opened.status, 401);
    assert!(opened.text.contains("signed-in administrator"), "a browser gets a page: {}", opened.text);
    let cookie = format!("__Host-token={}", ann.token());
    let by_cookie = client.send(client.request(Method::GET, path).header("cookie", cookie)).await;
    assert_eq!(by_cookie.status, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_account_can_be_exported() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let key = ann.with_access_key().await;
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    client.idle().await;
    assert_eq!(key.get("/v1.0/tags").await.refusal(), (403, "ACCOUNT_FROZEN".into()));
    let shown = export(&key).await;
    let text = download(&key, &shown).await;
    assert!(text.contains("\"status\":\"frozen\""), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_belong_to_the_administrators_of_one_account() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let (_, eve) = client.tenant("eve").await;
    let shown = export(&ann).await;
    let (progress, file) =
        (format!("{EXPORT}/{}", shown["id"].as_str().unwrap()), shown["file"].as_str().unwrap());
    for path in [&progress, file] {
        assert_eq!(eve.get(path).await.refusal(), (404, "EXPORT_NOT_FOUND".into()));
    }
    let manager = json!({ "username": "mia", "password": PASSWORD, "permission": 64 });
    ann.post("/v1.0/agents", manager).await.ok();
    let mia = client.login("mia", PASSWORD).await;
    let denied = (403, "PERMISSION_DENIED".to_owned());
    assert_eq!(mia.post(EXPORT, json!({})).await.refusal(), denied);
    assert_eq!(mia.get(&progress).await.refusal(), denied);
    assert_eq!(mia.get(file).await.refusal(), denied);
    let delegation = json!({ "customer_id": id, "reason": "a ticket of the support" });
    let delegate = client.platform_admin().await.post("/auth/delegate", delegation).await.ok();
    let delegate = client.with_token(delegate["token"].as_str().unwrap());
    delegate.get(&progress).await.ok();
    assert_eq!(delegate.get(file).await.refusal(), denied, "a delegate does not download it");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_export_runs_at_a_time_and_five_start_in_a_day() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let service = client.service().clone();
    {
        let _paused = service.pause_background_work().await;
        let id = start(&ann).await;
        let refused = ann.post(EXPORT, json!({})).await;
        assert_eq!(refused.refusal(), (409, "EXPORT_ALREADY_RUNNING".into()));
        assert_eq!(refused.json()["error"]["details"], json!([{ "export_id": id }]));
        let file = format!("{EXPORT}/{id}/file");
        assert_eq!(ann.get(&file).await.refusal(), (409, "EXPORT_NOT_FINISHED".into()));
    }
    client.idle().await;
    for _ in 1..5 {
        export(&ann).await;
    }
    let refused = ann.post(EXPORT, json!({})).await;
    assert_eq!(refused.refusal(), (429, "RATE_LIMIT_EXCEEDED".into()));
    assert!(refused.headers.contains_key("retry-after"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_with_the_same_key_starts_one_export() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let keyed =
        || ann.send(ann.request(Method::POST, EXPORT).header("Idempotency-Key", "k").json(&json!({})));
    let (first, second) = (keyed().await, keyed().await);
    assert_eq!((first.status, &first.text), (second.status, &second.text));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_lives_five_minutes_and_a_file_seven_days() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let key = ann.with_access_key().await;
    let shown = export(&key).await;
    let (finish, expire) = (micros(&shown["tm_finish"]), micros(&shown["tm_expire"]));
    assert_eq!(expire - finish, 7 * 86_400_000_000);
    let url = location(&key, &shown["file"]).await;
    bytes(&client, &url).await;
    let (rest, last) = url.split_at(url.len() - 1);
    let forged = format!("{rest}{}", if last == "0" { "1" } else { "0" });
    for wrong in [forged.as_str(), &url.replace("/_local/exports/", "/_local/exports/0")] {
        assert_ne!(client.get(wrong).await.status, 200);
    }
    client.advance(301).await;
    assert_eq!(client.get(&url).await.status, 404, "a link lives five minutes");
    bytes(&client, &location(&key, &shown["file"]).await).await;
    client.advance(7 * DAY).await;
    let id = shown["id"].as_str().unwrap();
    assert_eq!(show(&key, id).await["state"], "expired");
    let expired = key.get(shown["file"].as_str().unwrap()).await;
    assert_eq!(expired.refusal(), (410, "EXPORT_EXPIRED".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_private_and_go_with_their_account_or_after_eight_days() {
    use std::os::unix::fs::PermissionsExt;
    let folder = std::env::temp_dir().join(format!("custodian-exports-{}", std::process::id()));
    let client = Client::start_in(folder.to_str().unwrap()).await;
    let (ann_id, ann) = client.tenant("ann").await;
    let (bob_id, bob) = client.tenant("bob").await;
    let (of_ann, of_bob) = (export(&ann).await, export(&bob).await);
    let path = |account: &str, export: &Value| {
        folder.join("exports").join(account).join(format!("{}.jsonl.gz", export["id"].as_str().unwrap()))
    };
    let (of_ann, of_bob) = (path(&ann_id, &of_ann), path(&bob_id, &of_bob));
    for file in [&of_ann, &of_bob] {
        let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(file), mode(file.parent().unwrap())), (0o600, 0o700));
    }
    client.platform_admin().await.delete(&format!("/v1.0/customers/{ann_id}")).await.ok();
    client.idle().await;
    assert!(!of_ann.parent().unwrap().exists(), "the files of the deleted account");
    assert!(of_bob.exists(), "the file of another account");
    client.advance(8 * DAY + 60).await;
    assert!(!of_bob.exists(), "the file is older than the lifecycle rule allows");
    drop(client);
    std::fs::remove_dir_all(folder).unwrap();
}
