//! Who made an access key or an agent, and what ends together with its maker.

use custodian_tests::{Client, PASSWORD, Response, event_types};
use futures::future::{join, join_all};
use serde_json::{Value, json};

const ADMIN: u32 = 0x20;
const MANAGER: u32 = 0x40;

/// Creates a key. Returns its path and a client that uses it.
pub(crate) async fn key(maker: &Client, body: Value) -> (String, Client) {
    let created = maker.post("/v1.0/accesskeys", body).await.ok();
    (
        format!("/v1.0/accesskeys/{}", created["id"].as_str().unwrap()),
        maker.with_token(created["token"].as_str().unwrap()),
    )
}

/// Creates an agent and logs it in. Returns its path and its client.
pub(crate) async fn agent(maker: &Client, name: &str, permission: u32) -> (String, Client) {
    let body = json!({ "username": name, "password": PASSWORD, "permission": permission });
    let created = maker.post("/v1.0/agents", body).await.ok();
    (format!("/v1.0/agents/{}", created["id"].as_str().unwrap()), maker.login(name, PASSWORD).await)
}

pub(crate) async fn is_valid(credential: &Client) -> bool {
    let response = credential.get("/v1.0/accesskeys").await;
    assert!(matches!(response.status, 200 | 401), "{}", response.text);
    response.status == 200
}

pub(crate) fn id_of(path: &str) -> Value {
    json!(path.rsplit('/').next().unwrap())
}

/// Repeats a request that competes with other writes until its status is not 503.
async fn until_answered<F: Future<Output = Response>>(request: impl Fn() -> F) -> Response {
    loop {
        let response = request().await;
        if response.status != 503 {
            return response;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_agents_show_who_made_them() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let me = ann.get("/v1.0/me").await.ok();
    let operator = client.platform_admin().await.get("/v1.0/me").await.ok();
    assert_eq!(me["created_by"], json!({ "type": "operator", "id": operator["id"] }));
    assert_eq!(operator["created_by"], Value::Null, "the set-up made the first platform admin");
    let first = ann.get("/v1.0/accesskeys").await.rows();
    assert_eq!(first[0]["created_by"], json!({ "type": "signup", "id": null }));

    let (one_path, one) = key(&ann, json!({})).await;
    let (two_path, _) = key(&one, json!({})).await;
    let (bob_path, _) = agent(&one, "bob", MANAGER).await;
    let by_ann = json!({ "type": "agent", "id": me["id"] });
    let by_key = json!({ "type": "accesskey", "id": id_of(&one_path) });
    for (path, maker) in [(&one_path, &by_ann), (&two_path, &by_key), (&bob_path, &by_key)] {
        assert_eq!(ann.get(path).await.ok()["created_by"], *maker, "{path}");
    }
    let listed = ann.get("/v1.0/agents").await.rows();
    assert_eq!(listed[0]["created_by"], by_key);

    client.post("/auth/signup", json!({ "email": "eve@example.com", "accepted_tos": true })).await.ok();
    let token = client.mailed_token("eve@example.com").await;
    let verified = client.post("/auth/email-verify", json!({ "token": token })).await.ok();
    let eve = client.with_token(verified["accesskey"]["token"].as_str().unwrap());
    for agent in eve.get("/v1.0/agents").await.rows() {
        assert_eq!(agent["created_by"], json!({ "type": "signup", "id": null }), "{agent}");
    }
}

/// Invariant I7: a credential is valid only as long as its basis.
#[tokio::test(flavor = "multi_thread")]
async fn keys_end_with_the_agent_at_the_beginning_of_their_chain() {
    let client = Client::start().await;
    let (id, ann) = client.tenant("ann").await;
    for (name, demotes) in [("bob", true), ("cat", false)] {
        let (path, admin) = agent(&ann, name, ADMIN).await;
        let (_, one) = key(&admin, json!({})).await;
        let (two_path, two) = key(&one, json!({})).await;
        let (_, three) = key(&two, json!({})).await;
        // Nobody hides a key by deleting the key in between.
        ann.delete(&format!("{two_path}?keys=keep")).await.ok();
        let (_, anns) = key(&ann, json!({})).await;
        let earlier_events = client.published_events(&id).await.len();
        if demotes {
            ann.put(&format!("{path}/permission"), json!({ "permission": MANAGER })).await.ok();
        } else {
            ann.delete(&path).await.ok();
        }
        assert!(!is_valid(&one).await && !is_valid(&two).await && !is_valid(&three).await, "{name}");
        assert!(is_valid(&anns).await, "{name}: keys of others stay");
        let events = client.published_events(&id).await.split_off(earlier_events);
        let deleted = event_types(&events).iter().filter(|kind| **kind == "accesskey_deleted").count();
        assert_eq!(deleted, 2, "{name}: each revoked key has its event");
    }
    let left = ann.get("/v1.0/accesskeys").await.rows();
    assert_eq!(left.len(), 3, "the first key and Ann's two");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_end_with_a_key_in_their_chain() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (one_path, one) = key(&ann, json!({})).await;
    let (two_path, two) = key(&one, json!({})).await;
    let (_, three) = key(&two, json!({})).await;
    one.delete(&format!("{two_path}?keys=keep")).await.ok();
    assert!(!is_valid(&two).await && is_valid(&three).await);
    ann.delete(&one_path).await.ok();
    assert!(!is_valid(&one).await && !is_valid(&three).await, "three was made through one");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_a_deleted_or_demoted_maker_can_be_kept() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (bob_path, bob) = agent(&ann, "bob", ADMIN).await;
    let (one_path, one) = key(&bob, json!({})).await;
    let (_, two) = key(&one, json!({})).await;
    let permission = format!("{bob_path}/permission");
    for parameter in ["drop", "", "KEEP", "revoke"] {
        for refused in [
            ann.put(&format!("{permission}?keys={parameter}"), json!({ "permission": MANAGER })).await,
            ann.delete(&format!("{bob_path}?keys={parameter}")).await,
            ann.delete(&format!("{one_path}?keys={parameter}")).await,
        ] {
            assert_eq!(refused.refusal(), (400, "INVALID_REQUEST_PARAMETER".into()), "{parameter}");
        }
    }
    ann.put(&format!("{permission}?keys=keep"), json!({ "permission": MANAGER })).await.ok();
    assert!(is_valid(&one).await && is_valid(&two).await);
    ann.delete(&format!("{bob_path}?keys=keep")).await.ok();
    ann.delete(&format!("{one_path}?keys=keep")).await.ok();
    assert!(!is_valid(&one).await && is_valid(&two).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_does_not_demote_and_a_refused_one_revoke_no_key() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let me = ann.get("/v1.0/me").await.ok();
    let own = format!("/v1.0/agents/{}", me["id"].as_str().unwrap());
    let (_, one) = key(&ann, json!({})).await;
    let last = ann.put(&format!("{own}/permission"), json!({ "permission": MANAGER })).await;
    assert_eq!(last.refusal(), (409, "LAST_ADMIN".into()));
    assert_eq!(ann.delete(&own).await.refusal(), (409, "LAST_ADMIN".into()));
    let (_, bob) = agent(&ann, "bob", ADMIN).await;
    let stale = bob.request(reqwest::Method::DELETE, &own).header("If-Match", "\"7\"");
    assert_eq!(bob.send(stale).await.refusal(), (412, "PRECONDITION_FAILED".into()));
    bob.put(&format!("{own}/permission"), json!({ "permission": ADMIN | MANAGER })).await.ok();
    assert!(is_valid(&one).await);

    // An agent may demote itself, and loses its keys with that.
    let ann = client.login("ann", PASSWORD).await;
    let shown = ann.get(&own).await;
    let tag = shown.headers["etag"].to_str().unwrap();
    let demotion = ann.request(reqwest::Method::PUT, &format!("{own}/permission")).header("If-Match", tag);
    ann.send(demotion.json(&json!({ "permission": MANAGER }))).await.ok();
    assert!(!is_valid(&one).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_with_more_keys_than_fit_into_a_transaction_loses_all_of_them() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let (path, bob) = agent(&ann, "bob", ADMIN).await;
    for made in join_all((0..49).map(|_| bob.post("/v1.0/accesskeys", json!({})))).await {
        made.ok();
    }
    ann.delete(&path).await.ok();
    assert_eq!(ann.get("/v1.0/accesskeys").await.rows().len(), 1, "the first key is left");
    // The stored number of keys is right, so there is room for 49 keys again.
    let again = join_all((0..50).map(|_| ann.post("/v1.0/accesskeys", json!({})))).await;
    assert_eq!(again.iter().filter(|response| response.status == 200).count(), 49);
}

/// Invariant I7: a credential is valid only as long as its basis.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_created_while_its_maker_ends_is_not_left_behind() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    for round in 0..3 {
        let (agent_path, bob) = agent(&ann, &format!("bob{round}"), ADMIN).await;
        let (key_path, maker) = key(&ann, json!({})).await;
        let permission = format!("{agent_path}/permission");
        let (path, maker): (&str, &Client) =
            [(&*agent_path, &bob), (&permission, &bob), (&key_path, &maker)][round];
        let creations = join_all((0..32).map(|_| maker.post("/v1.0/accesskeys", json!({}))));
        let ended = until_answered(|| async {
            if path == permission {
                ann.put(path, json!({ "permission": MANAGER })).await
            } else {
                ann.delete(path).await
            }
        });
        let (created, ended) = join(creations, ended).await;
        ended.ok();
        for response in created {
            assert!(matches!(response.status, 200 | 401 | 503), "{}", response.text);
        }
        let maker = id_of(if path == key_path { &key_path } else { &agent_path });
        let left = ann.get("/v1.0/accesskeys").await.rows();
        let left: Vec<_> = left.iter().filter(|key| key["created_by"]["id"] == maker).collect();
        assert!(left.is_empty(), "{path}: {} keys are left", left.len());
    }
}
