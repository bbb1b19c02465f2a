//! The fields of every kind but agents: stored, changed, and refused by name if invalid.

use custodian_domain::kinds::{FLOWS, Field, FieldType, Kind, Source, TAGS, Verbs, routed};
use custodian_domain::sip_digest::ha1;
use custodian_tests::Client;
use serde_json::{Value, json};

use crate::boundary_values::{invalid_values, max_value};
use crate::sample_values::{
    collection_path, contains, create, full_body, kinds, minimal_body, row_path, sample_id, sample_value,
    tenant_on_plan, without_secrets,
};

/// Creates a row with the given values. If the verification of the account created the kind's row, updates that row instead.
async fn create_or_update(client: &Client, kind: &Kind, given: Value) -> Value {
    if kind.verbs == Verbs::All {
        return create(client, kind, given).await;
    }
    let rows = client.get(&collection_path(kind)).await.ok();
    client.put(&row_path(kind, &rows["result"][0]), given).await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_are_returned_as_given_and_can_be_changed_unless_they_are_create_only() {
    let client = Client::start().await;
    let (customer, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    for kind in routed() {
        let given = full_body(kind, 1, true);
        let mut request = given.clone();
        // Unknown and read-only fields are ignored.
        request.insert("unknown".to_owned(), json!({ "a": 1 }));
        for read_only in kind.fields.iter().filter(|field| !field.is_writable(true)) {
            request.insert(read_only.name.to_owned(), json!("read-only"));
        }
        request.extend(["id", "customer_id", "tm_create"].map(|name| (name.to_owned(), json!(sample_id(1)))));
        let given = Value::Object(given);
        let created = create_or_update(&ann, kind, Value::Object(request)).await;
        assert!(contains(&created, &given), "{}: {created}", kind.route);
        assert!(!created.to_string().contains("read-only") && created["id"] != sample_id(1), "{created}");
        assert_eq!(created["customer_id"], customer.as_str());
        assert_eq!(ann.get(&row_path(kind, &created)).await.ok(), created);
        let listed = ann.get(&collection_path(kind)).await.ok()["result"].clone();
        assert_eq!(listed, json!([without_secrets(kind, created.clone())]));

        let change = Value::Object(full_body(kind, 2, false));
        let changed = ann.put(&row_path(kind, &created), change.clone()).await.ok();
        assert!(contains(&changed, &change), "{}: {changed}", kind.route);
        for field in kind.fields.iter().filter(|field| !field.is_writable(false) && field.is_stored()) {
            assert_eq!(changed[field.name], created[field.name], "{} {}", kind.route, field.name);
            if field.source != Source::ClientOnce {
                continue;
            }
            let other = sample_value(field, 2).unwrap_or_else(|| json!(sample_id(2)));
            let refused = ann.put(&row_path(kind, &created), json!({ field.name: other })).await;
            assert_refused_by_name(&refused, field, kind.route);
            assert!(refused.text.contains("can only be set at creation"), "{}", refused.text);
        }
        // A client sends back the row that it read, with an unknown field.
        let mut read = changed.clone();
        read["unknown"] = json!({ "a": 1 });
        let again = ann.put(&row_path(kind, &created), read).await.ok();
        assert_eq!(without_update_time(again), without_update_time(changed), "{}", kind.route);
        if kind.verbs != Verbs::All {
            continue;
        }
        let deleted = ann.delete(&row_path(kind, &created)).await.ok();
        assert!(deleted["tm_delete"].is_string());
        let not_found = (404, kind.not_found.key().to_owned());
        assert_eq!(ann.get(&row_path(kind, &created)).await.refusal(), not_found);
        assert_eq!(ann.put(&row_path(kind, &created), json!({})).await.refusal(), not_found);
        assert_eq!(ann.delete(&row_path(kind, &created)).await.refusal(), not_found);
    }
}

/// A row without its update time.
fn without_update_time(mut row: Value) -> Value {
    row["tm_update"] = Value::Null;
    row
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_fields_get_the_kinds_declared_defaults() {
    let client = Client::start().await;
    let (customer, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    for kind in kinds() {
        let created = create(&ann, kind, minimal_body(kind, 7)).await;
        for field in kind.fields.iter().filter(|field| !field.required) {
            let expected = match field.source {
                Source::Customer => json!(customer),
                Source::Copy(of) => created[of].clone(),
                Source::CreationTime => created["tm_create"].clone(),
                Source::SipDigest => {
                    let text = |name: &str| created[name].as_str().unwrap();
                    json!(ha1(text("username"), text("domain_name"), text("password")))
                }
                _ => field.field_type.empty(),
            };
            assert_eq!(created[field.name], expected, "{} {}", kind.route, field.name);
        }
        let names: Vec<_> = created.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names.len(), kind.fields.len() + 5, "{names:?}");
        for required in kind.fields.iter().filter(|field| field.required) {
            let mut without = minimal_body(kind, 8);
            without.as_object_mut().unwrap().remove(required.name);
            assert_refused_by_name(&ann.post(&collection_path(kind), without).await, required, kind.route);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn null_in_an_optional_field_is_its_default_at_creation_and_changes_nothing_later() {
    let client = Client::start().await;
    let (_, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    for kind in kinds() {
        let optional: Vec<_> =
            kind.fields.iter().filter(|field| field.is_writable(true) && !field.required).collect();
        let mut given = minimal_body(kind, 1);
        for field in &optional {
            given[field.name] = Value::Null;
        }
        let created = create(&ann, kind, given).await;
        for field in &optional {
            assert_eq!(created[field.name], field.field_type.empty(), "{} {}", kind.route, field.name);
        }
        let changed = ann.put(&row_path(kind, &created), Value::Object(full_body(kind, 2, false))).await.ok();
        let nulls = kind.fields.iter().filter(|field| field.is_writable(true));
        let nulls = nulls.map(|field| (field.name.to_owned(), Value::Null)).collect();
        let after = ann.put(&row_path(kind, &created), Value::Object(nulls)).await.ok();
        assert_eq!(without_update_time(after), without_update_time(changed), "{}", kind.route);
    }
    let address = json!({ "type": "tel", "target": "+1", "name": null, "detail": null, "is_primary": null });
    let contact = ann.post("/v1.0/contacts", json!({ "addresses": [address] })).await.json();
    assert_eq!(contact["addresses"][0]["is_primary"], false, "{contact}");
    let number = json!({ "number": "+15550000099", "metadata": { "rtp_debug": null } });
    assert_eq!(ann.post("/v1.0/numbers", number).await.ok()["metadata"]["rtp_debug"], false);
}

/// Asserts that the service refused this field and no other.
fn assert_refused_by_name(response: &custodian_tests::Response, field: &Field, route: &str) {
    assert_eq!(response.status, 400, "{route} {}: {}", field.name, response.text);
    let details = response.json()["error"]["details"].clone();
    let fields: Vec<_> = details.as_array().unwrap().iter().map(|detail| detail["field"].clone()).collect();
    assert_eq!(fields, [field.name], "{route}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_value_is_refused_by_field_name_and_changes_nothing() {
    let client = Client::start().await;
    let (_, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    for kind in routed() {
        let row = create_or_update(&ann, kind, minimal_body(kind, 1)).await;
        for field in kind.fields.iter().filter(|field| field.is_writable(true)) {
            for bad in invalid_values(field) {
                if kind.verbs == Verbs::All {
                    let mut creating = minimal_body(kind, 2);
                    creating[field.name] = bad.clone();
                    assert_refused_by_name(
                        &ann.post(&collection_path(kind), creating).await,
                        field,
                        kind.route,
                    );
                }
                let changing = ann.put(&row_path(kind, &row), json!({ field.name: bad })).await;
                assert_refused_by_name(&changing, field, kind.route);
            }
        }
        let rows = ann.get(&collection_path(kind)).await.ok()["result"].as_array().unwrap().clone();
        assert_eq!(
            rows.into_iter().map(without_update_time).collect::<Vec<_>>(),
            [without_update_time(without_secrets(kind, row))],
            "{}",
            kind.route
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_accepts_its_largest_value() {
    let client = Client::start().await;
    let (_, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let mut tags = Vec::new();
    for number in 0..50 {
        tags.push(create(&ann, &TAGS, minimal_body(&TAGS, number)).await["id"].clone());
    }
    for kind in routed() {
        for field in kind.fields.iter().filter(|field| field.is_writable(true)) {
            let Some(largest) = max_value(&field.field_type, &tags) else { continue };
            let mut given = minimal_body(kind, 3);
            given[field.name] = largest.clone();
            if largest == "virtual" {
                given["number"] = json!("+899001000000");
            }
            let created = create_or_update(&ann, kind, given).await;
            assert!(contains(&created[field.name], &largest), "{} {}", kind.route, field.name);
            if field.is_writable(false) {
                let changed = ann.put(&row_path(kind, &created), json!({ field.name: largest })).await.ok();
                assert_eq!(changed[field.name], created[field.name], "{} {}", kind.route, field.name);
            }
            if kind.verbs == Verbs::All {
                ann.delete(&row_path(kind, &created)).await.ok();
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_string_resets_an_enum_an_id_or_a_reference_that_may_be_empty() {
    let client = Client::start().await;
    let (_, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let flow = create(&ann, &FLOWS, json!({})).await["id"].clone();
    for kind in routed() {
        for field in kind.fields.iter().filter(|field| field.is_writable(true)) {
            let value = match field.field_type {
                FieldType::Choice { values, .. } => json!(values.last()),
                FieldType::Id => json!(sample_id(1)),
                FieldType::Link(_) => flow.clone(),
                _ => continue,
            };
            let mut given = minimal_body(kind, 3);
            given[field.name] = value;
            if given[field.name] == "virtual" {
                given["number"] = json!("+899001000000");
            }
            let row = create_or_update(&ann, kind, given).await;
            let case = format!("{} {}", kind.route, field.name);
            if field.is_writable(false) {
                let reset = ann.put(&row_path(kind, &row), json!({ field.name: "" })).await;
                if field.non_empty {
                    let reason = (400, "INVALID_ROUTING_METHOD".to_owned());
                    assert_eq!(reset.refusal(), reason, "{case}");
                } else {
                    assert_eq!(reset.ok()[field.name], field.field_type.empty(), "{case}");
                }
            }
            if kind.verbs == Verbs::All {
                ann.delete(&row_path(kind, &row)).await.ok();
                if !field.non_empty {
                    let mut given = minimal_body(kind, 4);
                    given[field.name] = json!("");
                    let row = create(&ann, kind, given).await;
                    assert_eq!(row[field.name], field.field_type.empty(), "{case}");
                    ann.delete(&row_path(kind, &row)).await.ok();
                }
            }
        }
    }
}
