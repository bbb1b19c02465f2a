//! Agents have their own functions, so this module tests their fields as `fields` tests those of the other kinds: valid, largest
//! and invalid values.

use custodian_tests::{Client, PASSWORD, Response};
use serde_json::{Value, json};

use crate::sample_values::{sample_id, tenant_on_plan};

/// A field of an agent: its valid, largest and invalid values, and the path that changes it, if any.
struct FieldCase {
    field: &'static str,
    /// The path after the agent's own.
    subpath: Option<&'static str>,
    valid: Value,
    largest: Value,
    invalid: Vec<Value>,
}

fn case(
    field: &'static str,
    subpath: Option<&'static str>,
    valid: Value,
    largest: Value,
    invalid: Vec<Value>,
) -> FieldCase {
    FieldCase { field, subpath, valid, largest, invalid }
}

fn cases(tags: &[Value]) -> Vec<FieldCase> {
    let not_texts = || vec![json!(7), json!("a\u{0}b"), json!([])];
    let with = |mut invalid: Vec<Value>, more: Vec<Value>| {
        invalid.extend(more);
        invalid
    };
    let (long, longer) = ("\u{fc}".repeat(127) + "x", "x".repeat(256));
    let address = |target: &str, name: &str| json!({ "type": "tel", "target": target, "target_name": name, "name": name, "detail": name });
    let usernames = vec![json!(""), json!("a b"), json!("guest-7"), json!("\u{fc}".repeat(128))];
    let addresses = vec![
        json!({}),
        json!([1]),
        json!([{ "type": "fax", "target": "1" }]),
        json!([{ "type": "tel", "target": "" }]),
        json!([{ "type": "tel", "target": longer }]),
        json!(vec![address("+1", ""); 101]),
    ];
    let largest_addresses =
        json!(vec![address("+1", "a"); 99].into_iter().chain([address(&long, &long)]).collect::<Vec<_>>());
    vec![
        case("username", None, json!("good@example.com"), json!(long), with(not_texts(), usernames)),
        case("name", Some(""), json!("Ann \u{1f600}"), json!(long), with(not_texts(), vec![json!(longer)])),
        case(
            "detail",
            Some(""),
            json!("d"),
            json!("x".repeat(4096)),
            with(not_texts(), vec![json!("x".repeat(4097))]),
        ),
        case("ring_method", Some(""), json!("ringall"), json!("ringall"), vec![json!(1), json!("all")]),
        case(
            "permission",
            Some("/permission"),
            json!(64),
            json!(112),
            vec![json!(2), json!(-1), json!("16"), json!(1.5)],
        ),
        case(
            "tag_ids",
            Some("/tag_ids"),
            json!([tags[0]]),
            json!(tags),
            vec![
                json!("x"),
                json!(["no id"]),
                json!([tags[0], tags[0]]),
                json!((0..51).map(sample_id).collect::<Vec<_>>()),
            ],
        ),
        case("addresses", Some("/addresses"), json!([address("+1", "n")]), largest_addresses, addresses),
    ]
}

/// Asserts that the service refused this field and no other.
fn assert_refused_by_name(response: &Response, field: &str) {
    assert_eq!(response.status, 400, "{field}: {}", response.text);
    let details = response.json()["error"]["details"].clone();
    let fields: Vec<_> = details.as_array().unwrap().iter().map(|detail| detail["field"].clone()).collect();
    assert_eq!(fields, [field], "{}", response.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_agent_field_is_stored_up_to_its_limit_and_invalid_values_are_refused_by_name() {
    let client = Client::start().await;
    let (customer, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let mut tags = Vec::new();
    for n in 0..50 {
        tags.push(ann.post("/v1.0/tags", json!({ "name": n.to_string() })).await.ok()["id"].clone());
    }
    let cases = cases(&tags);
    let (mut valid, mut largest) =
        (json!({ "password": PASSWORD }), json!({ "password": "\u{1f600}".repeat(128) }));
    for case in &cases {
        valid[case.field] = case.valid.clone();
        largest[case.field] = case.largest.clone();
    }
    // Unknown and read-only fields are ignored.
    let ignored = [
        ("unknown", json!([1])),
        ("id", json!(sample_id(1))),
        ("customer_id", json!(sample_id(2))),
        ("direct_hash", json!("x")),
    ];
    ignored.into_iter().for_each(|(name, value)| valid[name] = value);
    // An agent can grant permissions up to its own rank. The largest permission has all bits except the platform admin's, so an
    // admin can grant it.
    let row = ann.post("/v1.0/agents", valid).await.ok();
    let full = ann.post("/v1.0/agents", largest).await.ok();
    for case in &cases {
        assert_eq!((&row[case.field], &full[case.field]), (&case.valid, &case.largest), "{}", case.field);
    }
    assert_eq!(
        (&row["customer_id"], &row["direct_hash"], &row["status"]),
        (&json!(customer), &json!(""), &json!("offline"))
    );
    assert_ne!(row["id"], sample_id(1));
    let path = format!("/v1.0/agents/{}", row["id"].as_str().unwrap());
    assert_eq!(ann.get(&path).await.ok(), row);

    for (number, case) in cases.iter().enumerate() {
        for invalid in &case.invalid {
            let mut body = json!({ "username": format!("bad-{number}"), "password": PASSWORD });
            body[case.field] = invalid.clone();
            assert_refused_by_name(&ann.post("/v1.0/agents", body).await, case.field);
            if let Some(subpath) = case.subpath {
                assert_refused_by_name(
                    &ann.put(&format!("{path}{subpath}"), json!({ case.field: invalid })).await,
                    case.field,
                );
            }
        }
        if let Some(subpath) = case.subpath {
            let changed = ann
                .put(&format!("{path}{subpath}"), json!({ case.field: case.largest, "unknown": 1 }))
                .await
                .ok();
            assert_eq!(changed[case.field], case.largest, "{}", case.field);
        }
    }
    let changed = ann.get(&path).await.ok();
    for case in cases.iter().filter(|case| case.subpath.is_some()) {
        assert_eq!(changed[case.field], case.largest, "{}", case.field);
    }
    // A client can send back the row that it read. An empty string resets the ring method.
    ann.put(&path, json!({ "ring_method": "linear" })).await.ok();
    assert_eq!(ann.put(&path, json!({ "ring_method": "" })).await.ok()["ring_method"], "ringall");
    let again = ann.put(&path, changed.clone()).await.ok();
    assert_eq!((&again["name"], &again["addresses"]), (&changed["name"], &changed["addresses"]));
    let empty = json!({ "username": "empty", "password": PASSWORD, "ring_method": "", "addresses": [], "tag_ids": [] });
    assert_eq!(ann.post("/v1.0/agents", empty).await.ok()["ring_method"], "ringall");
    for status in ["available", "away", "busy", "offline", "ringing"] {
        let status = json!({ "status": status });
        assert_eq!(ann.put(&format!("{path}/status"), status.clone()).await.ok()["status"], status["status"]);
    }
    for invalid in [json!(1), json!("gone"), json!(""), Value::Null] {
        assert_refused_by_name(
            &ann.put(&format!("{path}/status"), json!({ "status": invalid })).await,
            "status",
        );
    }
    assert!(ann.delete(&path).await.ok()["tm_delete"].is_string());
    let not_found = (404, "AGENT_NOT_FOUND".to_owned());
    for response in [ann.get(&path).await, ann.put(&path, json!({})).await, ann.delete(&path).await] {
        assert_eq!(response.refusal(), not_found);
    }
}
