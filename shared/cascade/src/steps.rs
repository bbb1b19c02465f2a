//! The steps of a cascade: every table that can hold something of a customer. Those of the kinds are taken from their
//! registry.

use custodian_domain::kinds::{ALL, Kind};

/// How a table's rows are found and removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Keyed by the customer and this attribute.
    Rows { range: &'static str },
    /// Listed under the customer, with a second row each that may belong to somebody else by now.
    Pairs,
}

/// One table to empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub table: &'static str,
    pub shape: Shape,
    /// The step that has to be closed before this one starts.
    pub after: Option<&'static str>,
}

/// It waits while the news of the account's end is being told.
pub const WEBHOOKS: &str = "webhooks";
const IDENTIFIERS: &str = "identifiers";

const fn rows(table: &'static str) -> Step {
    Step { table, shape: Shape::Rows { range: "id" }, after: None }
}

const fn keyed(table: &'static str) -> Step {
    Step { table, shape: Shape::Rows { range: "key" }, after: None }
}

const fn pairs(table: &'static str) -> Step {
    Step { table, shape: Shape::Pairs, after: None }
}

/// What is emptied beside the tables of the kinds.
const OTHERS: [Step; 8] = [
    pairs(IDENTIFIERS),
    rows("accesskeys"),
    rows("audits"),
    pairs("tokens"),
    keyed("idempotency"),
    keyed("usage"),
    keyed("outbox"),
    keyed(WEBHOOKS),
];

/// One step for the table of every kind, and the others.
pub const STEPS: &[Step] = &{
    let mut steps = [OTHERS[0]; OTHERS.len() + ALL.len()];
    let mut at = 0;
    while at < steps.len() {
        steps[at] = if at < OTHERS.len() { OTHERS[at] } else { of_kind(ALL[at - OTHERS.len()]) };
        at += 1;
    }
    steps
};

/// What names lead to waits for the identifiers: while a name still points at a row, the row is there.
const fn of_kind(kind: &Kind) -> Step {
    Step { after: if kind.holds_names() { Some(IDENTIFIERS) } else { None }, ..rows(kind.table) }
}

impl Step {
    pub fn named(table: &str) -> Option<&'static Self> {
        STEPS.iter().find(|step| step.table == table)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_step_and_no_table_has_two() {
        let tables: std::collections::HashSet<_> = STEPS.iter().map(|step| step.table).collect();
        assert_eq!(tables.len(), STEPS.len());
        for kind in ALL {
            let step = Step::named(kind.table);
            assert!(step.is_some_and(|step| step.after.is_some() == kind.holds_names()), "{}", kind.table);
        }
    }

    #[test]
    fn what_a_step_waits_for_is_a_step_that_waits_for_nothing() {
        for step in STEPS {
            let first = step.after.map(|table| Step::named(table).and_then(|step| step.after));
            assert!(matches!(first, None | Some(None)), "{}", step.table);
        }
    }
}
