//! The steps of a cascade: one for every table that can hold rows of a customer. The tables of the kinds come from the
//! registry.

use custodian_domain::kinds::{ALL, Kind};

/// How the keys of a table identify a customer's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyLayout {
    /// The key consists of the customer and this attribute.
    Rows { range: &'static str },
    /// Each row of the customer names a second row under another key. The second row may be missing, or another customer may own it
    /// by now.
    Pairs,
}

/// One table to empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub table: &'static str,
    pub key_layout: KeyLayout,
    /// The step that must be closed before this one starts.
    pub after: Option<&'static str>,
}

/// The table of the step that waits, for an hour at most, until the deletion notices and the mail that the deletion has begun are
/// sent: it has their destinations.
pub const WEBHOOKS: &str = "webhooks";
/// The table of the step that also removes files.
pub const EXPORTS: &str = "exports";
const IDENTIFIERS: &str = "identifiers";

const fn rows(table: &'static str) -> Step {
    Step { table, key_layout: KeyLayout::Rows { range: "id" }, after: None }
}

const fn keyed(table: &'static str) -> Step {
    Step { table, key_layout: KeyLayout::Rows { range: "key" }, after: None }
}

const fn pairs(table: &'static str) -> Step {
    Step { table, key_layout: KeyLayout::Pairs, after: None }
}

/// The tables that do not belong to a kind.
const OTHERS: [Step; 9] = [
    pairs(IDENTIFIERS),
    rows("accesskeys"),
    rows("audits"),
    rows(EXPORTS),
    pairs("tokens"),
    keyed("idempotency"),
    keyed("usage"),
    keyed("outbox"),
    keyed(WEBHOOKS),
];

/// One step for each table.
pub const STEPS: &[Step] = &{
    let mut steps = [OTHERS[0]; OTHERS.len() + ALL.len()];
    let mut at = 0;
    while at < steps.len() {
        steps[at] = if at < OTHERS.len() { OTHERS[at] } else { of_kind(ALL[at - OTHERS.len()]) };
        at += 1;
    }
    steps
};

/// Rows with unique names are deleted after the identifiers, so that an identifier never points at a missing row.
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
    fn every_kind_has_one_step() {
        let tables: std::collections::HashSet<_> = STEPS.iter().map(|step| step.table).collect();
        assert_eq!(tables.len(), STEPS.len());
        for kind in ALL {
            let step = Step::named(kind.table);
            assert!(step.is_some_and(|step| step.after.is_some() == kind.holds_names()), "{}", kind.table);
        }
    }

    #[test]
    fn a_step_with_dependents_has_no_dependency_itself() {
        for step in STEPS {
            let indirect = step.after.map(|table| Step::named(table).and_then(|step| step.after));
            assert!(matches!(indirect, None | Some(None)), "{}", step.table);
        }
    }
}
