//! What a row leads to has to be there when it is made to lead there, and may go later.

use custodian_domain::kinds::{FLOWS, Field, Kind, Shape, routed};
use custodian_tests::{Client, PASSWORD};
use serde_json::{Value, json};

use crate::values::{an_id, kinds, least, make, on_plan, path, place};

/// A field's value that leads to this id.
fn leading(field: &Field, id: &str) -> Value {
    if matches!(field.shape, Shape::Links(_)) { json!([id]) } else { json!(id) }
}

fn target(field: &Field) -> Option<&'static Kind> {
    let link = field.shape.link()?;
    routed().find(|kind| kind.table == link.table)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_leads_to_something_of_the_same_account_or_nowhere() {
    let client = Client::start().await;
    let (_, ann) = on_plan(&client, "ann", "unlimited").await;
    let (_, bob) = on_plan(&client, "bob", "unlimited").await;
    let mut number = 0;
    for kind in kinds() {
        for field in kind.fields.iter().filter(|field| field.is_writable(true)) {
            let Some(to) = target(field) else { continue };
            let mine = make(&ann, to, least(to, 1)).await["id"].as_str().unwrap().to_owned();
            let theirs = make(&bob, to, least(to, 1)).await["id"].as_str().unwrap().to_owned();
            let mut with = |id: &str| {
                number += 1;
                let mut body = least(kind, number);
                body[field.name] = leading(field, id);
                body
            };
            for nowhere in [an_id(1), theirs] {
                let answer = ann.post(&path(kind), with(&nowhere)).await;
                let what = format!("{} {}", kind.route, field.name);
                assert_eq!(answer.refusal(), (400, "INVALID_ARGUMENT".into()), "{what}");
                assert_eq!(answer.json()["error"]["details"][0]["field"], field.name, "{what}");
            }
            make(&ann, kind, with("00000000-0000-0000-0000-000000000000")).await;
            let row = make(&ann, kind, with(&mine)).await;
            // What it leads to goes: the row can still be read, sent back and changed.
            ann.delete(&format!("{}/{mine}", path(to))).await.ok();
            let read = ann.get(&place(kind, &row)).await.ok();
            assert_eq!(read[field.name], leading(field, &mine));
            ann.put(&place(kind, &row), read).await.ok();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_may_lead_to_itself_and_a_number_twice_to_one_flow() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let flow = make(&ann, &FLOWS, json!({})).await;
    let own = json!({ "on_complete_flow_id": flow["id"] });
    assert_eq!(ann.put(&place(&FLOWS, &flow), own).await.ok()["on_complete_flow_id"], flow["id"]);
    let number =
        json!({ "number": "+15551234567", "call_flow_id": flow["id"], "message_flow_id": flow["id"] });
    ann.post("/v1.0/numbers", number).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_deletion_and_a_reference_that_meet_none_leads_to_what_was_gone_before() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    for _ in 0..10 {
        let flow = make(&ann, &FLOWS, json!({})).await;
        let number = json!({ "number": "+15551234567", "call_flow_id": flow["id"] });
        let at = place(&FLOWS, &flow);
        let (deleted, made) = tokio::join!(ann.delete(&at), ann.post("/v1.0/numbers", number));
        deleted.ok();
        match made.status {
            200 => {
                let at = format!("/v1.0/numbers/{}", made.json()["id"].as_str().unwrap());
                ann.delete(&at).await.ok();
            }
            _ => assert_eq!(made.refusal(), (400, "INVALID_ARGUMENT".into())),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_lead_to_tags_in_the_same_way() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (_, bob) = client.tenant("bob").await;
    let hers = ann.post("/v1.0/tags", json!({})).await.ok();
    let his = bob.post("/v1.0/tags", json!({})).await.ok();
    let agent =
        |name: &str, tag: &Value| json!({ "username": name, "password": PASSWORD, "tag_ids": [tag["id"]] });
    assert_eq!(ann.post("/v1.0/agents", agent("one", &his)).await.status, 400);
    let one = ann.post("/v1.0/agents", agent("one", &hers)).await.ok();
    let tags = format!("/v1.0/agents/{}/tag_ids", one["id"].as_str().unwrap());
    assert_eq!(ann.put(&tags, json!({ "tag_ids": [his["id"]] })).await.status, 400);
    ann.delete(&format!("/v1.0/tags/{}", hers["id"].as_str().unwrap())).await.ok();
    ann.put(&tags, json!({ "tag_ids": [hers["id"]] })).await.ok();
    ann.put(&tags, json!({ "tag_ids": [] })).await.ok();
    assert_eq!(ann.put(&tags, json!({ "tag_ids": [hers["id"]] })).await.status, 400, "it is gone by now");
}
