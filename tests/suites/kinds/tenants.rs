//! Each account has its own, and only while it is open.

use custodian_domain::kinds::{BILLING_ACCOUNTS, Verbs, routed};
use custodian_tests::{Client, PASSWORD};
use serde_json::json;

use crate::values::{least, made_kinds, make, on_plan, path, place};

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_another_account_is_not_there_on_all_five_verbs() {
    let client = Client::start().await;
    let (_, ann) = on_plan(&client, "ann", "unlimited").await;
    let (bobs, bob) = on_plan(&client, "bob", "unlimited").await;
    for kind in made_kinds() {
        let hers = make(&ann, kind, least(kind, 1)).await;
        let mut body = least(kind, 2);
        body["customer_id"] = hers["customer_id"].clone();
        let his = make(&bob, kind, body).await;
        assert_eq!(his["customer_id"], bobs.as_str(), "the tenant comes from the caller");
        let listed = bob.get(&path(kind)).await.ok()["result"].as_array().unwrap().clone();
        assert!(listed.contains(&his), "{}", kind.route);
        assert!(listed.iter().all(|row| row["customer_id"] == bobs.as_str()), "{}", kind.route);
        let not_found = (404, kind.not_found.key().to_owned());
        let hers_at = place(kind, &hers);
        for answer in [
            bob.get(&hers_at).await,
            bob.put(&hers_at, json!({ "name": "stolen" })).await,
            bob.delete(&hers_at).await,
        ] {
            assert_eq!(answer.refusal(), not_found, "{}", kind.route);
        }
        assert_eq!(ann.get(&hers_at).await.ok(), hers);
    }
    // A billing account is neither made nor removed by itself.
    let hers = ann.get("/v1.0/billing_account").await.ok();
    let at = place(&BILLING_ACCOUNTS, &hers);
    for answer in [bob.get(&at).await, bob.put(&at, json!({ "name": "stolen" })).await] {
        assert_eq!(answer.refusal(), (404, "BILLING_ACCOUNT_NOT_FOUND".to_owned()));
    }
    assert_eq!(ann.get(&at).await.ok(), hers);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_work_on_a_kind_is_told_so_whatever_stands_for_the_id() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let manager = json!({ "username": "max", "password": PASSWORD, "permission": 64 });
    ann.post("/v1.0/agents", manager).await.ok();
    ann.post("/v1.0/agents", json!({ "username": "eve", "password": PASSWORD })).await.ok();
    let (max, eve) = (client.login("max", PASSWORD).await, client.login("eve", PASSWORD).await);
    let denied = (403, "PERMISSION_DENIED".to_owned());
    for id in ["zz", "7d3f1c52-1f6c-4d56-9a52-000000000001"] {
        for (caller, kind) in routed().map(|kind| (&eve, kind)).chain([(&max, &BILLING_ACCOUNTS)]) {
            let at = format!("{}/{id}", path(kind));
            let mut answers = vec![caller.get(&at).await, caller.put(&at, json!({})).await];
            if kind.verbs == Verbs::All {
                answers.push(caller.delete(&at).await);
            }
            for answer in answers {
                assert_eq!(answer.refusal(), denied, "{at}");
            }
        }
        let stop = eve.post(&format!("/v1.0/transcribes/{id}/stop"), json!({})).await;
        assert_eq!(stop.refusal(), denied);
    }
    assert_eq!(ann.get("/v1.0/billing_accounts/zz").await.refusal(), (400, "INVALID_ID".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_made_changed_or_removed_while_the_account_is_not_active() {
    let client = Client::start().await;
    let (id, ann) = on_plan(&client, "ann", "unlimited").await;
    let mut rows = Vec::new();
    for kind in made_kinds() {
        rows.push((kind, make(&ann, kind, least(kind, 1)).await));
    }
    let key = ann.post("/v1.0/accesskeys", json!({})).await.ok();
    let key = client.with_token(key["token"].as_str().unwrap());
    client.open_account("new").await;
    let new = client.login("new", PASSWORD).await;
    ann.post("/auth/unregister", json!({ "password": PASSWORD })).await.ok();
    for (kind, row) in &rows {
        let frozen = (403, "ACCOUNT_FROZEN".to_owned());
        let at = place(kind, row);
        for answer in [
            key.post(&path(kind), least(kind, 2)).await,
            key.put(&at, json!({})).await,
            key.delete(&at).await,
            key.get(&at).await,
        ] {
            assert_eq!(answer.refusal(), frozen, "{}", kind.route);
        }
        let initial = new.post(&path(kind), least(kind, 3)).await;
        assert_eq!(initial.refusal(), (403, "ACCOUNT_NOT_VERIFIED".into()), "{}", kind.route);
    }
    client.operator().await.delete(&format!("/v1.0/customers/{id}")).await.ok();
    for (kind, row) in &rows {
        for answer in [key.post(&path(kind), least(kind, 2)).await, key.get(&place(kind, row)).await] {
            assert_eq!(answer.refusal(), (401, "INVALID_CREDENTIALS".into()), "{}", kind.route);
        }
    }
    client.idle().await;
    assert_eq!(custodian_tests::Tables(client.engine().clone()).left_of(&id), []);
}
