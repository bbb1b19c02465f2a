//! What a run reads, depending on the restored table.

use custodian_app::ports::Counter;
use custodian_domain::kinds::{AGENTS, ALL, BILLING_ACCOUNTS, Kind};

use crate::steps::{KeyLayout, STEPS, Step};

/// The tables that were restored: one, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restored {
    All,
    Table(&'static str),
}

const CUSTOMERS: &str = "customers";
const DELETIONS: &str = "deletions";
const IDENTIFIERS: &str = "identifiers";
const USAGE: &str = "usage";
const ACCESS_KEYS: &str = "accesskeys";

/// Every table that a run can repair.
pub fn restorable_tables() -> impl Iterator<Item = &'static str> {
    [CUSTOMERS, DELETIONS].into_iter().chain(STEPS.iter().map(|step| step.table))
}

impl Restored {
    /// `None` if there is no such table, or if a run repairs nothing in it.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "all" {
            return Some(Self::All);
        }
        restorable_tables().find(|table| *table == text).map(Self::Table)
    }

    /// The scans of a run, in their order. Accounts come first, so that later scans know which accounts are terminal. Names record
    /// their rows before unused names are released, and those are released before rows claim theirs. The rows are counted last, of
    /// every account, because an account may have lost all of them.
    pub(crate) fn scans(self) -> Vec<Scan> {
        let accounts = [Scan::Customers, Scan::Ledgers];
        let named = || ALL.iter().filter(|kind| kind.holds_names()).map(|kind| kind.table);
        match self {
            // The restored customers lack those that were created since, so every table may have rows without a customer.
            Self::All | Self::Table(CUSTOMERS) => {
                let rows = STEPS.iter().filter(|step| step.key_layout != KeyLayout::Pairs);
                let pairs = STEPS.iter().filter(|step| step.key_layout == KeyLayout::Pairs);
                let rows = rows.map(|step| Scan::Rows(step.table));
                let pairs = pairs.map(|step| Scan::Pairs(step.table));
                accounts
                    .into_iter()
                    .chain(named().map(Scan::Names))
                    .chain(pairs)
                    .chain(rows)
                    .chain([Scan::Counts])
                    .collect()
            }
            Self::Table(DELETIONS) => accounts.to_vec(),
            Self::Table(IDENTIFIERS) => {
                let names = named().map(Scan::Names).chain([Scan::Pairs(IDENTIFIERS)]);
                [Scan::Customers].into_iter().chain(names).chain(named().map(Scan::Rows)).collect()
            }
            Self::Table(USAGE) => vec![Scan::Customers, Scan::Rows(USAGE), Scan::Counts],
            Self::Table(table) => {
                let layout = Step::named(table).map(|step| step.key_layout);
                let scan = if layout == Some(KeyLayout::Pairs) { Scan::Pairs } else { Scan::Rows };
                let has_names = ALL.iter().any(|kind| kind.table == table && kind.holds_names());
                let names = [Scan::Names(table), Scan::Pairs(IDENTIFIERS)].into_iter().filter(|_| has_names);
                let counts = (!self.counters().is_empty()).then_some(Scan::Counts);
                // Each account needs its guest agent and its default billing account.
                let is_needed = [AGENTS.table, BILLING_ACCOUNTS.table].contains(&table);
                let accounts = is_needed.then_some(Scan::Customers);
                accounts.into_iter().chain(names).chain([scan(table)]).chain(counts).collect()
            }
        }
    }

    /// The kinds whose names have recorded their rows before unused names are released.
    pub(crate) fn recorded_kinds(self) -> Vec<&'static Kind> {
        let recorded = self.scans().into_iter().filter(|scan| matches!(scan, Scan::Names(_)));
        recorded.filter_map(Scan::kind).collect()
    }

    /// The counters that may be wrong after the restore.
    pub(crate) fn counters(self) -> Vec<Counter> {
        match self {
            Self::All | Self::Table(CUSTOMERS | USAGE) => Counter::all().collect(),
            Self::Table(ACCESS_KEYS) => vec![Counter::AccessKeys],
            Self::Table(table) => {
                let kind = ALL.iter().copied().find(|kind| kind.table == table);
                let bytes = kind.filter(|kind| kind.counts_bytes()).map(|_| Counter::Bytes);
                let admins = (table == AGENTS.table).then_some(Counter::Admins);
                kind.map(Counter::Kind).into_iter().chain(bytes).chain(admins).collect()
            }
        }
    }
}

/// The scan of one table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scan {
    Customers,
    Ledgers,
    /// Rows with unique names, to record in each name which row holds it.
    Names(&'static str),
    /// Rows of customers.
    Rows(&'static str),
    /// Rows of customers in pairs.
    Pairs(&'static str),
    /// The customers, to count their rows.
    Counts,
}

impl Scan {
    pub(crate) const fn table(self) -> &'static str {
        match self {
            Self::Customers | Self::Counts => CUSTOMERS,
            Self::Ledgers => DELETIONS,
            Self::Names(table) | Self::Rows(table) | Self::Pairs(table) => table,
        }
    }

    /// Whether the scan deletes rows of terminal accounts. Names are deleted before the rows that they identify.
    pub(crate) const fn purges(self) -> bool {
        matches!(self, Self::Rows(_) | Self::Pairs(_))
    }

    /// The name in a cursor.
    pub(crate) fn name(self) -> String {
        let work = match self {
            Self::Customers | Self::Ledgers | Self::Rows(_) => "rows",
            Self::Names(_) => "names",
            Self::Pairs(_) => "pairs",
            Self::Counts => "counts",
        };
        format!("{work}:{}", self.table())
    }

    /// The number of rows in a page. Every call of a run handles at least one page.
    pub(crate) const fn page_size(self) -> usize {
        match self {
            // All counters of an account may be counted, which takes longer than other repairs.
            Self::Customers | Self::Counts => 5,
            // Each row may need some requests.
            Self::Ledgers | Self::Rows(_) => 50,
            // Most rows need no request of their own.
            Self::Names(_) | Self::Pairs(_) => 500,
        }
    }

    pub(crate) fn kind(self) -> Option<&'static Kind> {
        ALL.iter().copied().find(|kind| kind.table == self.table())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_a_plan_that_reads_it_and_all_reads_every_table_once_besides_names_and_counts() {
        for table in restorable_tables() {
            let restored = Restored::parse(table).expect("a restorable table");
            assert!(restored.scans().iter().any(|scan| scan.table() == table), "{table}");
        }
        let scans = Restored::All.scans();
        let all: Vec<_> = scans
            .iter()
            .filter(|scan| !matches!(scan, Scan::Counts | Scan::Names(_)))
            .map(|scan| scan.table())
            .collect();
        let distinct: std::collections::BTreeSet<_> = all.iter().collect();
        assert_eq!((all.len(), distinct.len()), (restorable_tables().count(), all.len()));
        assert_eq!(Restored::parse("throttle"), None);
        let names: std::collections::BTreeSet<_> = scans.iter().map(|scan| scan.name()).collect();
        assert_eq!(names.len(), scans.len(), "a cursor names one scan");
    }
}
