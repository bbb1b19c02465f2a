//! Concurrent callers that send random requests for the same rows, names, plan limits and references, and record the outcomes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use custodian_domain::kinds::{AGENTS, FieldType, Kind};
use custodian_tests::{Client, Response};
use serde_json::{Map, Value, json};

use crate::history::{Event, Observed, OperationResult};
use crate::row_history::Span;
use crate::sample_values::{collection_path, full_body, kinds_with_agents, minimal_body, sample_id};

pub(crate) const CUSTOMERS: usize = 4;

/// Pseudo-random numbers that are the same for the same seed (SplitMix64).
pub(crate) struct SeededRandom(pub(crate) u64);

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
pub(crate) type Known = Arc<Mutex<Vec<Vec<(&'static Kind, String)>>>>;

/// One of the concurrent callers.
pub(crate) struct Caller {
    pub(crate) client: Client,
    pub(crate) tenant: usize,
    pub(crate) random: SeededRandom,
    pub(crate) known: Known,
    pub(crate) clock: Arc<AtomicU64>,
    pub(crate) events: Vec<Event>,
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
        let is_writable = |name: &str| kind.field(name).is_some_and(|field| field.is_writable(creating));
        if let Some((field, value)) = shared.filter(|(field, _)| is_writable(field)) {
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

    pub(crate) async fn run_operation(&mut self, number: usize) {
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
