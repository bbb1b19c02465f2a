//! Outbox records. Each describes one change of a row and is written in the transaction of that change. The table's stream
//! publishes the records. TTL or the account's cascade deletes them.
//!
//! The tables of the changed rows have no streams, because a cascade may delete a million rows. A cascade writes no outbox
//! records, so no filter has to distinguish its deletions from requested ones.

use std::time::Duration;

use custodian_app::Failure;
use custodian_domain::outbox_record::OutboxRecord;

use crate::expr::Expr;
use crate::item::{encode, n, s};
use crate::schema::OUTBOX;
use crate::transaction::Transaction;

/// How long a record is stored. The stream retains its records for 24 hours, so this is long enough.
const RECORD_RETENTION: Duration = Duration::from_secs(2 * 86_400);

/// Adds the outbox record of a change to its transaction.
pub(crate) fn record<'a, C: Copy>(
    tx: Transaction<'a, C>,
    on_failure: C,
    outbox_record: Option<&OutboxRecord>,
) -> Result<Transaction<'a, C>, Failure> {
    let Some(outbox_record) = outbox_record else { return Ok(tx) };
    let mut row = encode(outbox_record)?;
    row.insert("key".to_owned(), s(outbox_record.id));
    row.insert("ttl".to_owned(), n(outbox_record.tm_create.plus(RECORD_RETENTION).seconds()));
    // Concurrent attempts write the record of one disablement, and a row that was restored from a backup repeats its versions.
    // While the record is stored, a further write is no insertion, so there is one event.
    tx.put(on_failure, OUTBOX, row, Expr::unconditional("key"))
}
