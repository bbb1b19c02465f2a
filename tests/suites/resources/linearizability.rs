//! Linearizability: concurrent callers contend for rows, unique names, plan limits and references. Responses, rows and counters
//! must meet conditions that follow from one order of their operations.

use std::collections::BTreeSet;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use custodian_domain::kinds::AGENTS;
use custodian_domain::{CustomerId, Plan};
use custodian_tests::{Client, Tables};
use futures::future::join_all;
use serde_json::Value;

use crate::concurrent_callers::{CUSTOMERS, Caller, Known, SeededRandom};
use crate::history::{History, OperationResult, id_of};
use crate::sample_values::{
    collection_path, kinds, kinds_with_agents, tenant_on_plan, usage, without_secrets,
};

const CALLERS: usize = 8;
const OPERATIONS_EACH: usize = 250;
const SEED: u64 = 20_261_123;

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_operations_of_eight_callers_are_linearizable() {
    let client = Client::start().await;
    let mut tenants = Vec::new();
    for plan in Plan::ALL {
        tenants.push(tenant_on_plan(&client, &format!("customer-{}", plan.as_str()), plan.as_str()).await);
    }
    assert_eq!(tenants.len(), CUSTOMERS);
    let known = Known::new(Mutex::new(vec![Vec::new(); CUSTOMERS]));
    let clock = Arc::new(AtomicU64::new(0));
    let callers = (0..CALLERS).map(|number| {
        let mut caller = Caller {
            client: tenants[number % CUSTOMERS].1.clone(),
            tenant: number % CUSTOMERS,
            random: SeededRandom(SEED + number as u64),
            known: Arc::clone(&known),
            clock: Arc::clone(&clock),
            events: Vec::new(),
        };
        tokio::spawn(async move {
            for operation in 0..OPERATIONS_EACH {
                caller.run_operation(number * 10_000 + operation).await;
            }
            caller.events
        })
    });
    let events: Vec<_> = join_all(callers).await.into_iter().flat_map(Result::unwrap).collect();
    let history = History::of(events, &Plan::ALL);
    history.check();
    // The check is meaningful only if each kind of contention occurred.
    let refused = |suffix: &str| {
        history.count_outcomes(|outcome| match outcome {
            OperationResult::Refused { reason, .. } | OperationResult::Unchanged { reason, .. } => {
                reason.ends_with(suffix)
            }
            _ => false,
        })
    };
    let missing = history.count_outcomes(|outcome| {
        matches!(
            outcome,
            OperationResult::Read { observed: None, .. }
                | OperationResult::Changed { observed: None, .. }
                | OperationResult::Deleted { observed: None, .. }
        )
    });
    assert!(refused("SERVICE_UNAVAILABLE") <= 20, "too many requests used up their retry budget");
    let occurrences = [
        refused("_EXISTS") + refused("_PROGRESSING"),
        refused("_EXCEEDED"),
        refused("INVALID_ARGUMENT"),
        missing,
    ];
    assert!(
        occurrences.iter().all(|times| *times >= 20),
        "taken names, full plans, missing references, deleted rows: {occurrences:?}"
    );

    let tables = Tables(client.engine().clone());
    for (tenant, (id, client)) in tenants.iter().enumerate() {
        for kind in kinds_with_agents() {
            let remaining = history.remaining(tenant, kind).into_iter();
            let remaining: Vec<_> = remaining.map(|row| without_secrets(kind, row)).collect();
            let rows = client.get(&collection_path(kind)).await.ok()["result"].as_array().unwrap().clone();
            let is_remaining = |row: &&Value| remaining.iter().any(|known| known["id"] == row["id"]);
            let rows: Vec<_> = rows.iter().filter(is_remaining).cloned().collect();
            assert_eq!(rows, remaining, "{} of customer {tenant}", kind.route);
            let first = u64::from(kind.table == AGENTS.table);
            assert_eq!(usage(client, kind).await.0, remaining.len() as u64 + first, "{}", kind.route);
        }
        // The counters have no drift, so a recount changes nothing.
        let before = tables.query("usage", "customer_id", id);
        client.service().recount(id.parse().unwrap()).await.unwrap();
        assert_eq!(tables.query("usage", "customer_id", id), before);
    }
    assert_names_are_held_by_existing_rows(&history, &tables, &tenants);
}

/// Asserts that each existing row of the kinds other than agents holds its unique names, and that nothing else holds one.
fn assert_names_are_held_by_existing_rows(history: &History, tables: &Tables, tenants: &[(String, Client)]) {
    let keys = tables.scan("identifiers");
    let text = |row: &Value, name: &str| row[name]["S"].as_str().unwrap_or_default().to_owned();
    for kind in kinds() {
        let Some(unique) = &kind.unique else { continue };
        let begin = format!("{}#", unique.prefix);
        let main_rows = keys.iter().filter(|row| text(row, "id").starts_with(&begin));
        let held: BTreeSet<_> = main_rows.map(|row| (text(row, "id"), text(row, "row_id"))).collect();
        let mut expected = BTreeSet::new();
        for (tenant, (id, _)) in tenants.iter().enumerate() {
            let customer = CustomerId(id.parse().unwrap());
            for row in history.remaining(tenant, kind) {
                let names = unique.of(customer, row.as_object().unwrap());
                expected.extend(names.into_iter().map(|name| (name.0, id_of(&row))));
            }
        }
        assert_eq!(held, expected, "{}, scope {:?}", kind.route, unique.scope);
    }
}
