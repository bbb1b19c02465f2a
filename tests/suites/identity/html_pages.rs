//! The HTML pages for browsers: no scripts, no external resources, and clear error messages.

use custodian_tests::{Client, PASSWORD, Response};
use reqwest::Method;

use crate::sign_up::sign_up_body;

const PAGES: [&str; 2] = ["/auth/email-verify", "/auth/password-reset"];

/// Submits a form as a browser does.
async fn post_form(client: &Client, path: &str, form: String) -> Response {
    let request = client.request(Method::POST, path);
    client.send(request.header("content-type", "application/x-www-form-urlencoded").body(form)).await
}

/// Checks the headers and the HTML that every page must have, and the content that no page may have.
#[track_caller]
fn assert_page(response: &Response, status: u16) {
    assert_eq!(response.status, status, "{}", response.text);
    let header = |name: &str| response.headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert_eq!(header("referrer-policy"), "no-referrer", "the URL contains the token");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-content-type-options"), "nosniff");
    let policy = header("content-security-policy");
    let required = ["default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"];
    assert!(required.iter().all(|part| policy.split("; ").any(|given| given == *part)), "{policy}");
    let unsafe_words = ["script-src", "unsafe", "http:", "https:", "*"];
    assert!(unsafe_words.iter().all(|word| !policy.contains(word)), "{policy}");
    let html = response.text.to_lowercase();
    for absent in ["<script", "javascript:", "onclick", "src=", "<link", "url(", "@import", "//"] {
        assert!(!html.contains(absent), "{absent} in {html}");
    }
    for present in ["<!doctype html>", "lang=\"en\"", "name=\"viewport\"", "<title>", "<main><h1>"] {
        assert!(html.contains(present), "no {present} in {html}");
    }
    assert_eq!(html.matches("<h1>").count(), 1);
}

/// Asserts that every visible form field has a label.
fn assert_labelled(page: &str) {
    for input in page.split("<input ").skip(1).filter(|input| !input.starts_with("type=\"hidden\"")) {
        let id = input.split("id=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(page.contains(&format!("<label for=\"{id}\">")), "{input}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_up_and_sets_a_password_with_the_pages_alone() {
    let client = Client::start().await;
    client.post("/auth/signup", sign_up_body("ann@example.com")).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    let page = client.get(&format!("/auth/email-verify?token={token}")).await;
    assert_page(&page, 200);
    assert_labelled(&page.text);
    assert!(page.text.contains(&format!("value=\"{token}\"")));
    let done = post_form(&client, "/auth/email-verify", format!("token={token}")).await;
    assert_page(&done, 200);
    assert!(
        done.text.contains("The account is active") && !done.text.contains("vb_"),
        "the page shows no access key"
    );

    let token = client.mailed_token("ann@example.com").await;
    let page = client.get(&format!("/auth/password-reset?token={token}")).await;
    assert_page(&page, 200);
    assert_labelled(&page.text);
    let username = "value=\"ann@example.com\" autocomplete=\"username\" readonly";
    assert!(page.text.contains(username), "the page names the username: {}", page.text);
    assert!(page.text.contains("type=\"password\" autocomplete=\"new-password\""));
    let form = format!("token={token}&username=ann%40example.com&password=a+fine%2Bpassword");
    assert_page(&post_form(&client, "/auth/password-reset", form).await, 200);
    client.login("ann@example.com", "a fine+password").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_a_page_changes_nothing() {
    let client = Client::start().await;
    let id = client.open_account("ann").await;
    let verify = client.mailed_token("ann@example.com").await;
    client.post("/auth/password-forgot", serde_json::json!({ "username": "ann" })).await.ok();
    let reset = client.mailed_token("ann@example.com").await;
    for _ in 0..3 {
        for (path, token) in PAGES.iter().zip([&verify, &reset]) {
            assert_page(&client.get(&format!("{path}?token={token}")).await, 200);
        }
    }
    let platform_admin = client.platform_admin().await;
    assert_eq!(platform_admin.get(&format!("/v1.0/customers/{id}")).await.ok()["status"], "initial");
    client.login("ann", PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_page_says_what_is_wrong_and_what_to_do() {
    let client = Client::start().await;
    client.open_account("ann").await;
    let verify = client.mailed_token("ann@example.com").await;
    client.post("/auth/password-forgot", serde_json::json!({ "username": "ann" })).await.ok();
    let reset = client.mailed_token("ann@example.com").await;
    let newest = "Use that of the newest mail";
    for query in ["", "?token=", "?token=x", "?token=%3Cscript%3E", &format!("?token={}", "A".repeat(64))] {
        for path in PAGES {
            let page = client.get(&format!("{path}{query}")).await;
            assert_page(&page, 400);
            assert!(page.text.contains(newest), "{}", page.text);
        }
    }
    // An invalid link, or a link for another purpose, is refused before the person types a password.
    for invalid in ["0".repeat(64), verify] {
        assert_page(&client.get(&format!("/auth/password-reset?token={invalid}")).await, 400);
    }
    let short = post_form(&client, "/auth/password-reset", format!("token={reset}&password=short")).await;
    assert_page(&short, 400);
    assert!(short.text.contains("The password must be 8 to 128 characters. Go back"), "{}", short.text);
    let missing = post_form(&client, "/auth/password-reset", format!("token={reset}")).await;
    assert!(missing.text.contains("The password is required."), "{}", missing.text);
    for path in PAGES {
        let form = format!("token={}&password=long+enough", "0".repeat(64));
        assert_page(&post_form(&client, path, form).await, 400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_an_address_change_says_that_the_new_address_applies() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    ann.put("/v1.0/customer", serde_json::json!({ "email": "new@example.com" })).await.ok();
    let token = client.mailed_token("new@example.com").await;
    let done = post_form(&client, "/auth/email-verify", format!("token={token}")).await;
    assert_page(&done, 200);
    assert!(done.text.contains("It is the address of the account from now on."), "{}", done.text);
}
