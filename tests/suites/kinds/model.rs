//! Many callers at once against a model in memory: the same answers, the same rows, the same counters.

use std::collections::BTreeMap;

use custodian_domain::kinds::Kind;
use custodian_tests::{Client, Tables};
use futures::future::join_all;
use serde_json::Value;

use crate::values::{body, kinds, on_plan, path, place, usage};

const CALLERS: usize = 8;
const CUSTOMERS: usize = 4;
const EACH: usize = 250;

/// Numbers that look random and are the same for the same seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides as u64).unwrap()
    }
}

/// The rows that a caller has made: nobody else changes them, though others share the account, its gates and its counters.
type Own = BTreeMap<String, (&'static Kind, Value)>;

async fn act(client: &Client, dice: &mut Dice, own: &mut Own, number: usize, what: &str) {
    let all: Vec<_> = kinds().collect();
    let kind = all[dice.roll(all.len())];
    let picked = (!own.is_empty()).then(|| own.keys().nth(dice.roll(own.len())).unwrap().clone());
    match (dice.roll(10), picked) {
        (0..=4, _) | (_, None) => {
            let given = Value::Object(body(kind, number, true));
            let answer = client.post(&path(kind), given).await;
            assert_eq!(answer.status, kind.created, "{what}: {}", answer.text);
            let row = answer.json();
            own.insert(row["id"].as_str().unwrap().to_owned(), (kind, row));
        }
        (5 | 6, Some(id)) => {
            let (kind, row) = own.get_mut(&id).unwrap();
            let given = body(kind, number, false);
            let changed = client.put(&place(kind, row), Value::Object(given.clone())).await.ok();
            for (name, value) in given.iter().filter(|(name, _)| *name != "addresses") {
                assert_eq!(changed[name], *value, "{what}");
            }
            *row = changed;
        }
        (7, Some(id)) => {
            let (kind, row) = own.remove(&id).unwrap();
            client.delete(&place(kind, &row)).await.ok();
            let gone = (404, kind.not_found.key().to_owned());
            assert_eq!(client.get(&place(kind, &row)).await.refusal(), gone, "{what}");
        }
        (_, Some(id)) => {
            let (kind, row) = &own[&id];
            assert_eq!(client.get(&place(kind, row)).await.ok(), *row, "{what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_operations_of_eight_callers_leave_what_the_model_says() {
    let client = Client::start().await;
    let seed = 20_261_123;
    let mut tenants = Vec::new();
    for n in 0..CUSTOMERS {
        tenants.push(on_plan(&client, &format!("customer{n}"), "unlimited").await);
    }
    let callers = (0..CALLERS).map(|caller| {
        let client = tenants[caller % CUSTOMERS].1.clone();
        tokio::spawn(async move {
            let (mut dice, mut own) = (Dice(seed + caller as u64), Own::new());
            for number in 0..EACH {
                let what = format!("seed {seed}, caller {caller}, operation {number}");
                // Names of their own for each caller: numbers, extensions and addresses do not meet.
                act(&client, &mut dice, &mut own, caller * 10_000 + number, &what).await;
            }
            own
        })
    });
    let owns: Vec<Own> = join_all(callers).await.into_iter().map(Result::unwrap).collect();
    for (n, (id, tenant)) in tenants.iter().enumerate() {
        let model: Vec<_> = owns.iter().skip(n).step_by(CUSTOMERS).flat_map(|own| own.iter()).collect();
        for kind in kinds() {
            let mut wanted: Vec<_> = model
                .iter()
                .filter(|(_, (of, _))| of.table == kind.table)
                .map(|(_, (_, row))| row.clone())
                .collect();
            wanted.sort_by_key(|row| std::cmp::Reverse(row["id"].as_str().unwrap().to_owned()));
            let mut rows = Vec::new();
            let mut token = String::new();
            loop {
                let page = tenant.get(&format!("{}?page_token={token}", path(kind))).await.ok();
                rows.extend(page["result"].as_array().unwrap().iter().cloned());
                token = page["next_page_token"].as_str().unwrap().to_owned();
                if token.is_empty() {
                    break;
                }
            }
            assert_eq!(rows, wanted, "seed {seed}: {} of customer {n}", kind.route);
            assert_eq!(usage(tenant, kind).await.0, wanted.len() as u64, "seed {seed}: {}", kind.route);
        }
        // A recount finds no drift: it changes nothing.
        let tables = Tables(client.engine().clone());
        let before = tables.query("usage", "customer_id", id);
        assert!(!before.is_empty());
        client.service().recount(id.parse().unwrap()).await.unwrap();
        assert_eq!(tables.query("usage", "customer_id", id), before, "seed {seed}");
    }
    // Names are held by rows that are there, and by no others.
    let numbers =
        owns.iter().flat_map(|own| own.values()).filter(|(kind, _)| kind.table == "numbers").count();
    let names = Tables(client.engine().clone()).scan("identifiers");
    let held = names.iter().filter(|row| row["id"]["S"].as_str().unwrap().starts_with("number#")).count();
    assert_eq!(held, numbers, "seed {seed}");
}
