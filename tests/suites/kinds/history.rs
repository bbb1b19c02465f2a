//! What many callers saw of rows that they share, and whether one order of events explains all of it.
//!
//! Every operation has a beginning and an end on one clock. What had ended before it began must show in it; what began after
//! it had ended must not; what ran beside it may.

use std::collections::BTreeMap;

use custodian_domain::Plan;
use custodian_domain::kinds::{AGENTS, Kind};
use serde_json::{Map, Value};

use crate::lives::{Life, Span, Version, names, references};

/// A row as an answer showed it, with the version of its `ETag`.
pub(crate) type Seen = (u64, Value);

/// What became of an operation.
#[derive(Debug)]
pub(crate) enum Done {
    Made {
        row: Value,
    },
    /// Not made, for this reason.
    Refused {
        reason: String,
        body: Value,
    },
    Read {
        id: String,
        seen: Option<Seen>,
    },
    Changed {
        id: String,
        body: Map<String, Value>,
        seen: Option<Seen>,
    },
    /// Not changed, though it was there.
    Unchanged {
        id: String,
        reason: String,
        body: Map<String, Value>,
    },
    Removed {
        id: String,
        seen: Option<Seen>,
    },
    Listed {
        rows: Vec<Value>,
    },
}

#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) span: Span,
    pub(crate) tenant: usize,
    pub(crate) kind: &'static Kind,
    pub(crate) done: Done,
}

/// A name, held from one operation to another, or still.
struct Holding<'a> {
    id: &'a str,
    from: Span,
    to: Option<Span>,
}

pub(crate) struct History {
    events: Vec<Event>,
    lives: BTreeMap<String, Life>,
    plans: Vec<Plan>,
}

fn id_of(row: &Value) -> String {
    row["id"].as_str().unwrap_or_default().to_owned()
}

impl History {
    pub(crate) fn of(events: Vec<Event>, plans: &[Plan]) -> Self {
        let mut lives = BTreeMap::new();
        for event in &events {
            if let Done::Made { row } = &event.done {
                let first = Version { span: event.span, row: row.clone(), body: Map::new() };
                let versions = BTreeMap::from([(1, first)]);
                let life = Life { tenant: event.tenant, kind: event.kind, versions, end: None };
                assert!(lives.insert(id_of(row), life).is_none(), "an id was given twice: {row}");
            }
        }
        for event in &events {
            match &event.done {
                Done::Changed { id, body, seen: Some((version, row)) } => {
                    let next = Version { span: event.span, row: row.clone(), body: body.clone() };
                    let before = lives.get_mut(id).unwrap().versions.insert(*version, next);
                    assert!(before.is_none(), "two changes made version {version} of {id}");
                }
                Done::Removed { id, seen: Some((version, _)) } => {
                    let before = lives.get_mut(id).unwrap().end.replace((*version, event.span));
                    assert!(before.is_none(), "{id} was removed twice");
                }
                _ => {}
            }
        }
        Self { events, lives, plans: plans.to_vec() }
    }

    /// Fails unless one order of events explains every answer.
    pub(crate) fn check(&self) {
        self.lives.iter().for_each(|(id, life)| life.check(id));
        let holdings = self.holdings();
        for (name, holdings) in &holdings {
            for (at, one) in holdings.iter().enumerate() {
                for other in holdings[at + 1..].iter().filter(|other| other.id != one.id) {
                    let after =
                        |a: &Holding<'_>, b: &Holding<'_>| a.to.is_some_and(|end| end.from < b.from.to);
                    assert!(
                        after(one, other) || after(other, one),
                        "{name} of {} and {} at once",
                        one.id,
                        other.id
                    );
                }
            }
        }
        for event in &self.events {
            self.check_event(event, &holdings);
        }
        self.check_limits();
    }

    fn check_event(&self, event: &Event, holdings: &BTreeMap<String, Vec<Holding<'_>>>) {
        let at = event.span;
        match &event.done {
            Done::Read { id, seen } | Done::Changed { id, seen, .. } | Done::Removed { id, seen } => {
                let life = &self.lives[id];
                let Some((version, row)) = seen else {
                    assert!(!life.stays(at), "{id} was there: {event:?}");
                    return;
                };
                assert!(life.may_be_there(at), "{id} was gone: {event:?}");
                if let Done::Read { .. } = event.done {
                    life.check_seen(*version, row, at);
                }
                if let Done::Changed { .. } = event.done {
                    let led_to = &life.versions[&(version - 1)].row;
                    self.check_references(event, led_to, row);
                }
            }
            Done::Made { row } => self.check_references(event, &Value::Null, row),
            Done::Listed { rows } => self.check_list(event, rows),
            Done::Refused { reason, body } => self.check_refusal(event, reason, body, "", holdings),
            Done::Unchanged { id, reason, body } => {
                self.check_refusal(event, reason, &Value::Object(body.clone()), id, holdings);
            }
        }
    }

    /// What a row newly leads to was there at some moment of the operation.
    fn check_references(&self, event: &Event, before: &Value, after: &Value) {
        let (known, own) = (references(event.kind, before), id_of(after));
        for id in references(event.kind, after).iter().filter(|id| !known.contains(id) && **id != own) {
            let life = self.lives.get(id);
            let there = life.is_some_and(|life| life.tenant == event.tenant && life.may_be_there(event.span));
            assert!(there, "it leads to {id}, which was not there: {event:?}");
        }
    }

    /// A refusal has its reason in what ran before or beside it.
    fn check_refusal(
        &self,
        event: &Event,
        reason: &str,
        body: &Value,
        own: &str,
        holdings: &BTreeMap<String, Vec<Holding<'_>>>,
    ) {
        let at = event.span;
        let justified = if reason == "RESOURCE_LIMIT_EXCEEDED" {
            let limit = self.plans[event.tenant].limit(event.kind).unwrap_or(u64::MAX);
            self.count(event, |life| life.may_be_there(at)) >= limit
        } else if reason.ends_with("_ALREADY_EXISTS") || reason.ends_with("_ALREADY_PROGRESSING") {
            let held = names(event.kind, event.tenant, body).into_iter().filter_map(|name| {
                let table = event.kind.table;
                holdings.get(&format!("{table} {name}"))
            });
            let mut held = held.flatten();
            held.any(|held| {
                held.id != own && held.from.from < at.to && !held.to.is_some_and(|gone| gone.ends_before(at))
            })
        } else if reason == "INVALID_ARGUMENT" {
            references(event.kind, body).iter().any(|id| {
                let life = self.lives.get(id).filter(|life| life.tenant == event.tenant);
                !life.is_some_and(|life| life.stays(at))
            })
        } else {
            false
        };
        assert!(justified, "refused without a reason: {event:?}");
    }

    /// A list has every row that was there all the time, none that was gone or not there yet, and each as it was.
    fn check_list(&self, event: &Event, rows: &[Value]) {
        let at = event.span;
        let listed: BTreeMap<_, _> = rows.iter().map(|row| (id_of(row), row)).collect();
        assert_eq!(listed.len(), rows.len(), "a row stands twice: {event:?}");
        assert!(rows.is_sorted_by(|newer, older| id_of(newer) > id_of(older)), "newest first: {event:?}");
        let of = self
            .lives
            .iter()
            .filter(|(_, life)| life.tenant == event.tenant && life.kind.table == event.kind.table);
        let mut known = 0;
        for (id, life) in of {
            let Some(row) = listed.get(id) else {
                assert!(!life.stays(at), "{id} is missing: {event:?}");
                continue;
            };
            known += 1;
            assert!(life.may_be_there(at), "{id} was not there: {event:?}");
            let version = life.versions.iter().find(|(_, version)| version.row == **row);
            let (version, _) = version.unwrap_or_else(|| panic!("{id} never was like this: {row}"));
            life.check_seen(*version, row, at);
        }
        // The admin and the guest came with the account.
        assert_eq!(listed.len() - known, if event.kind.table == AGENTS.table { 2 } else { 0 }, "{event:?}");
    }

    /// At no moment there are more rows than the plan allows.
    fn check_limits(&self) {
        for event in &self.events {
            let (Done::Made { .. }, Some(limit)) = (&event.done, self.plans[event.tenant].limit(event.kind))
            else {
                continue;
            };
            // The moment after it.
            let now = Span { from: event.span.to + 1, to: event.span.to + 1 };
            let there = self.count(event, |life| life.stays(now));
            assert!(there <= limit, "{there} of {limit}: {event:?}");
        }
    }

    fn count(&self, of: &Event, is_there: impl Fn(&Life) -> bool) -> u64 {
        let same = |life: &&Life| life.tenant == of.tenant && life.kind.table == of.kind.table;
        // The admin counts and came with the account.
        let first = u64::from(of.kind.table == AGENTS.table);
        first + self.lives.values().filter(same).filter(|life| is_there(life)).count() as u64
    }

    /// Who held which name, and from when to when.
    fn holdings(&self) -> BTreeMap<String, Vec<Holding<'_>>> {
        let mut holdings = BTreeMap::<_, Vec<_>>::new();
        for (id, life) in &self.lives {
            let mut held = BTreeMap::<String, Span>::new();
            let mut release = |name: String, from, to| {
                holdings.entry(format!("{} {name}", life.kind.table)).or_default().push(Holding {
                    id,
                    from,
                    to,
                });
            };
            for version in life.versions.values() {
                let now = names(life.kind, life.tenant, &version.row);
                for (name, from) in held.extract_if(.., |name, _| !now.contains(name)) {
                    release(name, from, Some(version.span));
                }
                for name in now {
                    held.entry(name).or_insert(version.span);
                }
            }
            for (name, from) in held {
                release(name, from, life.end.map(|(_, span)| span));
            }
        }
        holdings
    }

    /// The rows of a tenant's kind that are left, as they are, newest first.
    pub(crate) fn left(&self, tenant: usize, kind: &Kind) -> Vec<Value> {
        let of = self.lives.values().filter(|life| life.tenant == tenant && life.kind.table == kind.table);
        let left = of.filter(|life| life.end.is_none()).filter_map(|life| life.versions.values().next_back());
        let mut rows: Vec<_> = left.map(|version| version.row.clone()).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(id_of(row)));
        rows
    }

    /// How often it came to what this looks for.
    pub(crate) fn met(&self, is_it: impl Fn(&Done) -> bool) -> usize {
        self.events.iter().filter(|event| is_it(&event.done)).count()
    }
}
