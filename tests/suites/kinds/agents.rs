//! Agents have crates of their own, and stand the trials of every kind: each field, each limit, each bad type.

use custodian_tests::{Answer, Client, PASSWORD};
use serde_json::{Value, json};

use crate::values::{an_id, on_plan};

/// A part of an agent: where it is changed, if it is, a good value, the most that it takes, and what it does not take.
struct Part {
    field: &'static str,
    /// What follows the agent's path.
    place: Option<&'static str>,
    good: Value,
    most: Value,
    bad: Vec<Value>,
}

fn part(field: &'static str, place: Option<&'static str>, good: Value, most: Value, bad: Vec<Value>) -> Part {
    Part { field, place, good, most, bad }
}

fn parts(tags: &[Value]) -> Vec<Part> {
    let texts = || vec![json!(7), json!("a\u{0}b"), json!([])];
    let with = |mut bad: Vec<Value>, more: Vec<Value>| {
        bad.extend(more);
        bad
    };
    let (long, longer) = ("\u{fc}".repeat(127) + "x", "x".repeat(256));
    let address = |target: &str, name: &str| json!({ "type": "tel", "target": target, "target_name": name, "name": name, "detail": name });
    let usernames = vec![json!(""), json!("a b"), json!("guest-7"), json!("x".repeat(256))];
    let addresses = vec![
        json!({}),
        json!([1]),
        json!([{ "type": "fax", "target": "1" }]),
        json!([{ "type": "tel", "target": "" }]),
        json!([{ "type": "tel", "target": longer }]),
        json!(vec![address("+1", ""); 101]),
    ];
    let most_addresses =
        json!(vec![address("+1", "a"); 99].into_iter().chain([address(&long, &long)]).collect::<Vec<_>>());
    vec![
        part(
            "username",
            None,
            json!("good@example.com"),
            json!("\u{fc}".repeat(255)),
            with(texts(), usernames),
        ),
        part("name", Some(""), json!("Ann \u{1f600}"), json!(long), with(texts(), vec![json!(longer)])),
        part(
            "detail",
            Some(""),
            json!("d"),
            json!("x".repeat(4096)),
            with(texts(), vec![json!("x".repeat(4097))]),
        ),
        part("ring_method", Some(""), json!("ringall"), json!("ringall"), vec![json!(1), json!("all")]),
        part(
            "permission",
            Some("/permission"),
            json!(64),
            json!(112),
            vec![json!(2), json!(-1), json!("16"), json!(1.5)],
        ),
        part(
            "tag_ids",
            Some("/tag_ids"),
            json!([tags[0]]),
            json!(tags),
            vec![
                json!("x"),
                json!(["no id"]),
                json!([tags[0], tags[0]]),
                json!((0..51).map(an_id).collect::<Vec<_>>()),
            ],
        ),
        part("addresses", Some("/addresses"), json!([address("+1", "n")]), most_addresses, addresses),
    ]
}

/// Fails unless this field alone was refused.
fn named(answer: &Answer, field: &str) {
    assert_eq!(answer.status, 400, "{field}: {}", answer.text);
    let details = answer.json()["error"]["details"].clone();
    let told: Vec<_> = details.as_array().unwrap().iter().map(|detail| detail["field"].clone()).collect();
    assert_eq!(told, [field], "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_comes_back_up_to_its_limit_and_what_it_does_not_take_is_refused_by_name() {
    let client = Client::start().await;
    let (customer, ann) = on_plan(&client, "ann", "unlimited").await;
    let mut tags = Vec::new();
    for n in 0..50 {
        tags.push(ann.post("/v1.0/tags", json!({ "name": n.to_string() })).await.ok()["id"].clone());
    }
    let parts = parts(&tags);
    let (mut good, mut most) =
        (json!({ "password": PASSWORD }), json!({ "password": "\u{1f600}".repeat(128) }));
    for part in &parts {
        good[part.field] = part.good.clone();
        most[part.field] = part.most.clone();
    }
    // Fields that mean nothing, and those that are not a request's to say.
    let more = [
        ("unknown", json!([1])),
        ("id", json!(an_id(1))),
        ("customer_id", json!(an_id(2))),
        ("direct_hash", json!("x")),
    ];
    more.into_iter().for_each(|(name, value)| good[name] = value);
    // Whoever is above an admin may make one; a sum of all but the platform's bit is not above ann.
    let row = ann.post("/v1.0/agents", good).await.ok();
    let full = ann.post("/v1.0/agents", most).await.ok();
    for part in &parts {
        assert_eq!((&row[part.field], &full[part.field]), (&part.good, &part.most), "{}", part.field);
    }
    assert_eq!(
        (&row["customer_id"], &row["direct_hash"], &row["status"]),
        (&json!(customer), &json!(""), &json!("offline"))
    );
    assert_ne!(row["id"], an_id(1));
    let at = format!("/v1.0/agents/{}", row["id"].as_str().unwrap());
    assert_eq!(ann.get(&at).await.ok(), row);

    for (number, part) in parts.iter().enumerate() {
        for bad in part.bad.iter().chain([&Value::Null]) {
            let mut body = json!({ "username": format!("bad-{number}"), "password": PASSWORD });
            body[part.field] = bad.clone();
            named(&ann.post("/v1.0/agents", body).await, part.field);
            if let Some(place) = part.place {
                named(&ann.put(&format!("{at}{place}"), json!({ part.field: bad })).await, part.field);
            }
        }
        if let Some(place) = part.place {
            let changed =
                ann.put(&format!("{at}{place}"), json!({ part.field: part.most, "unknown": 1 })).await.ok();
            assert_eq!(changed[part.field], part.most, "{}", part.field);
        }
    }
    let changed = ann.get(&at).await.ok();
    for part in parts.iter().filter(|part| part.place.is_some()) {
        assert_eq!(changed[part.field], part.most, "{}", part.field);
    }
    // What was read can be sent back, and an empty text takes a ring method back.
    ann.put(&at, json!({ "ring_method": "linear" })).await.ok();
    assert_eq!(ann.put(&at, json!({ "ring_method": "" })).await.ok()["ring_method"], "ringall");
    let again = ann.put(&at, changed.clone()).await.ok();
    assert_eq!((&again["name"], &again["addresses"]), (&changed["name"], &changed["addresses"]));
    let empty = json!({ "username": "empty", "password": PASSWORD, "ring_method": "", "addresses": [], "tag_ids": [] });
    assert_eq!(ann.post("/v1.0/agents", empty).await.ok()["ring_method"], "ringall");
    for status in ["available", "away", "busy", "offline", "ringing"] {
        let status = json!({ "status": status });
        assert_eq!(ann.put(&format!("{at}/status"), status.clone()).await.ok()["status"], status["status"]);
    }
    for bad in [json!(1), json!("gone"), json!(""), Value::Null] {
        named(&ann.put(&format!("{at}/status"), json!({ "status": bad })).await, "status");
    }
    assert!(ann.delete(&at).await.ok()["tm_delete"].is_string());
    let gone = (404, "AGENT_NOT_FOUND".to_owned());
    for answer in [ann.get(&at).await, ann.put(&at, json!({})).await, ann.delete(&at).await] {
        assert_eq!(answer.refusal(), gone);
    }
}
