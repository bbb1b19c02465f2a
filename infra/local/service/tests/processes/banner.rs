//! The banner that the local service prints when it starts.

use serde_json::json;

use crate::process::{PASSWORD, Process, new_folder};

#[tokio::test(flavor = "multi_thread")]
async fn the_banner_shows_urls_sign_in_data_and_where_the_data_is() {
    let process = Process::start(&new_folder("banner"), &["--ephemeral", "--sample"]);
    // The service prints the sample account before it serves the first request.
    process.get("/_local/health", "").await;
    let base = process.base_url.clone();
    let banner = process.kill();
    assert!(banner.starts_with(&format!("Custodian on {base}\n")), "{banner}");
    for text in [
        &*format!("{base}/\n"),
        &format!("{base}/_local/mailbox\n"),
        &format!("{base}/_local/events\n"),
        &format!("{base}/docs\n"),
        "platform admin: admin@localhost  password: ",
        "(not shown again)",
        "in memory",
        "sample account: acme  password: acme sample account",
    ] {
        assert!(banner.contains(text), "{text}: {banner}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_for_an_existing_folder_changes_nothing_and_the_log_says_so() {
    let folder = new_folder("password-again");
    let process = Process::start_with_password(&folder);
    // The service prints all of the banner, and logs its warnings, before it serves the first request.
    process.get("/_local/health", "").await;
    assert!(!process.log().contains("--admin-password"), "{}", process.log());
    let banner = process.kill();
    assert!(banner.contains("password: that of --admin-password"), "{banner}");
    assert!(banner.contains(folder.to_str().unwrap()), "{banner}");
    assert!(!banner.contains(PASSWORD), "{banner}");

    let process = Process::start(&folder, &["--admin-password", "another password"]);
    let token = process.login_as_platform_admin().await;
    let log = process.log();
    assert!(log.contains("--admin-password changes nothing"), "{log}");
    // The requests that the warning recommends change the password.
    let me = process.get("/v1.0/me", &token).await;
    let path = format!("/v1.0/agents/{}/password", me["id"].as_str().unwrap());
    assert!(log.contains("PUT /v1.0/agents/<id>/password") && log.contains("GET /v1.0/me"), "{log}");
    let body = json!({ "password": "another password", "current_password": PASSWORD });
    let (status, response) = process.send("PUT", &path, &token, body).await;
    assert_eq!(status, 200, "{response}");
    let body = json!({ "username": "admin@localhost", "password": "another password" });
    process.post("/auth/login", "", body).await;
    assert!(process.kill().contains("unchanged since the first start with this data folder"));
}
