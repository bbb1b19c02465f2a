//! Names that accounts had, by which they can still be found. They reserve nothing.
//!
//! Like an identifier, a former name has two rows, and the cascade finds them by the row under the owner.

use custodian_app::Failure;
use custodian_domain::CustomerId;

use crate::expr::Expr;
use crate::identifiers::{MAIN_ROW, PAIR_ATTRIBUTE, owner_partition};
use crate::item::{composite_key, s};
use crate::schema::IDENTIFIERS;
use crate::transaction::Transaction;

/// The prefix of a name that an account had, before the prefix of its type.
const PREFIX: &str = "former#";

/// The partition of the accounts that had a name, one row for each.
pub(crate) fn partition(name: &str) -> String {
    format!("{PREFIX}{name}")
}

/// The range key of the main row of an identifier or a mail token, by the key of the row under its owner. Several accounts may
/// have had one name, so the main row of a former name has its owner's id.
pub(crate) fn main_row_key(owner: CustomerId, key: &str) -> String {
    if key.starts_with(PREFIX) { owner.to_string() } else { MAIN_ROW.to_owned() }
}

/// Records that an account had a name, so that it can be found by it. This does not reserve the name.
pub(crate) fn record<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    name: &str,
    owner: CustomerId,
) -> Result<Transaction<'a, C>, Failure> {
    let name = partition(name);
    let mut row = composite_key("id", &name, "key", owner);
    row.insert("owner".to_owned(), s(owner));
    let mut owner_row = composite_key("id", owner_partition(owner), "key", &name);
    owner_row.insert(PAIR_ATTRIBUTE.to_owned(), s(&name));
    // The account may have had the name before.
    tx.put(on_failure, IDENTIFIERS, row, Expr::unconditional("id"))?.put(
        on_failure,
        IDENTIFIERS,
        owner_row,
        Expr::unconditional("id"),
    )
}
