//! Rules of fields beyond their types. Some concern several fields of a row.

use custodian_domain::kinds::{CONTACTS, EXTENSIONS, FLOWS, TRUNKS};
use custodian_tests::{Client, Response, Tables};
use serde_json::{Value, json};

use crate::sample_values::{create, row_path, tenant_on_plan};

#[tokio::test(flavor = "multi_thread")]
async fn virtual_numbers_use_their_reserved_range_and_other_numbers_do_not() {
    let client = Client::start().await;
    let (_, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
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
        let response = ann.post("/v1.0/numbers", number(text, kind)).await;
        assert_eq!(response.refusal(), (400, "INVALID_ARGUMENT".into()), "{text} {kind}");
        assert_eq!(response.json()["error"]["details"][0]["field"], "number", "{text} {kind}");
    }
    assert_eq!(ann.post("/v1.0/numbers", json!({ "number": "+899123456789" })).await.status, 400);
    for (text, kind) in
        [("+899123456789", "virtual"), ("+899001000000", "virtual"), ("+898123456789", "normal")]
    {
        ann.post("/v1.0/numbers", number(text, kind)).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_and_networks_are_normalised_and_deduplicated() {
    let client = Client::start().await;
    let (_, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let trunk = json!({
        "domain_name": "SIP.Example.COM.", "auth_types": ["ip", "ip"],
        "allowed_ips": ["10.0.0.1", "2001:DB8::1", "10.0.0.1", "2001:db8:0::1", "10.0.0.0/8"],
    });
    let created = create(&ann, &TRUNKS, trunk).await;
    assert_eq!(created["domain_name"], "sip.example.com");
    assert_eq!(created["auth_types"], json!(["ip"]));
    assert_eq!(created["allowed_ips"], json!(["10.0.0.1", "2001:db8::1", "10.0.0.0/8"]));
    for taken in ["sip.example.com", "sip.example.com.", "sip.EXAMPLE.com"] {
        let response = ann.post("/v1.0/trunks", json!({ "domain_name": taken })).await;
        assert_eq!(response.refusal(), (409, "DOMAIN_ALREADY_EXISTS".into()), "{taken}");
    }
}

/// The fields that a refusal names.
fn refused_fields(response: &Response) -> Vec<Value> {
    assert_eq!(response.refusal(), (400, "INVALID_ARGUMENT".into()));
    let details = response.json()["error"]["details"].as_array().cloned().unwrap();
    details.iter().map(|detail| detail["field"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extension_needs_a_password_and_keeps_one() {
    let client = Client::start().await;
    let (_, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    for without in [json!({ "extension": "100" }), json!({ "extension": "100", "password": "" })] {
        assert_eq!(refused_fields(&ann.post("/v1.0/extensions", without).await), ["password"]);
    }
    let extension = create(&ann, &EXTENSIONS, json!({ "extension": "100", "password": "dial tone" })).await;
    let path = row_path(&EXTENSIONS, &extension);
    assert_eq!(refused_fields(&ann.put(&path, json!({ "password": "" })).await), ["password"]);
    let kept = ann.put(&path, json!({ "name": "desk", "password": null })).await.ok();
    assert_eq!((&kept["name"], &kept["password"]), (&json!("desk"), &json!("dial tone")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trunk_with_basic_authentication_needs_a_username_and_a_password_if_it_has_a_domain() {
    let client = Client::start().await;
    let (_, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let trunk = |domain: &str, auth_type: &str, username: &str, password: &str| json!({ "domain_name": domain, "auth_types": [auth_type], "username": username, "password": password });
    for (body, fields) in [
        (trunk("a.example.com", "basic", "", ""), &["username", "password"][..]),
        (trunk("a.example.com", "basic", "acme", ""), &["password"]),
        (trunk("a.example.com", "basic", "", "dial tone"), &["username"]),
        (json!({ "domain_name": "a.example.com", "auth_types": ["ip", "basic"] }), &["username", "password"]),
    ] {
        assert_eq!(refused_fields(&ann.post("/v1.0/trunks", body).await), fields);
    }
    // With a trunk that has no domain, or only authentication by IP address, no device registers by username and password.
    create(&ann, &TRUNKS, trunk("", "basic", "", "")).await;
    let by_address = create(&ann, &TRUNKS, trunk("b.example.com", "ip", "", "")).await;
    let path = row_path(&TRUNKS, &by_address);
    let refused = ann.put(&path, json!({ "auth_types": ["basic", "ip"] })).await;
    assert_eq!(refused_fields(&refused), ["username", "password"]);
    let by_password = json!({ "auth_types": ["basic"], "username": "acme", "password": "dial tone" });
    ann.put(&path, by_password).await.ok();
    assert_eq!(refused_fields(&ann.put(&path, json!({ "username": "" })).await), ["username"]);
    ann.put(&path, json!({ "auth_types": ["ip"], "username": "", "password": "" })).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extension_of_an_earlier_release_without_a_password_can_still_be_changed() {
    let client = Client::start().await;
    let (id, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let extension = create(&ann, &EXTENSIONS, json!({ "extension": "100", "password": "dial tone" })).await;
    let tables = Tables(client.engine().clone());
    let mut rows = tables.query("extensions", "customer_id", &id);
    rows[0]["password"] = json!({ "S": "" });
    rows[0].as_object_mut().unwrap().remove("encrypted");
    tables.insert("extensions", &rows);
    let path = row_path(&EXTENSIONS, &extension);
    let read = ann.get(&path).await.ok();
    assert_eq!(read["password"], "");
    assert_eq!(ann.put(&path, read).await.ok()["password"], "", "a client may send back what it read");
    assert_eq!(ann.put(&path, json!({ "name": "desk" })).await.ok()["name"], "desk");
    ann.put(&path, json!({ "password": "dial tone" })).await.ok();
    assert_eq!(refused_fields(&ann.put(&path, json!({ "password": "" })).await), ["password"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contacts_address_keeps_its_creation_time() {
    let client = Client::start().await;
    let (_, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let address = |target: &str| json!({ "type": "tel", "target": target });
    let created = create(&ann, &CONTACTS, json!({ "addresses": [address("+1")] })).await;
    assert_eq!(created["addresses"][0]["tm_create"], created["tm_create"]);
    client.advance(60).await;
    let both = json!({ "addresses": [address("+2"), address("+1")] });
    let changed = ann.put(&row_path(&CONTACTS, &created), both).await.ok();
    let created_at = |at: usize| changed["addresses"][at]["tm_create"].clone();
    assert_eq!((created_at(0), created_at(1)), (changed["tm_update"].clone(), created["tm_create"].clone()));
    assert_ne!(changed["tm_update"], created["tm_create"]);
    // The times are read-only.
    let mut changed_times = changed["addresses"].clone();
    changed_times[0]["tm_create"] = json!("2001-01-01T00:00:00Z");
    let again = ann.put(&row_path(&CONTACTS, &created), json!({ "addresses": changed_times })).await.ok();
    assert_eq!(again["addresses"], changed["addresses"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_is_too_large_when_serialised_is_refused() {
    let client = Client::start().await;
    let (_, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    // Each number is serialised as 1000000000000000.0.
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
    let stored = post(6_000).await.ok();
    assert_eq!(ann.get(&row_path(&FLOWS, &stored)).await.ok(), stored);
    assert!(stored.to_string().len() > 100_000);
}
