//! Notes of what happened to rows, written in the transaction that made it happen. The table's stream carries them on; the
//! rows themselves end by time, and with the account.
//!
//! An outbox rather than the streams of the rows' own tables: a cascade that removes a million rows writes no note, so no
//! stream, no filter and no function has to tell its removals from those that somebody asked for.

use std::time::Duration;

use custodian_app::Failure;
use custodian_domain::note::Note;

use crate::expr::Expr;
use crate::item::{encode, n, s};
use crate::schema::OUTBOX;
use crate::transaction::Transaction;

/// Longer than the stream keeps a record.
const KEPT: Duration = Duration::from_secs(2 * 86_400);

/// Adds the note of a change to the transaction that makes it.
pub(crate) fn tell<'a, G: Copy>(
    tx: Transaction<'a, G>,
    guard: G,
    note: Option<&Note>,
) -> Result<Transaction<'a, G>, Failure> {
    let Some(note) = note else { return Ok(tx) };
    let mut row = encode(note)?;
    row.insert("key".to_owned(), s(note.id));
    row.insert("ttl".to_owned(), n(note.tm_create.plus(KEPT).seconds()));
    tx.put(guard, OUTBOX, row, Expr::new("attribute_not_exists(#key)"))
}
