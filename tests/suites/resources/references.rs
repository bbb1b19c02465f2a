//! A reference must point to an existing row when it is set. The target may be deleted later.

use std::sync::Arc;

use custodian_app::resources;
use custodian_domain::kinds::{FLOWS, Field, FieldType, Kind, NUMBERS, routed};
use custodian_domain::resource::ResourcePatch;
use custodian_domain::{Reason, Resource};
use custodian_tests::{Client, ExpectedCall, PASSWORD, TestApp};
use serde_json::{Value, json};

use crate::sample_values::{
    collection_path, create, kinds, minimal_body, row_path, sample_id, tenant_on_plan,
};

/// The value that makes a field reference this id.
fn reference_to(field: &Field, id: &str) -> Value {
    if matches!(field.field_type, FieldType::Links(_)) { json!([id]) } else { json!(id) }
}

fn target(field: &Field) -> Option<&'static Kind> {
    let table = field.field_type.link()?.table;
    let target = routed().find(|kind| kind.table == table);
    Some(target.unwrap_or_else(|| panic!("a reference to `{table}` needs a case of its own in this file")))
}

/// Invariant I9: the tenant comes from the caller.
#[tokio::test(flavor = "multi_thread")]
async fn a_reference_points_to_a_row_of_the_same_account_or_is_nil() {
    let client = Client::start().await;
    let (_, ann) = tenant_on_plan(&client, "ann", "unlimited").await;
    let (_, bob) = tenant_on_plan(&client, "bob", "unlimited").await;
    let mut number = 0;
    for kind in kinds() {
        for field in kind.fields.iter().filter(|field| field.is_writable(true)) {
            let Some(to) = target(field) else { continue };
            let own = create(&ann, to, minimal_body(to, 1)).await["id"].as_str().unwrap().to_owned();
            let theirs = create(&bob, to, minimal_body(to, 1)).await["id"].as_str().unwrap().to_owned();
            let mut with = |id: &str| {
                number += 1;
                let mut body = minimal_body(kind, number);
                body[field.name] = reference_to(field, id);
                body
            };
            for unknown in [sample_id(1), theirs] {
                let response = ann.post(&collection_path(kind), with(&unknown)).await;
                let case = format!("{} {}", kind.route, field.name);
                assert_eq!(response.refusal(), (400, "INVALID_ARGUMENT".into()), "{case}");
                assert_eq!(response.json()["error"]["details"][0]["field"], field.name, "{case}");
            }
            create(&ann, kind, with("00000000-0000-0000-0000-000000000000")).await;
            let row = create(&ann, kind, with(&own)).await;
            // After the target is deleted, the row can still be read and sent back.
            ann.delete(&format!("{}/{own}", collection_path(to))).await.ok();
            let read = ann.get(&row_path(kind, &row)).await.ok();
            assert_eq!(read[field.name], reference_to(field, &own));
            ann.put(&row_path(kind, &row), read).await.ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_may_reference_itself_and_a_number_one_flow_twice() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let flow = create(&ann, &FLOWS, json!({})).await;
    let own = json!({ "on_complete_flow_id": flow["id"] });
    assert_eq!(ann.put(&row_path(&FLOWS, &flow), own).await.ok()["on_complete_flow_id"], flow["id"]);
    let number =
        json!({ "number": "+15551234567", "call_flow_id": flow["id"], "message_flow_id": flow["id"] });
    ann.post("/v1.0/numbers", number).await.ok();
}

/// Deletes a flow just before the next transaction.
fn delete_before_next_write(app: &TestApp, flow: Resource) -> ExpectedCall {
    let cx = Arc::clone(&app.cx);
    app.fault_injector.before_next("TransactWriteItems", move || {
        let deletion = resources::delete(&cx, &FLOWS, flow);
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(deletion)).unwrap();
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_is_never_set_to_a_row_that_was_deleted_before() {
    let app = TestApp::default();
    let id = app.active_account("ann").await;
    let create = async |kind: &'static Kind, body: Value| {
        let patch = ResourcePatch::for_create(kind, body.as_object().unwrap()).unwrap();
        resources::create(&app.cx, kind, id, patch).await
    };
    let flow = create(&FLOWS, json!({})).await.unwrap();
    let body = json!({ "number": "+15551234567", "call_flow_id": flow.id });
    let _expected = delete_before_next_write(&app, flow);
    assert!(create(&NUMBERS, body).await.unwrap_err().is(Reason::InvalidArgument), "a new row");
    assert!(app.tables.scan("numbers").is_empty());

    let flow = create(&FLOWS, json!({})).await.unwrap();
    let number = create(&NUMBERS, json!({ "number": "+15551234567" })).await.unwrap();
    let body = json!({ "call_flow_id": flow.id });
    let patch = ResourcePatch::for_update(&NUMBERS, body.as_object().unwrap()).unwrap();
    let _expected = delete_before_next_write(&app, flow);
    let next = |row: &Resource, now| patch.clone().apply(row, now).map(Some);
    let changed = resources::update(&app.cx, &NUMBERS, number, next).await;
    assert!(changed.unwrap_err().is(Reason::InvalidArgument), "a changed row");
    assert_eq!(app.tables.scan("numbers")[0]["version"]["N"], "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_reference_tags_by_the_same_rules() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    let of_ann = ann.post("/v1.0/tags", json!({})).await.ok();
    let of_bob = bob.post("/v1.0/tags", json!({})).await.ok();
    let agent =
        |name: &str, tag: &Value| json!({ "username": name, "password": PASSWORD, "tag_ids": [tag["id"]] });
    assert_eq!(ann.post("/v1.0/agents", agent("one", &of_bob)).await.status, 400);
    let one = ann.post("/v1.0/agents", agent("one", &of_ann)).await.ok();
    let tags = format!("/v1.0/agents/{}/tag_ids", one["id"].as_str().unwrap());
    assert_eq!(ann.put(&tags, json!({ "tag_ids": [of_bob["id"]] })).await.status, 400);
    ann.delete(&format!("/v1.0/tags/{}", of_ann["id"].as_str().unwrap())).await.ok();
    ann.put(&tags, json!({ "tag_ids": [of_ann["id"]] })).await.ok();
    ann.put(&tags, json!({ "tag_ids": [] })).await.ok();
    assert_eq!(ann.put(&tags, json!({ "tag_ids": [of_ann["id"]] })).await.status, 400, "the tag is deleted");
}
