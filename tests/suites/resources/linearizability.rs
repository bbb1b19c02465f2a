//! Linearizability: concurrent callers contend for rows, unique names, plan limits and references. One order of their
//! operations must explain every response, row and counter.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use custodian_domain::Plan;
use custodian_domain::kinds::{AGENTS, FieldType, Kind, UniqueScope};
use custodian_tests::{Client, Response, Tables};
use futures::future::join_all;
use serde_json::{Map, Value, json};

use crate::history::{Event, History, Observed, OperationResult};
use crate::row_history::{Span, unique_names};
use crate::sample_values::{
    collection_path, full_body, kinds_with_agents, minimal_body, sample_id, tenant_on_plan, usage,
    without_secrets,
};

const CALLERS: usize = 8;
const CUSTOMERS: usize = 4;
const OPERATIONS_EACH: usize = 250;
const SEED: u64 = 20_261_123;

/// Pseudo-random numbers that are the same for the same seed (SplitMix64).
struct SeededRandom(u64);

impl SeededRandom {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % sides as u64).unwrap()
    }
}

/// The rows that callers know, by customer, including deleted ones.
type Known = Arc<Mutex<Vec<Vec<(&'static Kind, String)>>>>;

/// One of the concurrent callers.
struct Caller {
    client: Client,
    tenant: usize,
    random: SeededRandom,
    known: Known,
    clock: Arc<AtomicU64>,
    events: Vec<Event>,
}

fn observed(response: &Response) -> Option<Observed> {
    if response.status == 404 {
        return None;
    }
    let row = response.ok();
    let tag = response.headers["etag"].to_str().unwrap().trim_matches('"').parse().unwrap();
    Some((tag, row))
}

impl Caller {
    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    /// A row that a caller of this customer created. Mostly one of the latest, so that callers contend for the same rows.
    fn pick_row(&mut self, tenant: usize, table: Option<&str>) -> Option<(&'static Kind, String)> {
        let known = self.known.lock().unwrap();
        let in_table = |(kind, _): &&(&'static Kind, String)| table.is_none_or(|table| kind.table == table);
        let rows: Vec<_> = known[tenant].iter().filter(in_table).collect();
        let from = if self.random.below(4) > 0 { rows.len().saturating_sub(6) } else { 0 };
        (!rows.is_empty()).then(|| rows[from + self.random.below(rows.len() - from)].clone())
    }

    /// A reference target: none, a row that may be deleted by then, a row of another customer, or an id that never
    /// existed.
    fn target(&mut self, table: &str) -> Option<Value> {
        let id = match self.random.below(8) {
            0..=3 => self.pick_row(self.tenant, Some(table))?.1,
            4 => self.pick_row((self.tenant + 1) % CUSTOMERS, Some(table))?.1,
            5 if self.random.below(4) == 0 => sample_id(1),
            _ => return None,
        };
        Some(json!(id))
    }

    /// A request's fields: values derived from `number`, contended names, and references.
    fn random_body(&mut self, kind: &'static Kind, number: usize, creating: bool) -> Map<String, Value> {
        let mut fields = if kind.table != AGENTS.table {
            full_body(kind, number, creating)
        } else if creating {
            minimal_body(kind, self.random.below(40)).as_object().cloned().unwrap()
        } else {
            json!({ "name": format!("name {number}"), "detail": "an agent" }).as_object().cloned().unwrap()
        };
        let name = self.random.below(16);
        let shared = match kind.table {
            "numbers" if fields.get("type").is_some_and(|kind| kind == "virtual") => {
                Some(("number", json!(format!("+8991000000{name:02}"))))
            }
            "numbers" => Some(("number", json!(format!("+15550000{name:02}")))),
            "trunks" => Some(("domain_name", json!(format!("SIP{name}.example.com")))),
            "extensions" => Some(("extension", json!(format!("{}", 100 + name)))),
            "transcriptions" => Some(("reference_id", json!(sample_id(name)))),
            "contacts" => {
                let tel = json!({ "type": "tel", "target": format!("+{name}") });
                let email =
                    json!({ "type": "email", "target": format!("c{}@example.com", self.random.below(16)) });
                Some(("addresses", json!([tel, email])))
            }
            _ => None,
        };
        // All of these fields except `addresses` are read-only after creation.
        if let Some((field, value)) = shared.filter(|(field, _)| creating || *field == "addresses") {
            fields.insert(field.to_owned(), value);
        }
        for field in kind.fields.iter().filter(|field| field.is_writable(creating)) {
            let Some(link) = field.field_type.link() else { continue };
            let Some(id) = self.target(link.table) else { continue };
            fields.insert(
                field.name.to_owned(),
                if matches!(field.field_type, FieldType::Links(_)) { json!([id]) } else { id },
            );
        }
        if kind.table == AGENTS.table && creating {
            let tag = self.target("tags");
            fields.extend(tag.map(|id| ("tag_ids".to_owned(), json!([id]))));
        }
        fields
    }

    fn record(&mut self, from: u64, kind: &'static Kind, outcome: OperationResult) {
        let span = Span { from, to: self.tick() };
        self.events.push(Event { span, tenant: self.tenant, kind, outcome });
    }

    async fn run_operation(&mut self, number: usize) {
        let all: Vec<_> = kinds_with_agents().collect();
        let kind = all[self.random.below(all.len())];
        match (self.random.below(12), self.pick_row(self.tenant, None)) {
            (0..=3, _) | (_, None) => self.create(kind, number).await,
            (4..=6, Some((kind, id))) => self.change(kind, id, number).await,
            (7, Some((kind, id))) => {
                let from = self.tick();
                let response = self.client.delete(&format!("{}/{id}", collection_path(kind))).await;
                self.record(from, kind, OperationResult::Deleted { id, observed: observed(&response) });
            }
            (8, _) => {
                let from = self.tick();
                let page = self.client.get(&collection_path(kind)).await.ok();
                assert_eq!(page["next_page_token"], "", "all rows fit on one page");
                let rows = page["result"].as_array().unwrap().clone();
                self.record(from, kind, OperationResult::Listed { rows });
            }
            (9, _) => self.access_other_tenant(number).await,
            (_, Some((kind, id))) => {
                let from = self.tick();
                let response = self.client.get(&format!("{}/{id}", collection_path(kind))).await;
                self.record(from, kind, OperationResult::Read { id, observed: observed(&response) });
            }
        }
    }

    async fn create(&mut self, kind: &'static Kind, number: usize) {
        let fields = Value::Object(self.random_body(kind, number, true));
        let from = self.tick();
        let response = self.client.post(&collection_path(kind), fields.clone()).await;
        if response.status != kind.created_status {
            self.record(from, kind, OperationResult::Refused { reason: response.reason(), body: fields });
            return;
        }
        let row = response.json();
        let id = row["id"].as_str().unwrap().to_owned();
        self.record(from, kind, OperationResult::Created { row });
        self.known.lock().unwrap()[self.tenant].push((kind, id));
    }

    async fn change(&mut self, kind: &'static Kind, id: String, number: usize) {
        let body = self.random_body(kind, number, false);
        let from = self.tick();
        let response =
            self.client.put(&format!("{}/{id}", collection_path(kind)), Value::Object(body.clone())).await;
        let outcome = match response.status {
            200 | 404 => OperationResult::Changed { id, body, observed: observed(&response) },
            _ => OperationResult::Unchanged { id, reason: response.reason(), body },
        };
        self.record(from, kind, outcome);
    }

    /// Sends a request for a row of another customer, which must return 404.
    async fn access_other_tenant(&mut self, number: usize) {
        let Some((kind, id)) = self.pick_row((self.tenant + 1) % CUSTOMERS, None) else { return };
        let path = format!("{}/{id}", collection_path(kind));
        let response = match self.random.below(3) {
            0 => self.client.get(&path).await,
            1 => self.client.put(&path, json!({ "name": number.to_string() })).await,
            _ => self.client.delete(&path).await,
        };
        assert_eq!(response.refusal(), (404, kind.not_found.key().to_owned()), "{path}");
    }
}

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
            let is_new = |row: &&Value| remaining.iter().any(|known| known["id"] == row["id"]);
            let rows: Vec<_> = rows.iter().filter(is_new).cloned().collect();
            assert_eq!(rows, remaining, "{} of customer {tenant}", kind.route);
            let first = u64::from(kind.table == AGENTS.table);
            assert_eq!(usage(client, kind).await.0, remaining.len() as u64 + first, "{}", kind.route);
        }
        // The counters have no drift, so a recount changes nothing.
        let before = tables.query("usage", "customer_id", id);
        client.service().recount(id.parse().unwrap()).await.unwrap();
        assert_eq!(tables.query("usage", "customer_id", id), before);
    }
    assert_names_are_held_by_existing_rows(&history, &tables);
}

/// Asserts that exactly the existing rows hold unique names.
fn assert_names_are_held_by_existing_rows(history: &History, tables: &Tables) {
    let keys = tables.scan("identifiers");
    for kind in kinds_with_agents() {
        let Some(unique) = &kind.unique else { continue };
        let begin = format!("{}#", unique.prefix);
        let held = keys.iter().filter(|row| row["id"]["S"].as_str().unwrap().starts_with(&begin)).count();
        let expected: usize = (0..CUSTOMERS)
            .flat_map(|tenant| history.remaining(tenant, kind).into_iter().map(move |row| (tenant, row)))
            .map(|(tenant, row)| unique_names(kind, tenant, &row).len())
            .sum();
        assert_eq!(held, expected, "{} ({:?})", kind.route, matches!(unique.scope, UniqueScope::Platform));
    }
}
