//! The rows that a restore run reads.

use std::collections::BTreeMap;

use custodian_cascade::restore::ScannedRow;
use custodian_domain::AgentId;

use crate::item::Item;

/// A scanned row. It may be only a key and an owner.
pub(super) type Row = ScannedRow<Item>;

/// The main rows of identifiers and the rows under their owners, by hash key and range key.
pub(super) type Pairs = BTreeMap<(String, String), Item>;

/// A name that a row should hold.
pub(super) struct WantedName {
    pub(super) text: String,
    pub(super) agent: Option<AgentId>,
}
