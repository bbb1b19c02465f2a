//! What single fields mean, beyond what kind of value they take.

use custodian_domain::kinds::{CONTACTS, FLOWS, TRUNKS};
use custodian_tests::Client;
use serde_json::json;

use crate::values::{make, on_plan, place};

#[tokio::test(flavor = "multi_thread")]
async fn virtual_numbers_are_of_their_range_and_no_others_are() {
    let client = Client::start().await;
    let (_, ann) = on_plan(&client, "ann", "unlimited").await;
    let number = |number: &str, kind: &str| json!({ "number": number, "type": kind });
    for (text, kind) in [
        ("+1555", "virtual"),
        ("+89912345", "virtual"),
        ("+8991234567890", "virtual"),
        ("+899000123456", "virtual"),
        ("+899123456789", "normal"),
        ("+899123456789", ""),
        ("+8991", "normal"),
    ] {
        let answer = ann.post("/v1.0/numbers", number(text, kind)).await;
        assert_eq!(answer.refusal(), (400, "INVALID_ARGUMENT".into()), "{text} {kind}");
        assert_eq!(answer.json()["error"]["details"][0]["field"], "number", "{text} {kind}");
    }
    assert_eq!(ann.post("/v1.0/numbers", json!({ "number": "+899123456789" })).await.status, 400);
    for (text, kind) in
        [("+899123456789", "virtual"), ("+899001000000", "virtual"), ("+898123456789", "normal")]
    {
        ann.post("/v1.0/numbers", number(text, kind)).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_and_networks_have_one_spelling_and_stand_once() {
    let client = Client::start().await;
    let (_, ann) = on_plan(&client, "ann", "unlimited").await;
    let trunk = json!({
        "domain_name": "SIP.Example.COM.", "auth_types": ["ip", "ip"],
        "allowed_ips": ["10.0.0.1", "2001:DB8::1", "10.0.0.1", "2001:db8:0::1", "10.0.0.0/8"],
    });
    let made = make(&ann, &TRUNKS, trunk).await;
    assert_eq!(made["domain_name"], "sip.example.com");
    assert_eq!(made["auth_types"], json!(["ip"]));
    assert_eq!(made["allowed_ips"], json!(["10.0.0.1", "2001:db8::1", "10.0.0.0/8"]));
    for taken in ["sip.example.com", "sip.example.com.", "sip.EXAMPLE.com"] {
        let answer = ann.post("/v1.0/trunks", json!({ "domain_name": taken })).await;
        assert_eq!(answer.refusal(), (409, "DOMAIN_ALREADY_EXISTS".into()), "{taken}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_a_contact_says_since_when_it_is_there() {
    let client = Client::start().await;
    let (_, ann) = on_plan(&client, "ann", "unlimited").await;
    let address = |target: &str| json!({ "type": "tel", "target": target });
    let made = make(&ann, &CONTACTS, json!({ "addresses": [address("+1")] })).await;
    assert_eq!(made["addresses"][0]["tm_create"], made["tm_create"]);
    client.advance(60).await;
    let both = json!({ "addresses": [address("+2"), address("+1")] });
    let changed = ann.put(&place(&CONTACTS, &made), both).await.ok();
    let since = |at: usize| changed["addresses"][at]["tm_create"].clone();
    assert_eq!((since(0), since(1)), (changed["tm_update"].clone(), made["tm_create"].clone()));
    assert_ne!(changed["tm_update"], made["tm_create"]);
    // Its times are not a client's to say.
    let mut said = changed["addresses"].clone();
    said[0]["tm_create"] = json!("2001-01-01T00:00:00Z");
    let again = ann.put(&place(&CONTACTS, &made), json!({ "addresses": said })).await.ok();
    assert_eq!(again["addresses"], changed["addresses"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_weigh_too_much_in_every_answer_is_refused() {
    let client = Client::start().await;
    let (_, ann) = on_plan(&client, "ann", "unlimited").await;
    // Answered as 1000000000000000.0, each of them.
    let body = |numbers: usize| {
        let numbers = vec!["1e15"; numbers].join(",");
        format!("{{\"actions\": [{{\"type\": \"talk\", \"option\": [{numbers}]}}]}}")
    };
    let post = |numbers: usize| {
        let request = ann.request(reqwest::Method::POST, "/v1.0/flows");
        ann.send(request.header("content-type", "application/json").body(body(numbers)))
    };
    let refused = post(13_000).await;
    assert_eq!(refused.refusal(), (400, "INVALID_ARGUMENT".into()));
    assert_eq!(refused.json()["error"]["details"][0]["field"], "actions");
    let kept = post(6_000).await.ok();
    assert_eq!(ann.get(&place(&FLOWS, &kept)).await.ok(), kept);
    assert!(kept.to_string().len() > 100_000);
}
