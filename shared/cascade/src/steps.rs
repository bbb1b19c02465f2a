//! The steps of a cascade: every table that can hold something of a customer.

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

/// Agents and numbers wait for the identifiers: while a name still points at a row, the row is there.
pub const STEPS: &[Step] = &[
    pairs(IDENTIFIERS),
    Step { after: Some(IDENTIFIERS), ..rows("agents") },
    Step { after: Some(IDENTIFIERS), ..rows("numbers") },
    rows("flows"),
    rows("queues"),
    rows("trunks"),
    rows("extensions"),
    rows("files"),
    rows("billing_accounts"),
    rows("tags"),
    rows("transcriptions"),
    rows("contacts"),
    rows("accesskeys"),
    rows("audits"),
    pairs("tokens"),
    keyed("idempotency"),
    keyed("usage"),
    keyed("outbox"),
    keyed(WEBHOOKS),
];

impl Step {
    pub fn named(table: &str) -> Option<&'static Self> {
        STEPS.iter().find(|step| step.table == table)
    }
}

#[cfg(test)]
mod tests {
    use custodian_domain::kinds::ALL;

    use super::*;

    #[test]
    fn every_kind_that_a_customer_owns_has_its_step() {
        for table in ALL.iter().map(|kind| kind.table) {
            assert!(Step::named(table).is_some(), "{table}");
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
