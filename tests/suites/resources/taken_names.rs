//! The error for a taken number or domain can reveal that another account has it, so an account gets only 30 such errors an hour.

use custodian_domain::kinds::UniqueScope;
use custodian_tests::{Client, Tables};
use serde_json::{Value, json};

use crate::sample_values::{kinds, tenant_on_plan};

/// Of the requests for rows of kinds, only creations count taken names. So no update may claim a name that is unique on the
/// platform.
#[test]
fn names_that_are_unique_on_the_platform_are_set_at_creation_only() {
    for kind in kinds() {
        let Some(unique) = kind.unique.as_ref().filter(|unique| unique.scope == UniqueScope::Platform) else {
            continue;
        };
        let is_writable = |name: &&&str| kind.field(name).is_some_and(|field| field.is_writable(false));
        assert_eq!(unique.fields.iter().find(is_writable), None, "{}", kind.route);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_learns_of_30_taken_names_an_hour() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, eve) = tenant_on_plan(&client, "eve", "basic").await;
    let number = |digits: u32| json!({ "number": format!("+1555{digits:07}") });
    let trunk = |name: &str| json!({ "domain_name": format!("{name}.example.com") });
    ann.post("/v1.0/numbers", number(1)).await.ok();
    ann.post("/v1.0/trunks", trunk("ann")).await.ok();
    assert_eq!(eve.post("/v1.0/numbers", number(1)).await.refusal(), (409, "NUMBER_ALREADY_EXISTS".into()));
    let mut windows = Tables(client.engine().clone()).scan("throttle");
    windows.retain(|row| row["id"]["S"].as_str().unwrap().starts_with("taken-account#"));
    windows[0]["n"] = json!({ "N": "29" });
    Tables(client.engine().clone()).insert("throttle", &windows);
    assert_eq!(eve.post("/v1.0/trunks", trunk("ann")).await.refusal(), (409, "DOMAIN_ALREADY_EXISTS".into()));
    // Whether the next name is taken is not revealed.
    for (path, body) in [("numbers", number(1)), ("numbers", number(2)), ("trunks", trunk("free"))] {
        let refused = eve.post(&format!("/v1.0/{path}"), body).await;
        assert_eq!(refused.refusal(), (429, "RATE_LIMIT_EXCEEDED".into()), "{path}");
        assert_eq!(refused.headers["ratelimit-policy"], "30;w=3600");
    }
    // Names within the account tell nothing about others.
    eve.post("/v1.0/trunks", json!({ "name": "without a domain" })).await.ok();
    let extension = || -> Value { json!({ "extension": "100", "password": "a good password" }) };
    eve.post("/v1.0/extensions", extension()).await.ok();
    assert_eq!(eve.post("/v1.0/extensions", extension()).await.status, 409);
    client.advance(3601).await;
    eve.post("/v1.0/numbers", number(2)).await.ok();
}
