//! As many as the plan allows, and not one more.

use custodian_domain::Plan;
use custodian_domain::kinds::{AGENTS, Kind, Scope};
use custodian_tests::{Client, PASSWORD, Tables};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::values::{kinds, least, made_kinds, make, on_plan, path, place, set_plan, usage};

/// Leaves room for so many rows, behind the product's back: a limit of thousands is not met one by one.
fn leave_room(client: &Client, customer: &str, kind: &Kind, limit: u64, room: u64) {
    let tables = Tables(client.engine().clone());
    let counter = format!("count#{}", kind.table);
    let rows = tables.query("usage", "customer_id", customer);
    let mut row = rows.into_iter().find(|row| row["key"]["S"] == counter.as_str()).unwrap();
    row["n"] = json!({ "N": (limit - room).to_string() });
    tables.insert("usage", &[row]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_32_that_want_the_last_three_places_three_get_one() {
    let client = Client::start().await;
    let (customer, ann) = client.tenant("ann").await;
    for plan in Plan::ALL {
        set_plan(&client, &customer, plan.as_str()).await;
        for kind in made_kinds() {
            let Some(limit) = plan.limit(kind) else { continue };
            let room = limit.min(3);
            leave_room(&client, &customer, kind, limit, room);
            let base = 1000 * (plan as usize + 1);
            let asked = (0..32).map(|n| {
                let (ann, body) = (ann.clone(), least(kind, base + n));
                async move { ann.post(&path(kind), body).await }
            });
            let answers = join_all(asked).await;
            let made: Vec<Value> = answers
                .iter()
                .filter(|answer| answer.status == kind.created)
                .map(|answer| answer.json())
                .collect();
            assert_eq!(made.len() as u64, room, "{} on {plan:?}", kind.route);
            let refused: Vec<_> = answers.iter().filter(|answer| answer.status != kind.created).collect();
            for answer in refused {
                assert_eq!(answer.refusal(), (429, "RESOURCE_LIMIT_EXCEEDED".into()), "{}", kind.route);
            }
            assert_eq!(usage(&ann, kind).await, (limit, Some(limit)), "{}", kind.route);
            // A place that is given up is there for the next one.
            ann.delete(&place(kind, &made[0])).await.ok();
            make(&ann, kind, least(kind, base + 500)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_smaller_plan_takes_nothing_away_and_allows_nothing_more() {
    let client = Client::start().await;
    let (customer, ann) = on_plan(&client, "ann", "basic").await;
    let queues = kinds().find(|kind| kind.table == "queues").unwrap();
    for number in 0..3 {
        make(&ann, queues, least(queues, number)).await;
    }
    set_plan(&client, &customer, "free").await;
    assert_eq!(usage(&ann, queues).await, (3, Some(2)));
    let full = ann.post("/v1.0/queues", json!({})).await;
    assert_eq!(full.refusal(), (429, "RESOURCE_LIMIT_EXCEEDED".into()));
    set_plan(&client, &customer, "unlimited").await;
    make(&ann, queues, json!({})).await;
    assert_eq!(usage(&ann, queues).await, (4, None));
    let billing = ann.get("/v1.0/billing_account").await.ok();
    assert_eq!(billing["plan_type"], "unlimited");
    let operator = client.operator().await;
    let path = format!("/v1.0/customers/{customer}/plan");
    assert_eq!(operator.put(&path, json!({ "plan": "golden" })).await.status, 400);
    assert_eq!(operator.put(&path, json!({})).await.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_are_counted_without_the_guest() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    assert_eq!(ann.get("/v1.0/agents").await.ok()["result"].as_array().unwrap().len(), 2);
    assert_eq!(usage(&ann, &AGENTS).await, (1, Some(5)));
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_that_are_wrong_are_right_after_a_recount() {
    let client = Client::start().await;
    let (customer, ann) = client.tenant("ann").await;
    for kind in made_kinds() {
        make(&ann, kind, least(kind, 1)).await;
    }
    // One more administrator, and one more key than the first.
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
    // Shards may share the rows otherwise than before; their sum is what counts.
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
    // So the last administrator is known again.
    let own = ann.get("/v1.0/me").await.ok()["id"].as_str().unwrap().to_owned();
    ann.delete(&format!("/v1.0/agents/{bob}")).await.ok();
    let last = ann.delete(&format!("/v1.0/agents/{own}")).await;
    assert_eq!(last.refusal(), (409, "LAST_ADMIN".into()));
}

#[test]
fn what_is_unique_is_unique_somewhere() {
    let scopes: Vec<_> = kinds().filter_map(|kind| kind.unique.as_ref()).map(|unique| unique.scope).collect();
    assert!(scopes.contains(&Scope::Platform) && scopes.contains(&Scope::Customer));
}
