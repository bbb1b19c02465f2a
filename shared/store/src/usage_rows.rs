//! The keys and attributes of the rows in the table `usage`: the gates and the counters.

use custodian_domain::CustomerId;
use custodian_domain::kinds::Kind;
use uuid::Uuid;

use crate::item::{Item, composite_key};
use crate::schema::BILLING_ACCOUNTS;

pub(crate) const GATES: u8 = 8;
/// The attribute with the bytes that were charged to a gate. It may be negative, because deletions are credited to the gate that
/// the row's id selects.
pub(crate) const BYTES: &str = "bytes";
/// The attribute with the bytes that a gate still permits.
pub(crate) const BYTES_LEFT: &str = "bytes_left";
/// The counter of the administrators without the guest agent.
pub(crate) const ADMINS: &str = "admins";
/// The attribute that counts the changes of a counter. With it, a recount detects concurrent changes.
pub(crate) const CHANGE_COUNT: &str = "moves";

/// The key of a usage row, and its counter attribute.
pub(crate) struct CounterAttribute {
    pub(crate) key: String,
    pub(crate) attribute: String,
}

/// The attributes whose sum is the number of rows of a kind.
pub(crate) fn counter_attributes(kind: &Kind) -> impl Iterator<Item = CounterAttribute> {
    let (table, has_own_row) = (kind.table, kind.is_limited() || kind.table == BILLING_ACCOUNTS);
    let single = has_own_row.then(|| counter_attribute(table));
    let gates = (0..GATES).filter(move |_| !has_own_row);
    let gates =
        gates.map(move |gate| CounterAttribute { key: gate_name(gate), attribute: format!("n_{table}") });
    single.into_iter().chain(gates)
}

/// The attribute of a counter that has a row of its own.
pub(crate) fn counter_attribute(name: &str) -> CounterAttribute {
    CounterAttribute { key: counter_name(name), attribute: "n".to_owned() }
}

fn counter_name(name: &str) -> String {
    format!("count#{name}")
}

pub(crate) fn row_key(customer: CustomerId, key: &str) -> Item {
    composite_key("customer_id", customer, "key", key)
}

pub(crate) fn gate_name(gate: u8) -> String {
    format!("gate#{gate}")
}

pub(crate) fn gate_key(customer: CustomerId, gate: u8) -> Item {
    row_key(customer, &gate_name(gate))
}

pub(crate) fn gates() -> impl Iterator<Item = u8> + Clone {
    0..GATES
}

/// The gate that a write to this row checks first. The last bits of an id are random.
pub(crate) fn gate_for(row: Uuid) -> u8 {
    row.as_bytes()[15] % GATES
}

pub(crate) fn counter_key(customer: CustomerId, table: &str) -> Item {
    row_key(customer, &counter_name(table))
}
