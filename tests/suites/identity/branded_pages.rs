//! The pages behind mailed links show the brand of the deployment.

use std::sync::Arc;

use custodian_app::context::Brand;
use custodian_fn_auth_email_verify_page::EmailVerifyPage;
use custodian_fn_auth_password_forgot_page::ForgotPasswordPage;
use custodian_http::Route;
use custodian_tests::TestApp;
use custodian_tests::gateway::event;
use serde_json::json;

/// Requests a page from this app. Returns its Content-Security-Policy on the first line, and the HTML after it.
pub(crate) async fn page_of<H>(app: &TestApp, endpoint: &H, path: &str, query: &str) -> String
where
    H: custodian_http::Endpoint<custodian_store::Store, custodian_tests::services::TestServices>,
{
    let mut event = event(&Route::new("GET", path), "192.0.2.1", &json!({}), &json!({}));
    event.raw_query_string = Some(query.to_owned());
    let response = custodian_http::serve(endpoint, &*app.cx, event).await;
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    format!("{policy}\n{}", String::from_utf8(response.body().to_vec()).unwrap())
}

pub(crate) fn branded(brand: Brand) -> TestApp {
    let mut app = TestApp::default();
    Arc::get_mut(&mut app.cx).unwrap().settings.brand = brand;
    app
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_show_the_brand_of_the_deployment() {
    let app = branded(Brand {
        product_name: "Acme <b> & Co".to_owned(),
        logo_url: "https://cdn.acme.example/logo.svg?a=1&b=2".to_owned(),
        accent_color: String::new(),
        support: "help@acme.example".to_owned(),
        return_url: "https://app.acme.example/sign-in".to_owned(),
    });
    let form = page_of(&app, &ForgotPasswordPage, "/auth/password-forgot", "").await;
    let (policy, html) = form.split_once('\n').unwrap();
    assert!(
        policy.ends_with("; img-src https://cdn.acme.example"),
        "only the logo's host is added: {policy}"
    );
    assert!(html.contains("<img src=\"https://cdn.acme.example/logo.svg?a=1&amp;b=2\" alt=\"\">"), "{html}");
    assert!(html.contains("<span>Acme &lt;b&gt; &amp; Co</span>") && !html.contains("<b>"), "{html}");
    assert!(html.contains("<a href=\"mailto:help@acme.example\">help@acme.example</a>"), "{html}");
    let error = page_of(&app, &EmailVerifyPage, "/auth/email-verify", "token=x").await;
    let back = "href=\"https://app.acme.example/sign-in\">Continue to Acme &lt;b&gt; &amp; Co</a>";
    assert!(error.contains(back), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brand_url_that_is_no_web_address_is_not_linked() {
    let unsafe_url = || "javascript:alert(1)".to_owned();
    let app = branded(Brand {
        logo_url: unsafe_url(),
        support: unsafe_url(),
        return_url: unsafe_url(),
        ..Brand::default()
    });
    let page = page_of(&app, &EmailVerifyPage, "/auth/email-verify", "token=x").await;
    assert!(
        !page.contains("=\"javascript:") && !page.contains("img-src") && !page.contains("Continue"),
        "{page}"
    );
}
