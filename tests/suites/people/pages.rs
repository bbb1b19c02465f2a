//! The two pages for a person with a browser: plain, closed to everything from elsewhere, and honest about failures.

use custodian_tests::{Answer, Client, PASSWORD};
use reqwest::Method;

use crate::signup::signup;

const PAGES: [&str; 2] = ["/auth/email-verify", "/auth/password-reset"];

/// A form as a browser posts it.
async fn post(client: &Client, path: &str, form: String) -> Answer {
    let request = client.request(Method::POST, path);
    client.send(request.header("content-type", "application/x-www-form-urlencoded").body(form)).await
}

/// What every page has, and what none has.
#[track_caller]
fn is_a_page(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", answer.text);
    let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert_eq!(header("referrer-policy"), "no-referrer", "the address has the token in it");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-content-type-options"), "nosniff");
    let policy = header("content-security-policy");
    let wanted = ["default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"];
    assert!(wanted.iter().all(|part| policy.split("; ").any(|given| given == *part)), "{policy}");
    let unsafe_words = ["script-src", "unsafe", "http:", "https:", "*"];
    assert!(unsafe_words.iter().all(|word| !policy.contains(word)), "{policy}");
    let html = answer.text.to_lowercase();
    for absent in ["<script", "javascript:", "onclick", "src=", "<link", "url(", "@import", "//"] {
        assert!(!html.contains(absent), "{absent} in {html}");
    }
    for present in ["<!doctype html>", "lang=\"en\"", "name=\"viewport\"", "<title>", "<main><h1>"] {
        assert!(html.contains(present), "no {present} in {html}");
    }
    assert_eq!(html.matches("<h1>").count(), 1);
}

/// Every field that a person fills in has a label.
fn is_labelled(page: &str) {
    for input in page.split("<input ").skip(1).filter(|input| !input.starts_with("type=\"hidden\"")) {
        let id = input.split("id=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(page.contains(&format!("<label for=\"{id}\">")), "{input}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_up_and_sets_a_password_by_forms_alone() {
    let client = Client::start().await;
    client.post("/auth/signup", signup("ann@example.com")).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    let page = client.get(&format!("/auth/email-verify?token={token}")).await;
    is_a_page(&page, 200);
    is_labelled(&page.text);
    assert!(page.text.contains(&format!("value=\"{token}\"")));
    let done = post(&client, "/auth/email-verify", format!("token={token}")).await;
    is_a_page(&done, 200);
    assert!(
        done.text.contains("The account is active") && !done.text.contains("vb_"),
        "no key for shoulders"
    );

    let token = client.mailed_token("ann@example.com").await;
    let page = client.get(&format!("/auth/password-reset?token={token}")).await;
    is_a_page(&page, 200);
    is_labelled(&page.text);
    let username = "value=\"ann@example.com\" autocomplete=\"username\" readonly";
    assert!(page.text.contains(username), "it says whose password is set: {}", page.text);
    assert!(page.text.contains("type=\"password\" autocomplete=\"new-password\""));
    let form = format!("token={token}&username=ann%40example.com&password=a+fine%2Bpassword");
    is_a_page(&post(&client, "/auth/password-reset", form).await, 200);
    client.login("ann@example.com", "a fine+password").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_a_page_changes_nothing_however_often() {
    let client = Client::start().await;
    let id = client.open_account("ann").await;
    let verify = client.mailed_token("ann@example.com").await;
    client.post("/auth/password-forgot", serde_json::json!({ "username": "ann" })).await.ok();
    let reset = client.mailed_token("ann@example.com").await;
    for _ in 0..3 {
        for (path, token) in PAGES.iter().zip([&verify, &reset]) {
            is_a_page(&client.get(&format!("{path}?token={token}")).await, 200);
        }
    }
    let operator = client.operator().await;
    assert_eq!(operator.get(&format!("/v1.0/customers/{id}")).await.ok()["status"], "initial");
    client.login("ann", PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_says_what_is_wrong_and_what_helps() {
    let client = Client::start().await;
    client.open_account("ann").await;
    let verify = client.mailed_token("ann@example.com").await;
    client.post("/auth/password-forgot", serde_json::json!({ "username": "ann" })).await.ok();
    let reset = client.mailed_token("ann@example.com").await;
    let newest = "Use that of the newest mail";
    for bad in ["", "?token=", "?token=x", "?token=%3Cscript%3E", &format!("?token={}", "A".repeat(64))] {
        for path in PAGES {
            let page = client.get(&format!("{path}{bad}")).await;
            is_a_page(&page, 400);
            assert!(page.text.contains(newest), "{}", page.text);
        }
    }
    // A link that no longer works is told before a password is typed, and one for another thing as well.
    for dead in ["0".repeat(64), verify] {
        is_a_page(&client.get(&format!("/auth/password-reset?token={dead}")).await, 400);
    }
    let short = post(&client, "/auth/password-reset", format!("token={reset}&password=short")).await;
    is_a_page(&short, 400);
    assert!(short.text.contains("The password must be 8 to 128 characters. Go back"), "{}", short.text);
    let missing = post(&client, "/auth/password-reset", format!("token={reset}")).await;
    assert!(missing.text.contains("The password is required."), "{}", missing.text);
    for path in PAGES {
        let form = format!("token={}&password=long+enough", "0".repeat(64));
        is_a_page(&post(&client, path, form).await, 400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_another_address_says_that_it_is_the_accounts_from_now_on() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    ann.put("/v1.0/customer", serde_json::json!({ "email": "new@example.com" })).await.ok();
    let token = client.mailed_token("new@example.com").await;
    let done = post(&client, "/auth/email-verify", format!("token={token}")).await;
    is_a_page(&done, 200);
    assert!(done.text.contains("It is the address of the account from now on."), "{}", done.text);
}
