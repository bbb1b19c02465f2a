//! Every field of every kind: what goes in comes out, and what is wrong is named.

use custodian_domain::kinds::{FLOWS, Field, Kind, Shape, Source, TAGS, Verbs, routed};
use custodian_tests::Client;
use serde_json::{Value, json};

use crate::extremes::{bad, most};
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
