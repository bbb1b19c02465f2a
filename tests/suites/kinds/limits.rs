//! As many as the plan allows, and not one more.

use custodian_domain::Plan;
use custodian_domain::kinds::{Kind, Scope};
use custodian_tests::{Client, PASSWORD, Tables};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::values::{kinds, least, make, on_plan, path, place, set_plan, usage};

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
        for kind in kinds() {
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
async fn agents_are_counted_without_the_guest_and_two_racing_for_one_place_get_one() {
    let client = Client::start().await;
    let (_, ann) = client.tenant("ann").await;
    let agent = |n: usize| json!({ "username": format!("agent-{n}"), "password": PASSWORD });
    let asked = join_all((0..8).map(|n| {
        let (ann, body) = (ann.clone(), agent(n));
        async move { ann.post("/v1.0/agents", body).await }
    }));
    let statuses: Vec<_> = asked.await.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 4, "{statuses:?}");
    assert_eq!(usage(&ann, &custodian_domain::kinds::AGENTS).await, (5, Some(5)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_that_is_wrong_is_right_after_a_recount() {
    use custodian_events::Consumer;
    let bench = custodian_tests::Bench::default();
    let id = bench.active("ada").await;
    let tags = &custodian_domain::kinds::TAGS;
    let flows = &custodian_domain::kinds::FLOWS;
    for kind in [tags, flows] {
        for _ in 0..3 {
            let patch = custodian_domain::resource::ResourcePatch::creating(kind, &serde_json::Map::new());
            custodian_app::resources::create(&bench.cx, kind, id, patch.unwrap()).await.unwrap();
        }
    }
    let mut rows = bench.tables.query("usage", "customer_id", &id.to_string());
    for row in &mut rows {
        for name in ["n", "n_tags"] {
            if row.get(name).is_some() && row["key"]["S"] != "count#admins" {
                row[name] = json!({ "N": "41" });
            }
        }
    }
    bench.tables.insert("usage", &rows);
    let wish = custodian_fn_reconcile::Wish { recount: Some(id), survey: None };
    custodian_fn_reconcile::Reconcile.consume(&bench.cx, wish, bench.later()).await.unwrap();
    use custodian_app::ports::Usage;
    let counts = bench.cx.store.usage(id).await.unwrap();
    let expected = |table: &str| counts.get(table).copied();
    assert_eq!((expected("tags"), expected("flows"), expected("agents")), (Some(3), Some(3), Some(1)));
    assert_eq!(expected("numbers"), Some(0));
}

#[test]
fn what_is_unique_is_unique_somewhere() {
    let scopes: Vec<_> = kinds().filter_map(|kind| kind.unique.as_ref()).map(|unique| unique.scope).collect();
    assert!(scopes.contains(&Scope::Platform) && scopes.contains(&Scope::Customer));
}
