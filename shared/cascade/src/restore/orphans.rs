//! Rows whose account has neither a row in `customers` nor a ledger.
//!
//! `customers` may have been restored to a time before the account's creation. Or the account's row was lost, for example by an
//! incomplete copy. Nothing in the tables tells these apart, so an operator decides.

use custodian_domain::CustomerId;

use super::report::{Problem, RestoreConflict, RestoreReport};

/// The maximum number of such accounts that a call lists. Further ones are counted.
const MAX_LISTED: usize = 100;

/// The accounts that a call has reported.
#[derive(Debug, Default)]
pub(super) struct Orphans {
    listed: Vec<CustomerId>,
    /// The account that was counted last. The rows of an account mostly follow each other.
    last_counted: Option<CustomerId>,
}

impl Orphans {
    /// Reports that rows of an account were kept.
    pub(super) fn report(&mut self, id: CustomerId, rows: usize, report: &mut RestoreReport) {
        report.without_owner += rows as u64;
        if self.listed.contains(&id) || self.last_counted == Some(id) {
            return;
        }
        if self.listed.len() == MAX_LISTED {
            self.last_counted = Some(id);
            report.unlisted += 1;
            return;
        }
        self.listed.push(id);
        report.conflicts.push(RestoreConflict {
            table: "customers",
            id: id.to_string(),
            customer_id: id,
            problem: Problem::OwnerMissing,
            held_by: None,
        });
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn accounts_beyond_the_list_are_counted() {
        let (mut orphans, mut report) = (Orphans::default(), RestoreReport::default());
        for number in 0..(MAX_LISTED as u128 + 20) {
            for rows in [2, 3] {
                orphans.report(CustomerId(Uuid::from_u128(number)), rows, &mut report);
            }
        }
        assert_eq!((report.conflicts.len(), report.unlisted, report.without_owner), (100, 20, 600));
    }
}
