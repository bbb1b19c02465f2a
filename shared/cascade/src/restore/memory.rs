//! What a restore run remembers between its pages.

use std::collections::HashSet;

use custodian_domain::CustomerId;

/// What a run knows from the pages before.
#[derive(Default)]
pub(super) struct Memory {
    /// The account whose rows the last page ended with, and their names so far.
    pub(super) last: Option<(CustomerId, HashSet<String>)>,
}
