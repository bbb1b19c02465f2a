//! Scanned rows, and the names that they should hold.

use std::collections::BTreeMap;

use custodian_cascade::restore::ScannedRow;
use custodian_domain::AgentId;

use crate::item::Item;

/// A scanned row.
pub(super) type Row = ScannedRow<Item>;

/// The main rows of identifiers and the rows under their owners, by hash key and range key.
pub(super) type Pairs = BTreeMap<(String, String), Item>;

/// A name that a row should hold.
pub(super) struct WantedName {
    pub(super) text: String,
    pub(super) agent: Option<AgentId>,
}

/// The text in an attribute.
pub(super) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}
