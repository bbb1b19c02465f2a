//! Every field of every kind: what goes in comes out, and what is wrong is named.

use custodian_domain::kinds::{Field, Shape, Source};
use custodian_tests::Client;
use serde_json::{Value, json};

use crate::values::{body, kinds, least, make, on_plan, path, place, value};

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

#[tokio::test(flavor = "multi_thread")]
async fn every_field_comes_back_as_it_was_given_and_can_be_changed() {
    let client = Client::start().await;
    let (customer, ann) = on_plan(&client, "ann", "unlimited").await;
    for kind in kinds() {
        let given = Value::Object(body(kind, 1, true));
        let made = make(&ann, kind, given.clone()).await;
        assert!(contains(&made, &given), "{}: {made}", kind.route);
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
        assert_eq!((&again["name"], &again["tm_create"]), (&changed["name"], &made["tm_create"]));
        let gone = ann.delete(&place(kind, &made)).await.ok();
        assert!(gone["tm_delete"].is_string());
        let not_found = (404, kind.not_found.key().to_owned());
        assert_eq!(ann.get(&place(kind, &made)).await.refusal(), not_found);
        assert_eq!(ann.put(&place(kind, &made), json!({})).await.refusal(), not_found);
        assert_eq!(ann.delete(&place(kind, &made)).await.refusal(), not_found);
    }
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
fn bad(shape: &Shape) -> Vec<Value> {
    let mut bad = vec![Value::Null];
    let more = match shape {
        Shape::Text { most } => vec![json!(7), json!("x".repeat(most + 1)), json!("a\u{0}b"), json!([])],
        Shape::Phone => vec![json!(15_551_234), json!("1555"), json!("+1 555"), json!("+1234567890123456")],
        Shape::Choice { .. } => vec![json!(1), json!("nothing of the kind")],
        Shape::Flag => vec![json!("true"), json!(1)],
        Shape::Integer { least, .. } => vec![json!(least - 1), json!(1.5), json!("1"), json!(1e16)],
        Shape::Time | Shape::Id | Shape::Link(_) => vec![json!("no id"), json!(1)],
        Shape::Links(link) => {
            let ids: Vec<_> = (0..=link.most).map(crate::values::an_id).collect();
            vec![json!("x"), json!(["no id"]), json!([ids[0], ids[0]]), json!(ids)]
        }
        Shape::Ids => vec![json!("x"), json!([1])],
        Shape::Texts { most, .. } => vec![json!("ip"), json!([1]), json!([""]), json!(vec!["ip"; most + 1])],
        Shape::Actions { .. } => vec![json!({}), json!([1]), json!([{}]), json!([{ "type": 1 }])],
        Shape::Addresses { most } => {
            let one = json!({ "type": "tel", "target": "+1" });
            let many: Vec<_> =
                (0..=*most).map(|n| json!({ "type": "tel", "target": format!("+{n}") })).collect();
            vec![
                json!({}),
                json!([1]),
                json!([{ "type": "fax", "target": "1" }]),
                json!([{ "type": "tel" }]),
                json!([one, one]),
                json!(many),
            ]
        }
        Shape::Flags(names) => vec![json!([]), json!({ names[0]: 1 })],
    };
    bad.extend(more);
    bad
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_field_does_not_take_is_refused_by_name_and_its_limit_is_met_to_the_byte() {
    let client = Client::start().await;
    let (_, ann) = on_plan(&client, "ann", "unlimited").await;
    for kind in kinds() {
        let row = make(&ann, kind, least(kind, 1)).await;
        for field in kind.fields.iter().filter(|field| field.is_writable(true)) {
            for bad in bad(&field.shape) {
                let mut creating = least(kind, 2);
                creating[field.name] = bad.clone();
                named(&ann.post(&path(kind), creating).await, field, kind.route);
                let changing = ann.put(&place(kind, &row), json!({ field.name: bad })).await;
                if field.is_writable(false) {
                    named(&changing, field, kind.route);
                } else {
                    changing.ok();
                }
            }
            if let Shape::Text { most } = field.shape {
                let longest = json!("\u{fc}".repeat(most / 2) + &"x".repeat(most % 2));
                let mut creating = least(kind, 3);
                creating[field.name] = longest.clone();
                let made = make(&ann, kind, creating).await;
                assert_eq!(made[field.name], longest);
                ann.delete(&place(kind, &made)).await.ok();
            }
        }
        assert_eq!(ann.get(&path(kind)).await.ok()["result"].as_array().unwrap().len(), 1, "{}", kind.route);
        assert!(value(&kind.fields[0], 1).is_some());
    }
}
