//! The HTML pages for browsers: the parts that every page has, and the sequences of pages that a person sees.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use custodian_tests::{Client, PASSWORD, Response};
use reqwest::Method;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::sign_up::{sign_up_body, subjects};

pub(crate) const PAGES: [&str; 2] = ["/auth/email-verify", "/auth/password-reset"];

/// Submits a form as a browser does, and follows no redirect.
pub(crate) async fn post_form(client: &Client, path: &str, form: String) -> Response {
    let request = client.request(Method::POST, path);
    client.send(request.header("content-type", "application/x-www-form-urlencoded").body(form)).await
}

/// Submits a form that must be accepted, and opens the page that it redirects to. The page must survive a reload.
pub(crate) async fn submit(client: &Client, path: &str, form: String) -> Response {
    let redirect = post_form(client, path, form).await;
    assert_eq!(redirect.status, 303, "{}", redirect.text);
    assert_eq!(redirect.headers["referrer-policy"], "no-referrer", "the URL contains the token");
    assert_eq!(redirect.headers["cache-control"], "no-store");
    let location = redirect.headers["location"].to_str().unwrap();
    let page = client.get(location).await;
    assert_page(&page, 200);
    assert_eq!(client.get(location).await.text, page.text, "a reload shows the same page");
    page
}

/// Checks the headers and the HTML that every page must have, and the content that no page may have.
#[track_caller]
pub(crate) fn assert_page(response: &Response, status: u16) {
    assert_eq!(response.status, status, "{}", response.text);
    let header = |name: &str| response.headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert_eq!(header("referrer-policy"), "no-referrer", "the URL contains the token");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-content-type-options"), "nosniff");
    let page = &response.text;
    assert_policy(&header("content-security-policy"), page);
    let html = page.to_lowercase();
    for absent in ["javascript:", "onclick", "onload", " style=", "src=", "<link", "url(", "@import", "//"] {
        assert!(!html.contains(absent), "{absent} in {html}");
    }
    let color_scheme = "<meta name=\"color-scheme\" content=\"light dark\">";
    for present in ["<!doctype html>", "lang=\"en\"", "name=\"viewport\"", "<title>", color_scheme] {
        assert!(html.contains(present), "no {present} in {html}");
    }
    assert_eq!(html.matches("<h1>").count(), 1);
    assert!(page.contains("<header><span>Custodian</span></header><main><h1>"), "the page names the product");
    assert_labelled(page);
}

/// The policy forbids everything except the page's own style and script, by their hashes, and its own forms.
#[track_caller]
fn assert_policy(policy: &str, page: &str) {
    let mut expected = vec![
        "default-src 'none'".to_owned(),
        "form-action 'self'".to_owned(),
        "base-uri 'none'".to_owned(),
        "frame-ancestors 'none'".to_owned(),
    ];
    for (element, directive) in [("style", "style-src"), ("script", "script-src")] {
        for part in page.split(&format!("<{element}>")).skip(1) {
            let text = part.split(&format!("</{element}>")).next().unwrap();
            expected.push(format!("{directive} 'sha256-{}'", STANDARD.encode(Sha256::digest(text))));
        }
    }
    let mut given: Vec<_> = policy.split("; ").map(str::to_owned).collect();
    given.sort();
    expected.sort();
    assert_eq!(given, expected);
}

/// Asserts that every visible form field has a label.
#[track_caller]
fn assert_labelled(page: &str) {
    for input in page.split("<input ").skip(1).filter(|input| !input.starts_with("type=\"hidden\"")) {
        let id = input.split("id=\"").nth(1).unwrap().split('"').next().unwrap();
        let is_inside_label = page.contains(&format!("><input id=\"{id}\" type=\"checkbox\"> "));
        assert!(is_inside_label || page.contains(&format!("<label for=\"{id}\">")), "{input}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_confirms_an_address_and_sets_a_password_with_the_pages_alone() {
    let client = Client::start().await;
    client.post("/auth/signup", sign_up_body("ann@example.com")).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    let page = client.get(&format!("/auth/email-verify?token={token}")).await;
    assert_page(&page, 200);
    assert!(page.text.contains(&format!("value=\"{token}\"")));
    let done = submit(&client, "/auth/email-verify", format!("token={token}")).await;
    assert!(done.text.contains("<h1>Your <span>e-mail</span> address is confirmed</h1>"), "{}", done.text);
    assert!(done.text.contains("open the next mail from us"), "the page says what to do next: {}", done.text);

    let token = client.mailed_token("ann@example.com").await;
    let page = client.get(&format!("/auth/password-reset?token={token}")).await;
    assert_page(&page, 200);
    let username = "value=\"ann@example.com\" autocomplete=\"username\" readonly";
    assert!(page.text.contains(username), "password managers learn the username: {}", page.text);
    assert!(page.text.contains("type=\"password\" autocomplete=\"new-password\""));
    assert!(
        page.text.contains("<label class=\"choice\" hidden>"),
        "without scripts, nothing shows the password"
    );
    let form = format!("token={token}&username=ann%40example.com&password=a+fine%2Bpassword");
    let done = submit(&client, "/auth/password-reset", form).await;
    assert!(done.text.contains("<h1>Your password is set</h1>"), "{}", done.text);

    let ann = client.login("ann@example.com", "a fine+password").await;
    let keys = ann.get("/v1.0/accesskeys").await.rows();
    assert!(keys.is_empty(), "the page created an access key that nobody saw: {keys:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_a_page_changes_nothing() {
    let client = Client::start().await;
    let id = client.open_account("ann").await;
    let verify = client.mailed_token("ann@example.com").await;
    client.post("/auth/password-forgot", json!({ "username": "ann" })).await.ok();
    let reset = client.mailed_token("ann@example.com").await;
    for _ in 0..3 {
        for (path, token) in PAGES.iter().zip([&verify, &reset]) {
            assert_page(&client.get(&format!("{path}?token={token}")).await, 200);
            assert_page(&client.get(&format!("{path}?token={token}&done=1")).await, 200);
        }
    }
    let platform_admin = client.platform_admin().await;
    assert_eq!(platform_admin.get(&format!("/v1.0/customers/{id}")).await.ok()["status"], "initial");
    client.login("ann", PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_name_the_account_and_the_address_before_the_button() {
    let client = Client::start().await;
    let mut body = sign_up_body("ann@example.com");
    body["name"] = json!("Ann <script>alert(1)</script> & \"Co\"");
    let shown = "Ann &lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;Co&quot;";
    client.post("/auth/signup", body).await.ok();
    let verify = client.mailed_token("ann@example.com").await;
    let page = client.get(&format!("/auth/email-verify?token={verify}")).await;
    assert_page(&page, 200);
    for fact in [shown, "ann@example.com"] {
        assert!(page.text.contains(&format!("<dd>{fact}</dd>")), "{fact}: {}", page.text);
    }
    client.post("/auth/email-verify", json!({ "token": verify })).await.ok();
    let reset = client.mailed_token("ann@example.com").await;
    let page = client.get(&format!("/auth/password-reset?token={reset}")).await;
    assert_page(&page, 200);
    assert!(page.text.contains(&format!("<dt>Account</dt><dd>{shown}</dd>")), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_an_address_change_says_which_address_becomes_that_of_which_account() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    ann.put("/v1.0/customer", json!({ "email": "new@example.com", "name": "Ann & Co" })).await.ok();
    let token = client.mailed_token("new@example.com").await;
    let page = client.get(&format!("/auth/email-verify?token={token}")).await;
    assert_page(&page, 200);
    let sentence = "new@example.com becomes the e-mail address of the account Ann &amp; Co at Custodian.";
    assert!(page.text.contains(sentence), "{}", page.text);
    let done = submit(&client, "/auth/email-verify", format!("token={token}")).await;
    let sentence = "new@example.com is confirmed as the e-mail address of your account.";
    assert!(done.text.contains(sentence), "{}", done.text);
    let again = client.get(&format!("/auth/email-verify?token={token}")).await;
    assert_page(&again, 200);
    assert!(
        again.text.contains("<h1>Your <span>e-mail</span> address is already confirmed</h1>"),
        "{}",
        again.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_for_forgotten_passwords_answers_the_same_for_known_and_unknown_names() {
    let client = Client::start().await;
    client.tenant("ann").await;
    let form = client.get("/auth/password-forgot").await;
    assert_page(&form, 200);
    assert!(form.text.contains("name=\"username\" value=\"\" autocomplete=\"username\""), "{}", form.text);
    let known = submit(&client, "/auth/password-forgot", "username=ann".to_owned()).await;
    let unknown = submit(&client, "/auth/password-forgot", "username=nobody%40example.com".to_owned()).await;
    assert_eq!(known.text, unknown.text);
    assert!(known.text.contains("<h1>Check your mail</h1>"), "{}", known.text);
    assert_eq!(subjects(&client, "ann@example.com").await[0], "Set your password");
    assert!(subjects(&client, "nobody@example.com").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_or_invalid_username_keeps_the_form_and_what_was_entered() {
    let client = Client::start().await;
    let empty = post_form(&client, "/auth/password-forgot", "username=".to_owned()).await;
    assert_page(&empty, 400);
    assert!(
        empty.text.contains("id=\"username-error\">Enter your username or your e-mail address.</p>"),
        "{}",
        empty.text
    );
    assert!(empty.text.contains("aria-describedby=\"username-error\" aria-invalid=\"true\""));
    let invalid = post_form(&client, "/auth/password-forgot", "username=%22%3E%3Cb%3E%00".to_owned()).await;
    assert_page(&invalid, 400);
    assert!(invalid.text.contains("value=\"&quot;&gt;&lt;b&gt;"), "{}", invalid.text);
}
