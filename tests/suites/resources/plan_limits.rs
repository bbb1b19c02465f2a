//! Plan limits: an account that has as many rows of a kind as its plan allows, or more, creates no other.

use custodian_domain::Plan;
use custodian_domain::kinds::{AGENTS, Kind, UniqueScope};
use custodian_tests::{Client, PASSWORD, Tables};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::sample_values::{
    collection_path, create, kinds, kinds_with_agents, minimal_body, row_path, set_plan, tenant_on_plan,
    usage,
};

/// Sets a counter directly in the table, so that the plan allows only `room` more rows. Creating thousands of rows would
/// take too long.
fn leave_room(client: &Client, customer: &str, kind: &Kind, limit: u64, room: u64) {
    let tables = Tables(client.engine().clone());
    let counter = format!("count#{}", kind.table);
    let rows = tables.query("usage", "customer_id", customer);
    let mut row = rows.into_iter().find(|row| row["key"]["S"] == counter.as_str()).unwrap();
    row["n"] = json!({ "N": (limit - room).to_string() });
    tables.insert("usage", &[row]);
}

#[tokio::test(flavor = "multi_thread")]
async fn three_of_32_concurrent_creations_succeed_if_the_plan_allows_three_more_rows() {
    let client = Client::start().await;
    let (customer, ann) = client.tenant("ann").await;
    for plan in Plan::ALL {
        set_plan(&client, &customer, plan.as_str()).await;
        for kind in kinds_with_agents() {
            let Some(limit) = plan.limit(kind) else { continue };
            let room = limit.min(3);
            leave_room(&client, &customer, kind, limit, room);
            let base = 1000 * (plan as usize + 1);
            let requests = (0..32).map(|n| {
                let (ann, body) = (ann.clone(), minimal_body(kind, base + n));
                async move { ann.post(&collection_path(kind), body).await }
            });
            let responses = join_all(requests).await;
            let created: Vec<Value> = responses
                .iter()
                .filter(|response| response.status == kind.created_status)
                .map(|response| response.json())
                .collect();
            assert_eq!(created.len() as u64, room, "{} on {plan:?}", kind.route);
            let refused: Vec<_> =
                responses.iter().filter(|response| response.status != kind.created_status).collect();
            for response in refused {
                assert_eq!(response.refusal(), (429, "RESOURCE_LIMIT_EXCEEDED".into()), "{}", kind.route);
            }
            assert_eq!(usage(&ann, kind).await, (limit, Some(limit)), "{}", kind.route);
            // After a deletion, the plan allows one more row.
            ann.delete(&row_path(kind, &created[0])).await.ok();
            create(&ann, kind, minimal_body(kind, base + 500)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_smaller_plan_deletes_no_rows_and_allows_no_new_ones() {
    let client = Client::start().await;
    let (customer, ann) = tenant_on_plan(&client, "ann", "basic").await;
    let queues = kinds().find(|kind| kind.table == "queues").unwrap();
    for number in 0..3 {
        create(&ann, queues, minimal_body(queues, number)).await;
    }
    set_plan(&client, &customer, "free").await;
    assert_eq!(usage(&ann, queues).await, (3, Some(2)));
    let full = ann.post("/v1.0/queues", json!({})).await;
    assert_eq!(full.refusal(), (429, "RESOURCE_LIMIT_EXCEEDED".into()));
    set_plan(&client, &customer, "unlimited").await;
    create(&ann, queues, json!({})).await;
    assert_eq!(usage(&ann, queues).await, (4, None));
    let billing = ann.get("/v1.0/billing_account").await.ok();
    assert_eq!(billing["plan_type"], "unlimited");
    let platform_admin = client.platform_admin().await;
    let path = format!("/v1.0/customers/{customer}/plan");
    assert_eq!(platform_admin.put(&path, json!({ "plan": "golden" })).await.status, 400);
    assert_eq!(platform_admin.put(&path, json!({})).await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_are_counted_without_the_guest_agent() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    assert_eq!(ann.get("/v1.0/agents").await.ok()["result"].as_array().unwrap().len(), 2);
    assert_eq!(usage(&ann, &AGENTS).await, (1, Some(5)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recount_corrects_wrong_counters() {
    let client = Client::start().await;
    let (customer, ann) = client.tenant("ann").await;
    for kind in kinds_with_agents() {
        create(&ann, kind, minimal_body(kind, 1)).await;
    }
    // Creates a second administrator and a second key.
    let admin = json!({ "username": "bob", "password": PASSWORD, "permission": 32 });
    let bob = ann.post("/v1.0/agents", admin).await.ok()["id"].as_str().unwrap().to_owned();
    ann.post("/v1.0/accesskeys", json!({})).await.ok();
    let tables = Tables(client.engine().clone());
    let right = tables.query("usage", "customer_id", &customer);
    let mut wrong = right.clone();
    for row in &mut wrong {
        let counts = row.as_object().unwrap().keys().filter(|name| *name == "n" || name.starts_with("n_"));
        for name in counts.cloned().collect::<Vec<_>>() {
            row[name] = json!({ "N": "41" });
        }
    }
    tables.insert("usage", &wrong);
    client.service().recount(customer.parse().unwrap()).await.unwrap();
    // The recount may distribute a count differently over its shards, so the test compares the sums.
    let sums = |rows: Vec<Value>| {
        let mut sums = std::collections::BTreeMap::<String, i64>::new();
        for row in rows {
            for (name, value) in row.as_object().unwrap() {
                let name = if name == "n" { row["key"]["S"].as_str().unwrap() } else { name };
                if name.starts_with("n_") || name.starts_with("count#") && value["N"].is_string() {
                    *sums.entry(name.to_owned()).or_default() +=
                        value["N"].as_str().unwrap().parse::<i64>().unwrap();
                }
            }
        }
        sums
    };
    let (right, now) = (sums(right), sums(tables.query("usage", "customer_id", &customer)));
    assert_eq!((right["count#admins"], right["count#accesskeys"]), (2, 2));
    assert_eq!(now, right);
    // The counter of administrators is correct again, so the last administrator cannot be deleted.
    let own = ann.get("/v1.0/me").await.ok()["id"].as_str().unwrap().to_owned();
    ann.delete(&format!("/v1.0/agents/{bob}")).await.ok();
    let last = ann.delete(&format!("/v1.0/agents/{own}")).await;
    assert_eq!(last.refusal(), (409, "LAST_ADMIN".into()));
}

#[test]
fn some_names_are_unique_on_the_platform_and_some_in_an_account() {
    let scopes: Vec<_> = kinds().filter_map(|kind| kind.unique.as_ref()).map(|unique| unique.scope).collect();
    assert!(scopes.contains(&UniqueScope::Platform) && scopes.contains(&UniqueScope::Customer));
}
