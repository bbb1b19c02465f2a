//! The pages of used, unknown and expired links and of other errors. The page of an error has the error and the next step.

use custodian_fn_auth_email_verify_page::EmailVerifyPage;
use custodian_tests::{Client, Interruption, Tables, TestApp};
use serde_json::json;

use crate::branded_pages::page_of;
use crate::html_pages::{PAGES, assert_page, post_form, submit};
use crate::rate_limits::set_attempts;
use crate::sign_up::sign_up_body;

const NEW_LINK: &str = "<a class=\"button\" href=\"/auth/password-forgot\">Get a new link</a>";

#[tokio::test(flavor = "multi_thread")]
async fn a_second_click_on_a_verification_link_says_that_the_address_is_confirmed() {
    let client = Client::start().await;
    client.post("/auth/signup", sign_up_body("ann@example.com")).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    let link = format!("/auth/email-verify?token={token}");
    submit(&client, "/auth/email-verify", format!("token={token}")).await;
    let again = client.get(&link).await;
    assert_page(&again, 200);
    assert!(
        again.text.contains("<h1>Your <span>e-mail</span> address is already confirmed</h1>"),
        "{}",
        again.text
    );
    assert!(!again.text.contains("<form"), "nothing is left to confirm");
    // A second click on the button.
    let again = submit(&client, "/auth/email-verify", format!("token={token}")).await;
    assert!(again.text.contains("already confirmed"), "{}", again.text);
    let json = client.post("/auth/email-verify", json!({ "token": token })).await;
    assert_eq!(json.refusal(), (400, "INVALID_TOKEN".into()), "a program learns that it was too late");
}

/// Invariant I6: no personal data is left.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_used_link_forgets_the_address_of_a_deleted_account() {
    let client = Client::start().await;
    let (id, _) = client.tenant("ann").await;
    let platform_admin = client.platform_admin().await;
    let token = client.mailed_token("ann@example.com").await;
    let link = format!("/auth/email-verify?token={token}");
    assert_page(&client.get(&link).await, 200);
    platform_admin.delete(&format!("/v1.0/customers/{id}")).await.ok();
    client.idle().await;
    let page = client.get(&link).await;
    assert_page(&page, 400);
    assert!(!page.text.contains("ann@example.com"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_used_link_to_set_a_password_says_so_and_offers_a_new_one() {
    let client = Client::start().await;
    client.tenant("ann").await;
    client.post("/auth/password-forgot", json!({ "username": "ann" })).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    let form = |password: &str| format!("token={token}&password={password}");
    submit(&client, "/auth/password-reset", form("the+first+one")).await;
    let again = post_form(&client, "/auth/password-reset", form("the+second+one")).await;
    assert_eq!(again.status, 303, "{}", again.text);
    let page = client.get(again.headers["location"].to_str().unwrap()).await;
    assert_page(&page, 400);
    assert!(page.text.contains("A password was set with this link."), "{}", page.text);
    assert!(page.text.contains(NEW_LINK), "{}", page.text);
    client.login("ann", "the first one").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_is_not_allowed_keeps_the_form_and_the_link() {
    let client = Client::start().await;
    client.tenant("ann").await;
    client.post("/auth/password-forgot", json!({ "username": "ann" })).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    for (password, error) in [
        ("&password=short", "The password must be 8 to 128 characters long."),
        (&format!("&password={}", "x".repeat(513)), "The password must be 8 to 128 characters long."),
        ("&password=", "The password must not be empty."),
        ("", "The password is required."),
    ] {
        let page = post_form(&client, "/auth/password-reset", format!("token={token}{password}")).await;
        assert_page(&page, 400);
        assert!(page.text.contains(&format!("id=\"password-error\">{error}</p>")), "{}", page.text);
        assert!(
            page.text.contains("aria-describedby=\"password-error password-hint\" aria-invalid=\"true\"")
        );
        assert!(page.text.contains("value=\"ann\" autocomplete=\"username\""), "{}", page.text);
        assert!(!page.text.contains("short\""), "the page does not repeat a password");
    }
    submit(&client, "/auth/password-reset", format!("token={token}&password=long+enough")).await;
    client.login("ann", "long enough").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_does_not_work_says_what_to_do_next() {
    let client = Client::start().await;
    client.open_account("ann").await;
    let verify = client.mailed_token("ann@example.com").await;
    let unknown = format!("?token={}", "0".repeat(64));
    for query in
        ["", "?token=", "?token=x", "?token=%3Cscript%3E", &unknown, &format!("?token={}", "A".repeat(64))]
    {
        for (path, next) in PAGES.iter().zip(["sign up again", NEW_LINK]) {
            let page = client.get(&format!("{path}{query}")).await;
            assert_page(&page, 400);
            assert!(page.text.contains("Open the link in the newest mail"), "{}", page.text);
            assert!(page.text.contains(next), "{}", page.text);
        }
    }
    // A link for another purpose is refused before the person types a password.
    assert_page(&client.get(&format!("/auth/password-reset?token={verify}")).await, 400);
    for path in PAGES {
        let form = format!("token={}&password=long+enough", "0".repeat(64));
        assert_page(&post_form(&client, path, form).await, 400);
        assert_page(&post_form(&client, path, "password=long+enough".to_owned()).await, 400);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_link_after_its_window_says_that_it_has_expired() {
    let client = Client::start().await;
    client.post("/auth/signup", sign_up_body("ann@example.com")).await.ok();
    let token = client.mailed_token("ann@example.com").await;
    client.advance(3601).await;
    let pages = [
        client.get(&format!("/auth/email-verify?token={token}")).await,
        post_form(&client, "/auth/email-verify", format!("token={token}")).await,
    ];
    for page in pages {
        assert_page(&page, 409);
        assert!(page.text.contains("<h1>This link has expired</h1>"), "{}", page.text);
        assert!(page.text.contains("Sign up again."), "{}", page.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_that_another_account_confirmed_the_address_first() {
    let client = Client::start().await;
    client.post("/auth/signup", sign_up_body("shared@example.com")).await.ok();
    let sign_up = client.mailed_token("shared@example.com").await;
    let (_, bea) = client.tenant("bea").await;
    bea.put("/v1.0/customer", json!({ "email": "shared@example.com" })).await.ok();
    let change = client.mailed_token("shared@example.com").await;
    submit(&client, "/auth/email-verify", format!("token={change}")).await;
    let late = post_form(&client, "/auth/email-verify", format!("token={sign_up}")).await;
    assert_page(&late, 409);
    assert!(late.text.contains("<h1>This address belongs to another account</h1>"), "{}", late.text);
    assert!(late.text.contains("href=\"/auth/password-forgot\">Set a new password</a>"), "{}", late.text);
}

/// The account that loses the address and its agent that loses the username often have the same gate, by chance: one pair in eight.
/// DynamoDB refuses a transaction with two actions on one row.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_can_be_confirmed_whichever_gates_the_account_that_loses_it_has() {
    let client = Client::start().await;
    for number in 0..24 {
        let address = format!("shared{number}@example.com");
        client.post("/auth/signup", sign_up_body(&address)).await.ok();
        client.idle().await;
        let (_, bea) = client.tenant(&format!("bea{number}")).await;
        bea.put("/v1.0/customer", json!({ "email": address })).await.ok();
        let change = client.mailed_token(&address).await;
        submit(&client, "/auth/email-verify", format!("token={change}")).await;
        // A client network has a limited number of signups in a quarter of an hour.
        if number == 12 {
            client.advance(901).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_attempts_get_a_page_that_says_when_to_try_again() {
    let client = Client::start().await;
    let form = "username=ann".to_owned();
    post_form(&client, "/auth/password-forgot", form.clone()).await;
    set_attempts(&Tables(client.engine().clone()), "forgot-name", 10);
    let page = post_form(&client, "/auth/password-forgot", form).await;
    assert_page(&page, 429);
    let seconds: u64 = page.headers["retry-after"].to_str().unwrap().parse().unwrap();
    let time = format!("Try again in {} minutes.", seconds.div_ceil(60));
    assert!(page.text.contains(&time), "{time}: {}", page.text);
}

#[tokio::test(start_paused = true)]
async fn a_page_without_a_database_says_when_to_try_again() {
    let app = TestApp::default();
    app.fault_injector.interrupt(0, Interruption::Hang);
    let html =
        page_of(&app, &EmailVerifyPage, "/auth/email-verify", &format!("token={}", "0".repeat(64))).await;
    assert!(html.contains("<h1>Not available at the moment</h1>"), "{html}");
    assert!(html.contains("try again in a few seconds"), "{html}");
}
