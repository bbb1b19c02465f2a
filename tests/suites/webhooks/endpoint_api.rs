//! The routes of webhook endpoints: what they accept, how many endpoints an account has, and who may use them.

use custodian_domain::webhook_endpoints::MAX_ENDPOINTS;
use custodian_tests::{Client, PASSWORD};
use serde_json::json;

use crate::endpoints::PATH;
use crate::start;

#[tokio::test(flavor = "multi_thread")]
async fn only_platform_admins_change_the_endpoints_of_the_platforms_own_account() {
    let client = start().await;
    let operator = client.platform_admin().await;
    let agent = json!({ "username": "pat", "password": PASSWORD, "permission": 0x20 });
    operator.post("/v1.0/agents", agent).await.ok();
    let admin = client.login("pat", PASSWORD).await;
    let platform = admin.get("/v1.0/customer").await.ok()["id"].as_str().unwrap().to_owned();
    let (path, body) = (format!("{PATH}/{platform}"), json!({ "webhook_uri": "https://hooks.example/" }));
    for response in [
        admin.post(PATH, body.clone()).await,
        admin.put(&path, body.clone()).await,
        admin.delete(&path).await,
    ] {
        assert_eq!(response.refusal(), (403, "PERMISSION_DENIED".into()));
    }
    operator.put(&path, body).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_choice_of_events_goes_with_the_url() {
    let client = start().await;
    let (id, ann) = client.tenant("ann").await;
    let url = "https://hooks.example/";
    ann.put(&format!("{PATH}/{id}"), json!({ "webhook_uri": url, "event_types": ["tag_created"] }))
        .await
        .ok();
    for uri in ["", url] {
        ann.put("/v1.0/customer", json!({ "webhook_uri": uri })).await.ok();
        assert_eq!(ann.get("/v1.0/customer/webhook").await.ok()["event_types"], json!([]));
    }
    ann.put(&format!("{PATH}/{id}"), json!({ "event_types": ["tag_created"] })).await.ok();
    let cleared = ann.put(&format!("{PATH}/{id}"), json!({ "webhook_uri": "" })).await.ok();
    assert_eq!(cleared["event_types"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_at_most_five_endpoints_however_many_requests_race() {
    let client = start().await;
    let (_, ann) = client.tenant("ann").await;
    let body = json!({ "webhook_uri": "https://hooks.example/" });
    let requests = (0..12).map(|_| ann.post(PATH, body.clone()));
    let responses = futures::future::join_all(requests).await;
    let refused = responses.iter().filter(|response| response.status != 200);
    assert!(refused.clone().all(|response| response.reason() == "RESOURCE_LIMIT_EXCEEDED"));
    assert_eq!(refused.count(), 12 - (MAX_ENDPOINTS - 1));
    let listed = ann.get(PATH).await.rows();
    assert_eq!(listed.len(), MAX_ENDPOINTS);
    ann.delete(&format!("{PATH}/{}", listed[1]["id"].as_str().unwrap())).await.ok();
    ann.post(PATH, body).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_an_idempotency_key_adds_one_endpoint() {
    let client = start().await;
    let (_, ann) = client.tenant("ann").await;
    let body = json!({ "webhook_uri": "https://hooks.example/" });
    let request = || ann.request(reqwest::Method::POST, PATH).header("idempotency-key", "one").json(&body);
    let (once, again) = (ann.send(request()).await.ok(), ann.send(request()).await.ok());
    assert_eq!(once, again);
    assert_eq!(ann.get(PATH).await.rows().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_needs_a_url_that_is_allowed_and_types_that_exist() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    let url = "https://hooks.example/";
    let refused = [
        json!({}),
        json!({ "webhook_uri": "" }),
        json!({ "webhook_uri": null }),
        json!({ "webhook_uri": "ftp://hooks.example/" }),
        json!({ "webhook_uri": "http://127.0.0.1/" }),
        json!({ "webhook_uri": format!("https://h.example/{}", "x".repeat(1006)) }),
        json!({ "webhook_uri": url, "webhook_method": "PATCH" }),
        json!({ "webhook_uri": url, "event_types": "tag_created" }),
        json!({ "webhook_uri": url, "event_types": [1] }),
        json!({ "webhook_uri": url, "event_types": ["tag_created", "planet_created"] }),
        json!({ "webhook_uri": url, "event_types": ["customer_erased"] }),
        json!({ "webhook_uri": url, "event_types": ["webhook_test"] }),
    ];
    for body in refused {
        assert_eq!(ann.post(PATH, body.clone()).await.refusal(), (400, "INVALID_ARGUMENT".into()));
    }
    let created = ann.post(PATH, json!({ "webhook_uri": url, "event_types": null })).await.ok();
    let path = format!("{PATH}/{}", created["id"].as_str().unwrap());
    assert_eq!(
        ann.put(&path, json!({ "webhook_uri": "" })).await.refusal(),
        (400, "INVALID_ARGUMENT".into())
    );
    assert_eq!(
        ann.put(&path, json!({ "event_types": ["nonsense"] })).await.refusal(),
        (400, "INVALID_ARGUMENT".into())
    );
    let twice = json!({ "event_types": ["tag_created", "agent_created", "tag_created"] });
    assert_eq!(ann.put(&path, twice).await.ok()["event_types"], json!(["agent_created", "tag_created"]));

    // The first endpoint is the webhook_uri of the account.
    let first = format!("{PATH}/{id}");
    ann.put(&first, json!({ "webhook_uri": url, "webhook_method": "PUT" })).await.ok();
    let customer = ann.get("/v1.0/customer").await.ok();
    assert_eq!((&customer["webhook_uri"], &customer["webhook_method"]), (&json!(url), &json!("PUT")));
    ann.delete(&first).await.ok();
    assert_eq!(ann.get("/v1.0/customer").await.ok()["webhook_uri"], "");
    assert_eq!(ann.get(&first).await.ok()["state"], "off");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_account_has_no_access_to_an_endpoint() {
    let client = start().await;
    let (ann_id, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    let created = ann.post(PATH, json!({ "webhook_uri": "https://hooks.example/" })).await.ok();
    for id in [created["id"].as_str().unwrap(), &ann_id] {
        let path = format!("{PATH}/{id}");
        for response in [
            bob.get(&path).await,
            bob.put(&path, json!({ "webhook_method": "PUT" })).await,
            bob.delete(&path).await,
            bob.post(&format!("{path}/rotate"), json!({})).await,
            bob.post(&format!("{path}/test"), json!({})).await,
        ] {
            assert_eq!(response.refusal(), (404, "WEBHOOK_ENDPOINT_NOT_FOUND".into()));
        }
    }
    assert_eq!(ann.get(&format!("{PATH}/nonsense")).await.refusal(), (400, "INVALID_ID".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_listed_event_type_can_be_chosen_and_says_what_happened() {
    let client = start().await;
    let (_, ann) = client.tenant("ann").await;
    let types = ann.get("/v1.0/customer/webhook/event_types").await.rows();
    let names: Vec<_> = types.iter().map(|one| one["type"].clone()).collect();
    assert!(types.iter().all(|one| one["description"].as_str().is_some_and(|text| text.ends_with('.'))));
    let body = json!({ "webhook_uri": "https://hooks.example/", "event_types": names });
    assert_eq!(ann.post(PATH, body).await.ok()["event_types"], json!(names));
}
