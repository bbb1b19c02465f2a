//! Every field of every kind: what goes in comes out, and what is wrong is named.

use custodian_domain::kinds::{CONTACTS, FLOWS, Field, Kind, Shape, Source, TAGS, TRUNKS, Verbs, routed};
use custodian_tests::Client;
use serde_json::{Value, json};

use crate::values::{an_id, body, kinds, least, make, on_plan, path, place};

/// What was given is in a row; a contact's addresses say more than was asked.
fn contains(row: &Value, given: &Value) -> bool {
    match (row, given) {
        (Value::Object(row), Value::Object(given)) => {
            given.iter().all(|(name, value)| row.get(name).is_some_and(|found| contains(found, value)))
        }
        (Value::Array(row), Value::Array(given)) => {
            row.len() == given.len() && row.iter().zip(given).all(|(found, value)| contains(found, value))
        }
        _ => row == given,
    }
}

/// A row of a kind: a new one with what is given, or the one that came with the account, changed to it.
async fn row_with(client: &Client, kind: &Kind, given: Value) -> Value {
    if kind.verbs == Verbs::All {
        return make(client, kind, given).await;
    }
    let rows = client.get(&path(kind)).await.ok();
    client.put(&place(kind, &rows["result"][0]), given).await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_comes_back_as_it_was_given_and_can_be_changed() {
    let client = Client::start().await;
    let (customer, ann) = on_plan(&client, "ann", "unlimited").await;
    for kind in routed() {
        let given = body(kind, 1, true);
        let mut more = given.clone();
        // Fields that mean nothing, and those that are not a request's to say.
        more.insert("unknown".to_owned(), json!({ "a": 1 }));
        for served in kind.fields.iter().filter(|field| !field.is_writable(true)) {
            more.insert(served.name.to_owned(), json!("said by nobody"));
        }
        more.extend(["id", "customer_id", "tm_create"].map(|name| (name.to_owned(), json!(an_id(1)))));
        let given = Value::Object(given);
        let made = row_with(&ann, kind, Value::Object(more)).await;
        assert!(contains(&made, &given), "{}: {made}", kind.route);
        assert!(!made.to_string().contains("said by nobody") && made["id"] != an_id(1), "{made}");
        assert_eq!(made["customer_id"], customer.as_str());
        assert_eq!(ann.get(&place(kind, &made)).await.ok(), made);
        assert_eq!(ann.get(&path(kind)).await.ok()["result"], json!([made]));

        let other = Value::Object(body(kind, 2, false));
        let changed = ann.put(&place(kind, &made), other.clone()).await.ok();
        assert!(contains(&changed, &other), "{}: {changed}", kind.route);
        for field in kind.fields.iter().filter(|field| !field.is_writable(false)) {
            assert_eq!(changed[field.name], made[field.name], "{} {}", kind.route, field.name);
        }
        // A client sends back what it read, with fields that mean nothing here.
        let mut read = changed.clone();
        read["unknown"] = json!({ "a": 1 });
        let again = ann.put(&place(kind, &made), read).await.ok();
        assert_eq!(but_its_time(again), but_its_time(changed), "{}", kind.route);
        if kind.verbs != Verbs::All {
            continue;
        }
        let gone = ann.delete(&place(kind, &made)).await.ok();
        assert!(gone["tm_delete"].is_string());
        let not_found = (404, kind.not_found.key().to_owned());
        assert_eq!(ann.get(&place(kind, &made)).await.refusal(), not_found);
        assert_eq!(ann.put(&place(kind, &made), json!({})).await.refusal(), not_found);
        assert_eq!(ann.delete(&place(kind, &made)).await.refusal(), not_found);
    }
}

/// A row without the moment of its last change.
fn but_its_time(mut row: Value) -> Value {
    row["tm_update"] = Value::Null;
    row
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_given_is_what_the_kind_declares() {
    let client = Client::start().await;
    let (customer, ann) = on_plan(&client, "ann", "unlimited").await;
    for kind in kinds() {
        let made = make(&ann, kind, least(kind, 7)).await;
        for field in kind.fields.iter().filter(|field| !field.required) {
            let expected = match field.source {
                Source::Customer => json!(customer),
                Source::Copy(of) => made[of].clone(),
                Source::Creation => made["tm_create"].clone(),
                _ => field.shape.empty(),
            };
            assert_eq!(made[field.name], expected, "{} {}", kind.route, field.name);
        }
        let names: Vec<_> = made.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names.len(), kind.fields.len() + 5, "{names:?}");
        for required in kind.fields.iter().filter(|field| field.required) {
            let mut without = least(kind, 8);
            without.as_object_mut().unwrap().remove(required.name);
            named(&ann.post(&path(kind), without).await, required, kind.route);
        }
    }
}

/// Fails unless this field alone was refused.
fn named(answer: &custodian_tests::Answer, field: &Field, route: &str) {
    assert_eq!(answer.status, 400, "{route} {}: {}", field.name, answer.text);
    let details = answer.json()["error"]["details"].clone();
    let told: Vec<_> = details.as_array().unwrap().iter().map(|detail| detail["field"].clone()).collect();
    assert_eq!(told, [field.name], "{route}");
}

/// Values that a field does not take.
fn bad(field: &Field) -> Vec<Value> {
    let long = "x".repeat(256);
    let mut bad = vec![Value::Null];
    let more = match &field.shape {
        Shape::Text { most } => vec![json!(7), json!("x".repeat(most + 1)), json!("a\u{0}b"), json!([])],
        Shape::Phone => {
            vec![json!(15_551_234), json!("1555"), json!("+1 555"), json!("+1234567890123456"), json!("")]
        }
        Shape::Choice { .. } => vec![json!(1), json!("nothing of the kind")],
        Shape::Flag => vec![json!("true"), json!(1)],
        Shape::Integer { least, .. } => vec![json!(least - 1), json!(1.5), json!("1"), json!(1e16)],
        Shape::Time | Shape::Id | Shape::Link(_) => vec![json!("no id"), json!(1)],
        Shape::Links(link) => {
            let ids: Vec<_> = (0..=link.most).map(an_id).collect();
            vec![json!("x"), json!(["no id"]), json!([ids[0], ids[0]]), json!(ids)]
        }
        Shape::Ids => vec![json!("x"), json!([1])],
        Shape::Domain => {
            let labels = vec!["a"; 127].join(".") + ".a";
            vec![json!(1), json!("not a domain !!"), json!(" a.b"), json!("10.0.0.1"), json!(labels + "b")]
        }
        Shape::Choices { of } => {
            vec![json!(of[0]), json!([1]), json!([""]), json!(vec![of[0]; of.len() + 1]), json!(["sip"])]
        }
        Shape::Networks { most } => vec![
            json!("10.0.0.1"),
            json!([1]),
            json!([""]),
            json!(["not an ip"]),
            json!(["10.0.0.0/33"]),
            json!(vec!["10.0.0.1"; most + 1]),
        ],
        Shape::Actions { most } => vec![
            json!({}),
            json!([1]),
            json!([{}]),
            json!([{ "type": 1 }]),
            json!([{ "type": long }]),
            json!([{ "type": "talk", "option": { "text": "a\u{0}b" } }]),
            json!(vec![json!({ "type": "a" }); most + 1]),
        ],
        Shape::Addresses { most } => {
            let one = json!({ "type": "tel", "target": "+1" });
            let many: Vec<_> =
                (0..=*most).map(|n| json!({ "type": "tel", "target": format!("+{n}") })).collect();
            vec![
                json!({}),
                json!([1]),
                json!([{ "type": "fax", "target": "1" }]),
                json!([{ "type": "tel" }]),
                json!([{ "type": "tel", "target": long }]),
                json!([{ "type": "tel", "target": "+1", "name": long }]),
                json!([one, one]),
                json!(many),
            ]
        }
        Shape::Flags(names) => vec![json!([]), json!({ names[0]: 1 })],
    };
    bad.extend(more);
    bad.extend((field.filled && matches!(field.shape, Shape::Choice { .. })).then(|| json!("")));
    bad
}

/// The most that a field takes: the longest, the highest, as many as there may be. `tags` are as many as one row may have.
fn most(shape: &Shape, tags: &[Value]) -> Option<Value> {
    // Two bytes each.
    let long = |bytes: usize| "\u{fc}".repeat(bytes / 2) + &"x".repeat(bytes % 2);
    Some(match shape {
        Shape::Text { most } => json!(long(*most)),
        Shape::Phone => json!("+123456789012345"),
        Shape::Choice { of, .. } => json!(of.last()),
        Shape::Flag => json!(true),
        Shape::Integer { most, .. } => json!(most),
        Shape::Links(link) => json!(tags[..link.most]),
        Shape::Domain => json!(["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(61)].join(".")),
        Shape::Choices { of } => json!(of),
        Shape::Networks { most } => (0..*most)
            .map(|n| json!(format!("2001:db8:1111:2222:3333:4444:5555:{:x}/128", 0x1000 + n)))
            .collect(),
        Shape::Actions { most } => {
            let mut actions = vec![json!({ "type": "a" }); *most];
            actions[0] = json!({ "type": long(255) });
            actions.into()
        }
        Shape::Addresses { most } => {
            let target = |n: usize| long(253) + &format!("{n:02}");
            let address =
                |n| json!({ "type": "email", "target": target(n), "name": long(255), "detail": long(255) });
            (0..*most).map(address).collect()
        }
        Shape::Flags(names) => names
            .iter()
            .map(|name| ((*name).to_owned(), json!(true)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Shape::Time | Shape::Id | Shape::Link(_) | Shape::Ids => return None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_field_does_not_take_is_refused_by_name_and_changes_nothing() {
    let client = Client::start().await;
    let (_, ann) = on_plan(&client, "ann", "unlimited").await;
    for kind in routed() {
        let row = row_with(&ann, kind, least(kind, 1)).await;
        for field in kind.fields.iter().filter(|field| field.is_writable(true)) {
            for bad in bad(field) {
                if kind.verbs == Verbs::All {
                    let mut creating = least(kind, 2);
                    creating[field.name] = bad.clone();
                    named(&ann.post(&path(kind), creating).await, field, kind.route);
                }
                let changing = ann.put(&place(kind, &row), json!({ field.name: bad })).await;
                if field.is_writable(false) {
                    named(&changing, field, kind.route);
                } else {
                    changing.ok();
                }
            }
        }
        let rows = ann.get(&path(kind)).await.ok()["result"].as_array().unwrap().clone();
        assert_eq!(
            rows.into_iter().map(but_its_time).collect::<Vec<_>>(),
            [but_its_time(row)],
            "{}",
            kind.route
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limit_of_every_field_is_met_from_below() {
    let client = Client::start().await;
    let (_, ann) = on_plan(&client, "ann", "unlimited").await;
    let mut tags = Vec::new();
    for number in 0..50 {
        tags.push(make(&ann, &TAGS, least(&TAGS, number)).await["id"].clone());
    }
    for kind in routed() {
        for field in kind.fields.iter().filter(|field| field.is_writable(true)) {
            let Some(most) = most(&field.shape, &tags) else { continue };
            let mut given = least(kind, 3);
            given[field.name] = most.clone();
            if kind.rule.is_some() && most == "virtual" {
                given["number"] = json!("+899001000000");
            }
            let made = row_with(&ann, kind, given).await;
            assert!(contains(&made[field.name], &most), "{} {}", kind.route, field.name);
            if field.is_writable(false) {
                let changed = ann.put(&place(kind, &made), json!({ field.name: most })).await.ok();
                assert_eq!(changed[field.name], made[field.name], "{} {}", kind.route, field.name);
            }
            if kind.verbs == Verbs::All {
                ann.delete(&place(kind, &made)).await.ok();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_text_takes_back_a_choice_an_id_or_what_a_field_leads_to() {
    let client = Client::start().await;
    let (_, ann) = on_plan(&client, "ann", "unlimited").await;
    let flow = make(&ann, &FLOWS, json!({})).await["id"].clone();
    for kind in routed() {
        for field in kind.fields.iter().filter(|field| field.is_writable(true)) {
            let said = match field.shape {
                Shape::Choice { of, .. } => json!(of.last()),
                Shape::Id => json!(an_id(1)),
                Shape::Link(_) => flow.clone(),
                _ => continue,
            };
            let mut given = least(kind, 3);
            given[field.name] = said;
            if kind.rule.is_some() && given[field.name] == "virtual" {
                given["number"] = json!("+899001000000");
            }
            let row = row_with(&ann, kind, given).await;
            let what = format!("{} {}", kind.route, field.name);
            if field.is_writable(false) {
                let taken_back = ann.put(&place(kind, &row), json!({ field.name: "" })).await;
                if field.filled {
                    let reason = (400, "INVALID_ROUTING_METHOD".to_owned());
                    assert_eq!(taken_back.refusal(), reason, "{what}");
                } else {
                    assert_eq!(taken_back.ok()[field.name], field.shape.empty(), "{what}");
                }
            }
            if kind.verbs == Verbs::All {
                ann.delete(&place(kind, &row)).await.ok();
                if !field.filled {
                    let mut given = least(kind, 4);
                    given[field.name] = json!("");
                    let row = make(&ann, kind, given).await;
                    assert_eq!(row[field.name], field.shape.empty(), "{what}");
                    ann.delete(&place(kind, &row)).await.ok();
                }
            }
        }
    }
}

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
