//! The operations of concurrent callers, the history of each row that they wrote, and the times in which rows held unique names.

use std::collections::BTreeMap;

use custodian_domain::Plan;
use custodian_domain::kinds::{AGENTS, Kind};
use serde_json::{Map, Value};

use crate::row_history::{RowHistory, Span, Version, unique_names};

/// A row as a response showed it, with the version of its `ETag`.
pub(crate) type Observed = (u64, Value);

/// The outcome of an operation.
#[derive(Debug)]
pub(crate) enum OperationResult {
    Created {
        row: Value,
    },
    /// Not created, for this reason.
    Refused {
        reason: String,
        body: Value,
    },
    Read {
        id: String,
        observed: Option<Observed>,
    },
    Changed {
        id: String,
        body: Map<String, Value>,
        observed: Option<Observed>,
    },
    /// Not changed, although the row existed.
    Unchanged {
        id: String,
        reason: String,
        body: Map<String, Value>,
    },
    Deleted {
        id: String,
        observed: Option<Observed>,
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
    pub(crate) outcome: OperationResult,
}

/// The period in which a row holds a unique name. `to` is None if the row still holds it.
pub(crate) struct NameHolding<'a> {
    pub(crate) id: &'a str,
    pub(crate) from: Span,
    pub(crate) to: Option<Span>,
}

pub(crate) struct History {
    pub(crate) events: Vec<Event>,
    pub(crate) histories: BTreeMap<String, RowHistory>,
    pub(crate) plans: Vec<Plan>,
}

pub(crate) fn id_of(row: &Value) -> String {
    row["id"].as_str().unwrap_or_default().to_owned()
}

impl History {
    pub(crate) fn of(events: Vec<Event>, plans: &[Plan]) -> Self {
        let mut histories = BTreeMap::new();
        for event in &events {
            if let OperationResult::Created { row } = &event.outcome {
                let first = Version { span: event.span, row: row.clone(), body: Map::new() };
                let versions = BTreeMap::from([(1, first)]);
                let row_history =
                    RowHistory { tenant: event.tenant, kind: event.kind, versions, deletion: None };
                assert!(
                    histories.insert(id_of(row), row_history).is_none(),
                    "an id was assigned twice: {row}"
                );
            }
        }
        for event in &events {
            match &event.outcome {
                OperationResult::Changed { id, body, observed: Some((version, row)) } => {
                    let next = Version { span: event.span, row: row.clone(), body: body.clone() };
                    let before = histories.get_mut(id).unwrap().versions.insert(*version, next);
                    assert!(before.is_none(), "two changes made version {version} of {id}");
                }
                OperationResult::Deleted { id, observed: Some((version, _)) } => {
                    let before = histories.get_mut(id).unwrap().deletion.replace((*version, event.span));
                    assert!(before.is_none(), "{id} was deleted twice");
                }
                _ => {}
            }
        }
        Self { events, histories, plans: plans.to_vec() }
    }

    pub(crate) fn count(&self, of: &Event, exists: impl Fn(&RowHistory) -> bool) -> u64 {
        let same = |row_history: &&RowHistory| {
            row_history.tenant == of.tenant && row_history.kind.table == of.kind.table
        };
        // The account's first admin counts, although no recorded operation created it.
        let first = u64::from(of.kind.table == AGENTS.table);
        first + self.histories.values().filter(same).filter(|row_history| exists(row_history)).count() as u64
    }

    /// The periods in which rows held each unique name.
    pub(crate) fn holdings(&self) -> BTreeMap<String, Vec<NameHolding<'_>>> {
        let mut holdings = BTreeMap::<_, Vec<_>>::new();
        for (id, row_history) in &self.histories {
            let mut held = BTreeMap::<String, Span>::new();
            let mut release = |name: String, from, to| {
                holdings.entry(format!("{} {name}", row_history.kind.table)).or_default().push(NameHolding {
                    id,
                    from,
                    to,
                });
            };
            for version in row_history.versions.values() {
                let now = unique_names(row_history.kind, row_history.tenant, &version.row);
                for (name, from) in held.extract_if(.., |name, _| !now.contains(name)) {
                    release(name, from, Some(version.span));
                }
                for name in now {
                    held.entry(name).or_insert(version.span);
                }
            }
            for (name, from) in held {
                release(name, from, row_history.deletion.map(|(_, span)| span));
            }
        }
        holdings
    }

    /// The remaining rows of a tenant's kind, newest first.
    pub(crate) fn remaining(&self, tenant: usize, kind: &Kind) -> Vec<Value> {
        let of_kind = self
            .histories
            .values()
            .filter(|row_history| row_history.tenant == tenant && row_history.kind.table == kind.table);
        let remaining = of_kind
            .filter(|row_history| row_history.deletion.is_none())
            .filter_map(|row_history| row_history.versions.values().next_back());
        let mut rows: Vec<_> = remaining.map(|version| version.row.clone()).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(id_of(row)));
        rows
    }

    /// The number of operations with a matching outcome.
    pub(crate) fn count_outcomes(&self, matches: impl Fn(&OperationResult) -> bool) -> usize {
        self.events.iter().filter(|event| matches(&event.outcome)).count()
    }
}
