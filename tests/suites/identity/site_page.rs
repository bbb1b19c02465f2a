//! The HTML of the account page and of the console, and the files of the application behind both.

use std::collections::BTreeSet;

use custodian_app::context::Brand;
use custodian_domain::kinds;
use custodian_domain::scope::Scope;
use custodian_fn_site::Site;
use custodian_tests::{Client, Response};
use reqwest::Method;

use crate::branded_pages::{branded, page_of};

async fn get(client: &Client, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = client.request(Method::GET, path);
    client.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
}

/// The URL of the module that the page loads.
fn module(page: &str) -> &str {
    page.split_once("<script type=\"module\" src=\"").unwrap().1.split_once('"').unwrap().0
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_but_those_of_files_has_the_page_and_its_policy() {
    let client = Client::start().await;
    for path in ["/account", "/account/keys", "/account/a/b", "/console", "/console/accounts/x"] {
        let page = get(&client, path, &[]).await;
        assert_eq!(page.status, 200, "{path}");
        let header = |name: &str| page.headers[name].to_str().unwrap();
        assert_eq!(header("content-type"), "text/html; charset=utf-8");
        assert_eq!(header("cache-control"), "private, no-cache");
        assert_eq!(header("x-frame-options"), "DENY");
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
    }
    for path in
        ["/accounts", "/account/assets/app.js", "/account/assets/0000000000000000/app.js", "/consoles/x"]
    {
        let missing = get(&client, path, &[]).await;
        assert_eq!(missing.refusal(), (404, "ROUTE_NOT_FOUND".into()), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_compressed_for_clients_that_accept_it_and_kept_for_a_year() {
    let client = Client::start().await;
    let page = get(&client, "/account", &[]).await;
    let plain = get(&client, module(&page.text), &[]).await;
    assert!(plain.text.contains("import "), "{}", plain.text);
    assert!(!plain.headers.contains_key("content-encoding"));
    assert_eq!(plain.headers["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(plain.headers.get_all("cache-control").iter().count(), 1);
    assert_eq!(plain.headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(plain.headers["vary"], "accept-encoding");
    let compressed = client.request(Method::HEAD, module(&page.text)).header("accept-encoding", "br, gzip");
    let compressed = client.send(compressed).await;
    assert_eq!(compressed.headers["content-encoding"], "gzip");
    let length =
        |response: &Response| response.headers["content-length"].to_str().unwrap().parse::<usize>().unwrap();
    assert!(length(&compressed) * 2 < plain.text.len());
    let refused = get(&client, module(&page.text), &[("accept-encoding", "gzip;q=0")]).await;
    assert!(!refused.headers.contains_key("content-encoding"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_whether_the_browser_sent_a_session() {
    let client = Client::start().await;
    for (headers, expected) in [
        (&[("sec-fetch-site", "none")][..], "none"),
        (&[("sec-fetch-site", "same-origin"), ("cookie", "__Host-token=x")], "unknown"),
        // The browser has the cookie, but does not send it after a link on another site.
        (&[("sec-fetch-site", "cross-site")], "unknown"),
        (&[], "unknown"),
    ] {
        let page = get(&client, "/account", headers).await;
        assert!(page.text.contains(&format!("data-session=\"{expected}\"")), "{headers:?}");
    }
    let german = get(&client, "/account", &[("accept-language", "de-CH, en;q=0.5")]).await;
    assert!(
        german.text.contains("<html lang=\"de\"") && german.text.contains("/texts/de.js"),
        "{}",
        german.text
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_has_the_brand_as_escaped_data() {
    let app = branded(Brand {
        product_name: "Acme <b> & \"Co\"".to_owned(),
        logo_url: "https://cdn.acme.example/logo.svg?a=1&b=2".to_owned(),
        accent_color: "#00aa55".to_owned(),
        support: "help@acme.example".to_owned(),
        return_url: "javascript:alert(1)".to_owned(),
    });
    let page = page_of(&app, &Site::routes().next().unwrap(), "/account", "").await;
    let (policy, html) = page.split_once('\n').unwrap();
    assert!(policy.contains("; img-src 'self' https://cdn.acme.example; "), "{policy}");
    for present in [
        "data-product=\"Acme &lt;b&gt; &amp; &quot;Co&quot;\"",
        "data-logo=\"https://cdn.acme.example/logo.svg?a=1&amp;b=2\"",
        "data-accent=\"#00aa55\"",
        "data-support=\"help@acme.example\"",
        "data-return=\"\"",
    ] {
        assert!(html.contains(present), "no {present} in {html}");
    }
    assert!(!html.contains("<b>") && !html.contains("javascript:"), "{html}");
}

#[test]
fn the_account_page_offers_every_scope_and_names_every_kind() {
    const KEYS: &str = include_str!("../../../functions/site/app/views/keys.js");
    const TEXTS: [&str; 2] = [
        include_str!("../../../functions/site/app/texts/en.js"),
        include_str!("../../../functions/site/app/texts/de.js"),
    ];
    let list = KEYS.split_once("const KINDS = [").unwrap().1.split_once(']').unwrap().0;
    let offered: BTreeSet<&str> = list.split(',').map(|name| name.trim().trim_matches('\'')).collect();
    let scopes: Vec<String> =
        Scope::all().filter(|scope| !scope.ends_with(":read") && scope != "read").collect();
    assert_eq!(offered, scopes.iter().map(String::as_str).collect());
    let tables = kinds::ALL.iter().map(|kind| kind.table);
    for name in offered.into_iter().chain(tables) {
        for texts in TEXTS {
            assert!(texts.contains(&format!("  'kind.{name}':")), "{name} has no name");
        }
    }
}
