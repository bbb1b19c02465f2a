//! Checks the responses to concurrent callers against conditions that every linearizable history meets.
//!
//! Every operation has a start and an end on one logical clock. It must see every operation that ended before it started,
//! and none that started after it ended. It may see the operations that overlap with it.

use std::collections::BTreeMap;

use custodian_domain::kinds::AGENTS;
use serde_json::Value;

use crate::history::{Event, History, NameHolding, OperationResult, id_of};
use crate::row_history::{Span, Version, references, unique_names};
use crate::sample_values::without_secrets;

impl History {
    /// Fails if a response, or the history of a row or of a unique name, breaks one of these conditions.
    pub(crate) fn check(&self) {
        self.histories.iter().for_each(|(id, row_history)| row_history.check(id));
        let holdings = self.holdings();
        for (name, holdings) in &holdings {
            for (at, one) in holdings.iter().enumerate() {
                for other in holdings[at + 1..].iter().filter(|other| other.id != one.id) {
                    let after = |a: &NameHolding<'_>, b: &NameHolding<'_>| {
                        a.to.is_some_and(|end| end.from < b.from.to)
                    };
                    assert!(
                        after(one, other) || after(other, one),
                        "{} and {} hold {name} at the same time",
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

    fn check_event(&self, event: &Event, holdings: &BTreeMap<String, Vec<NameHolding<'_>>>) {
        let at = event.span;
        match &event.outcome {
            OperationResult::Read { id, observed }
            | OperationResult::Changed { id, observed, .. }
            | OperationResult::Deleted { id, observed } => {
                let row_history = &self.histories[id];
                let Some((version, row)) = observed else {
                    assert!(!row_history.exists_throughout(at), "{id} existed: {event:?}");
                    return;
                };
                assert!(row_history.may_exist_during(at), "{id} did not exist: {event:?}");
                if let OperationResult::Read { .. } = event.outcome {
                    row_history.check_observed(*version, row, at);
                }
                if let OperationResult::Changed { .. } = event.outcome {
                    let before = &row_history.versions[&(version - 1)].row;
                    self.check_references(event, before, row);
                }
            }
            OperationResult::Created { row } => self.check_references(event, &Value::Null, row),
            OperationResult::Listed { rows } => self.check_list(event, rows),
            OperationResult::Refused { reason, body } => {
                self.check_refusal(event, reason, body, "", holdings)
            }
            OperationResult::Unchanged { id, reason, body } => {
                self.check_refusal(event, reason, &Value::Object(body.clone()), id, holdings);
            }
        }
    }

    /// A new reference must point to a row that existed at some time during the operation.
    fn check_references(&self, event: &Event, before: &Value, after: &Value) {
        let (known, own) = (references(event.kind, before), id_of(after));
        for id in references(event.kind, after).iter().filter(|id| !known.contains(id) && **id != own) {
            let row_history = self.histories.get(id);
            let existing = row_history.is_some_and(|row_history| {
                row_history.tenant == event.tenant && row_history.may_exist_during(event.span)
            });
            assert!(existing, "it references {id}, which did not exist: {event:?}");
        }
    }

    /// A state before or during the operation must justify the refusal.
    fn check_refusal(
        &self,
        event: &Event,
        reason: &str,
        body: &Value,
        own: &str,
        holdings: &BTreeMap<String, Vec<NameHolding<'_>>>,
    ) {
        // On a slow machine, contention can use up the retry budget. The test limits how often.
        if reason == "SERVICE_UNAVAILABLE" {
            return;
        }
        let at = event.span;
        let taken =
            event.kind.unique.as_ref().map_or("AGENT_ALREADY_EXISTS", |unique| unique.taken_reason.key());
        let justified = if reason == "RESOURCE_LIMIT_EXCEEDED" {
            let limit = self.plans[event.tenant].limit(event.kind).unwrap_or(u64::MAX);
            self.count(event, |row_history| row_history.may_exist_during(at)) >= limit
        } else if reason == taken {
            let held = unique_names(event.kind, event.tenant, body).into_iter().filter_map(|name| {
                let table = event.kind.table;
                holdings.get(&format!("{table} {name}"))
            });
            let mut held = held.flatten();
            held.any(|held| {
                held.id != own
                    && held.from.from < at.to
                    && !held.to.is_some_and(|release| release.ends_before(at))
            })
        } else if reason == "INVALID_ARGUMENT" {
            references(event.kind, body).iter().any(|id| {
                let row_history =
                    self.histories.get(id).filter(|row_history| row_history.tenant == event.tenant);
                !row_history.is_some_and(|row_history| row_history.exists_throughout(at))
            })
        } else {
            false
        };
        assert!(justified, "no state justifies the refusal: {event:?}");
    }

    /// A list contains every row that existed during the whole operation and no row that cannot have existed during it. Each
    /// row is listed in a version that it may have had then.
    fn check_list(&self, event: &Event, rows: &[Value]) {
        let at = event.span;
        let listed: BTreeMap<_, _> = rows.iter().map(|row| (id_of(row), row)).collect();
        assert_eq!(listed.len(), rows.len(), "a row is listed twice: {event:?}");
        assert!(rows.is_sorted_by(|newer, older| id_of(newer) > id_of(older)), "newest first: {event:?}");
        let of_kind = self.histories.iter().filter(|(_, row_history)| {
            row_history.tenant == event.tenant && row_history.kind.table == event.kind.table
        });
        let mut known = 0;
        for (id, row_history) in of_kind {
            let Some(row) = listed.get(id) else {
                assert!(!row_history.exists_throughout(at), "{id} is missing: {event:?}");
                continue;
            };
            known += 1;
            assert!(row_history.may_exist_during(at), "{id} did not exist: {event:?}");
            let shows = |version: &Version| without_secrets(event.kind, version.row.clone()) == **row;
            let version = row_history.versions.iter().find(|(_, version)| shows(version));
            let (number, version) = version.unwrap_or_else(|| panic!("{id} never had this version: {row}"));
            row_history.check_observed(*number, &version.row, at);
        }
        // The admin and the guest agent were created with the account.
        assert_eq!(listed.len() - known, if event.kind.table == AGENTS.table { 2 } else { 0 }, "{event:?}");
    }

    /// There are never more rows than the plan allows.
    fn check_limits(&self) {
        for event in &self.events {
            let (OperationResult::Created { .. }, Some(limit)) =
                (&event.outcome, self.plans[event.tenant].limit(event.kind))
            else {
                continue;
            };
            // The time just after the operation.
            let now = Span { from: event.span.to + 1, to: event.span.to + 1 };
            let existing = self.count(event, |row_history| row_history.exists_throughout(now));
            assert!(existing <= limit, "{existing} of {limit}: {event:?}");
        }
    }
}
