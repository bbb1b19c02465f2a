//! Many callers at once on rows, names, places and references that they share: every answer, every row and every counter is
//! what one order of their operations explains.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use custodian_domain::Plan;
use custodian_domain::kinds::{AGENTS, Kind, Scope, Shape};
use custodian_tests::{Answer, Client, Tables};
use futures::future::join_all;
use serde_json::{Map, Value, json};

use crate::history::{Done, Event, History, Seen};
use crate::lives::{Span, names};
use crate::values::{an_id, body, least, made_kinds, on_plan, path, usage};

const CALLERS: usize = 8;
const CUSTOMERS: usize = 4;
const EACH: usize = 250;
const SEED: u64 = 20_261_123;

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

/// The rows that callers know of, by customer: those that are gone too.
type Known = Arc<Mutex<Vec<Vec<(&'static Kind, String)>>>>;

/// One of the callers.
struct Caller {
    client: Client,
    tenant: usize,
    dice: Dice,
    known: Known,
    clock: Arc<AtomicU64>,
    events: Vec<Event>,
}

fn seen(answer: &Answer) -> Option<Seen> {
    if answer.status == 404 {
        return None;
    }
    let row = answer.ok();
    let tag = answer.headers["etag"].to_str().unwrap().trim_matches('"').parse().unwrap();
    Some((tag, row))
}

impl Caller {
    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    /// A row that somebody of this customer has made, mostly one of the latest, which others are at as well.
    fn pick(&mut self, tenant: usize, table: Option<&str>) -> Option<(&'static Kind, String)> {
        let known = self.known.lock().unwrap();
        let of = |(kind, _): &&(&'static Kind, String)| table.is_none_or(|table| kind.table == table);
        let rows: Vec<_> = known[tenant].iter().filter(of).collect();
        let from = if self.dice.roll(4) > 0 { rows.len().saturating_sub(6) } else { 0 };
        (!rows.is_empty()).then(|| rows[from + self.dice.roll(rows.len() - from)].clone())
    }

    /// Somewhere to lead to: nowhere, a row that may be gone by then, a row of another customer, or what never was.
    fn target(&mut self, table: &str) -> Option<Value> {
        let id = match self.dice.roll(8) {
            0..=3 => self.pick(self.tenant, Some(table))?.1,
            4 => self.pick((self.tenant + 1) % CUSTOMERS, Some(table))?.1,
            5 if self.dice.roll(4) == 0 => an_id(1),
            _ => return None,
        };
        Some(json!(id))
    }

    /// What a request says: values of this number's, names that others want too, and what they lead to.
    fn says(&mut self, kind: &'static Kind, number: usize, creating: bool) -> Map<String, Value> {
        let mut said = if kind.table != AGENTS.table {
            body(kind, number, creating)
        } else if creating {
            least(kind, self.dice.roll(40)).as_object().cloned().unwrap()
        } else {
            json!({ "name": format!("name {number}"), "detail": "of somebody" }).as_object().cloned().unwrap()
        };
        let name = self.dice.roll(16);
        let shared = match kind.table {
            "numbers" if said.get("type").is_some_and(|kind| kind == "virtual") => {
                Some(("number", json!(format!("+8991000000{name:02}"))))
            }
            "numbers" => Some(("number", json!(format!("+15550000{name:02}")))),
            "trunks" => Some(("domain_name", json!(format!("SIP{name}.example.com")))),
            "extensions" => Some(("extension", json!(format!("{}", 100 + name)))),
            "transcriptions" => Some(("reference_id", json!(an_id(name)))),
            "contacts" => {
                let tel = json!({ "type": "tel", "target": format!("+{name}") });
                let email =
                    json!({ "type": "email", "target": format!("c{}@example.com", self.dice.roll(16)) });
                Some(("addresses", json!([tel, email])))
            }
            _ => None,
        };
        // What is said once is not said again.
        if let Some((field, value)) = shared.filter(|(field, _)| creating || *field == "addresses") {
            said.insert(field.to_owned(), value);
        }
        for field in kind.fields.iter().filter(|field| field.is_writable(creating)) {
            let Some(link) = field.shape.link() else { continue };
            let Some(id) = self.target(link.table) else { continue };
            said.insert(
                field.name.to_owned(),
                if matches!(field.shape, Shape::Links(_)) { json!([id]) } else { id },
            );
        }
        if kind.table == AGENTS.table && creating {
            let tag = self.target("tags");
            said.extend(tag.map(|id| ("tag_ids".to_owned(), json!([id]))));
        }
        said
    }

    fn note(&mut self, from: u64, kind: &'static Kind, done: Done) {
        let span = Span { from, to: self.tick() };
        self.events.push(Event { span, tenant: self.tenant, kind, done });
    }

    async fn act(&mut self, number: usize) {
        let all: Vec<_> = made_kinds().collect();
        let kind = all[self.dice.roll(all.len())];
        match (self.dice.roll(12), self.pick(self.tenant, None)) {
            (0..=3, _) | (_, None) => self.make(kind, number).await,
            (4..=6, Some((kind, id))) => self.change(kind, id, number).await,
            (7, Some((kind, id))) => {
                let from = self.tick();
                let answer = self.client.delete(&format!("{}/{id}", path(kind))).await;
                self.note(from, kind, Done::Removed { id, seen: seen(&answer) });
            }
            (8, _) => {
                let from = self.tick();
                let page = self.client.get(&path(kind)).await.ok();
                assert_eq!(page["next_page_token"], "", "so few rows are one page");
                let rows = page["result"].as_array().unwrap().clone();
                self.note(from, kind, Done::Listed { rows });
            }
            (9, _) => self.meddle(number).await,
            (_, Some((kind, id))) => {
                let from = self.tick();
                let answer = self.client.get(&format!("{}/{id}", path(kind))).await;
                self.note(from, kind, Done::Read { id, seen: seen(&answer) });
            }
        }
    }

    async fn make(&mut self, kind: &'static Kind, number: usize) {
        let said = Value::Object(self.says(kind, number, true));
        let from = self.tick();
        let answer = self.client.post(&path(kind), said.clone()).await;
        if answer.status != kind.created {
            self.note(from, kind, Done::Refused { reason: answer.reason(), body: said });
            return;
        }
        let row = answer.json();
        let id = row["id"].as_str().unwrap().to_owned();
        self.note(from, kind, Done::Made { row });
        self.known.lock().unwrap()[self.tenant].push((kind, id));
    }

    async fn change(&mut self, kind: &'static Kind, id: String, number: usize) {
        let body = self.says(kind, number, false);
        let from = self.tick();
        let answer = self.client.put(&format!("{}/{id}", path(kind)), Value::Object(body.clone())).await;
        let done = match answer.status {
            200 | 404 => Done::Changed { id, body, seen: seen(&answer) },
            _ => Done::Unchanged { id, reason: answer.reason(), body },
        };
        self.note(from, kind, done);
    }

    /// Tries what belongs to another customer.
    async fn meddle(&mut self, number: usize) {
        let Some((kind, id)) = self.pick((self.tenant + 1) % CUSTOMERS, None) else { return };
        let at = format!("{}/{id}", path(kind));
        let answer = match self.dice.roll(3) {
            0 => self.client.get(&at).await,
            1 => self.client.put(&at, json!({ "name": number.to_string() })).await,
            _ => self.client.delete(&at).await,
        };
        assert_eq!(answer.refusal(), (404, kind.not_found.key().to_owned()), "{at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_operations_of_eight_callers_are_explained_by_one_order_of_them() {
    let client = Client::start().await;
    let mut tenants = Vec::new();
    for plan in Plan::ALL {
        tenants.push(on_plan(&client, &format!("customer-{}", plan.as_str()), plan.as_str()).await);
    }
    assert_eq!(tenants.len(), CUSTOMERS);
    let known = Known::new(Mutex::new(vec![Vec::new(); CUSTOMERS]));
    let clock = Arc::new(AtomicU64::new(0));
    let callers = (0..CALLERS).map(|number| {
        let mut caller = Caller {
            client: tenants[number % CUSTOMERS].1.clone(),
            tenant: number % CUSTOMERS,
            dice: Dice(SEED + number as u64),
            known: Arc::clone(&known),
            clock: Arc::clone(&clock),
            events: Vec::new(),
        };
        tokio::spawn(async move {
            for operation in 0..EACH {
                caller.act(number * 10_000 + operation).await;
            }
            caller.events
        })
    });
    let events: Vec<_> = join_all(callers).await.into_iter().flat_map(Result::unwrap).collect();
    let history = History::of(events, &Plan::ALL);
    history.check();
    // It says something only if what it is about has come to pass.
    let refused = |end: &str| {
        history.met(|done| match done {
            Done::Refused { reason, .. } | Done::Unchanged { reason, .. } => reason.ends_with(end),
            _ => false,
        })
    };
    let gone = history.met(|done| {
        matches!(
            done,
            Done::Read { seen: None, .. }
                | Done::Changed { seen: None, .. }
                | Done::Removed { seen: None, .. }
        )
    });
    let met = [
        refused("_EXISTS") + refused("_PROGRESSING"),
        refused("_EXCEEDED"),
        refused("INVALID_ARGUMENT"),
        gone,
    ];
    assert!(met.iter().all(|times| *times >= 20), "names, places, references, rows that were gone: {met:?}");

    let tables = Tables(client.engine().clone());
    for (tenant, (id, client)) in tenants.iter().enumerate() {
        for kind in made_kinds() {
            let left = history.left(tenant, kind);
            let rows = client.get(&path(kind)).await.ok()["result"].as_array().unwrap().clone();
            let is_new = |row: &&Value| left.iter().any(|known| known["id"] == row["id"]);
            let rows: Vec<_> = rows.iter().filter(is_new).cloned().collect();
            assert_eq!(rows, left, "{} of customer {tenant}", kind.route);
            let first = u64::from(kind.table == AGENTS.table);
            assert_eq!(usage(client, kind).await.0, left.len() as u64 + first, "{}", kind.route);
        }
        // A recount finds no drift: it changes nothing.
        let before = tables.query("usage", "customer_id", id);
        client.service().recount(id.parse().unwrap()).await.unwrap();
        assert_eq!(tables.query("usage", "customer_id", id), before);
    }
    names_are_held_by_rows_that_are_there(&history, &tables);
}

/// And by no others.
fn names_are_held_by_rows_that_are_there(history: &History, tables: &Tables) {
    let keys = tables.scan("identifiers");
    for kind in made_kinds() {
        let Some(unique) = &kind.unique else { continue };
        let begin = format!("{}#", unique.what);
        let held = keys.iter().filter(|row| row["id"]["S"].as_str().unwrap().starts_with(&begin)).count();
        let wanted: usize = (0..CUSTOMERS)
            .flat_map(|tenant| history.left(tenant, kind).into_iter().map(move |row| (tenant, row)))
            .map(|(tenant, row)| names(kind, tenant, &row).len())
            .sum();
        assert_eq!(held, wanted, "{} ({:?})", kind.route, matches!(unique.scope, Scope::Platform));
    }
}
